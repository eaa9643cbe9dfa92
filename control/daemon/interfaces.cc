// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/interfaces.h"

#include <algorithm>

#include "dataplane/seam/counters.h"

namespace spanway::daemon {
namespace {

constexpr unsigned kLinkLocalLength = 64;  // RFC 4291 section 2.5.6

}  // namespace

Result<NamedInterface*> Interfaces::add(const std::string& name, const OpenPort& port,
                                        uint16_t vlan, uint16_t mtu, bool up) {
  if (by_name_.contains(name))
    return Error{ErrorCode::kExists, "interface " + name + " exists already", "show interfaces"};
  uint16_t index = 0;
  while (index < seam::kMaxInterfaces && find(IfIndex{index}) != nullptr) ++index;
  if (index == seam::kMaxInterfaces)
    return Error{ErrorCode::kFull,
                 "no more than " + std::to_string(seam::kMaxInterfaces) + " interfaces can exist"};
  NamedInterface& made = by_name_[name];
  made.name = name;
  made.index = IfIndex{index};
  made.port = port.id;
  made.port_name = port.config.name;
  made.vlan = vlan;
  made.mtu = mtu;
  made.admin_up = up;
  return &made;
}

void Interfaces::remove(const std::string& name) { by_name_.erase(name); }

NamedInterface* Interfaces::find(const std::string& name) noexcept {
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? nullptr : &at->second;
}

NamedInterface* Interfaces::find(IfIndex index) noexcept {
  for (auto& [name, one] : by_name_)
    if (one.index == index) return &one;
  return nullptr;
}

std::vector<NamedInterface*> Interfaces::all() noexcept {
  std::vector<NamedInterface*> out;
  for (auto& [name, one] : by_name_) out.push_back(&one);
  std::ranges::sort(out, {}, [](const NamedInterface* i) { return i->index; });
  return out;
}

std::string Interfaces::name_of(IfIndex index) noexcept {
  const NamedInterface* one = find(index);
  return one == nullptr ? "?" : one->name;
}

bool Interfaces::is_up(const NamedInterface& interface) noexcept {
  const OpenPort* port = ports_.find(interface.port);
  return !is_admin_down(interface) && port != nullptr && port->link.up;
}

bool Interfaces::is_admin_down(const NamedInterface& interface) noexcept {
  const OpenPort* port = ports_.find(interface.port);
  return !interface.admin_up || (port != nullptr && !port->config.up);
}

bool Interfaces::all_ready(const NamedInterface& interface) noexcept {
  return std::ranges::all_of(interface.configured, [&](const IpWithLength& address) {
    return interface.ready.contains(address.addr);
  });
}

EtherAddr Interfaces::mac_of(const NamedInterface& interface) noexcept {
  const OpenPort* port = ports_.find(interface.port);
  return port == nullptr ? EtherAddr{} : port->device->info().mac;
}

std::vector<table::Interface> Interfaces::for_tables() noexcept {
  std::vector<table::Interface> out;
  for (NamedInterface* one : all()) {
    table::Interface made;
    made.index = one->index;
    made.port = one->port;
    made.vlan = one->vlan;
    made.mac = mac_of(*one);
    made.mtu = one->mtu;
    made.up = is_up(*one);
    made.admin_down = is_admin_down(*one);
    for (const IpWithLength& address : one->configured)
      if (one->ready.contains(address.addr)) made.addresses.push_back(address);
    for (const IpAddr& address : one->ready)
      if (std::ranges::none_of(one->configured,
                               [&](const IpWithLength& c) { return c.addr == address; }))
        made.addresses.push_back({address, kLinkLocalLength});
    made.tentative = one->tentative;
    out.push_back(std::move(made));
  }
  return out;
}

std::vector<neighbour::InterfaceConfig> Interfaces::for_neighbours() noexcept {
  std::vector<neighbour::InterfaceConfig> out;
  for (NamedInterface* one : all()) {
    neighbour::InterfaceConfig made;
    made.index = one->index;
    made.mac = mac_of(*one);
    made.up = is_up(*one);
    made.mtu = one->mtu;
    made.addresses = one->configured;
    made.point_to_point = one->point_to_point;
    out.push_back(std::move(made));
  }
  return out;
}

}  // namespace spanway::daemon
