// SPDX-License-Identifier: BSD-3-Clause
#include "control/neighbour/neighbours.h"

#include <algorithm>

#include "control/neighbour/link.h"

namespace spanway::neighbour {

Neighbours::Neighbours(Outlet& outlet, uint64_t seed, const Settings& settings)
    : outlet_(outlet), settings_(settings), random_(seed) {}

Neighbours::~Neighbours() = default;

Link* Neighbours::find(IfIndex interface) const {
  const auto at = links_.find(interface);
  return at == links_.end() ? nullptr : at->second.get();
}

void Neighbours::set_interfaces(std::span<const InterfaceConfig> interfaces, Nanos now) {
  const auto wanted = [&](IfIndex index) {
    return std::any_of(interfaces.begin(), interfaces.end(),
                       [&](const InterfaceConfig& one) { return one.index == index; });
  };
  std::vector<IfIndex> absent;
  for (const auto& [index, link] : links_)
    if (!wanted(index)) absent.push_back(index);
  for (const IfIndex index : absent) {
    links_.at(index)->configure({.index = index}, now);
    links_.erase(index);
  }
  for (const InterfaceConfig& one : interfaces) {
    std::unique_ptr<Link>& link = links_[one.index];
    if (!link) link = std::make_unique<Link>(one.index, outlet_, settings_, random_);
    link->configure(one, now);
  }
  for (const auto& [key, mac] : statics_)
    if (Link* link = find(key.first)) link->set_static(key.second, mac, now);
}

void Neighbours::on_arp(IfIndex interface, std::span<const uint8_t> frame, Nanos now) {
  if (Link* link = find(interface)) link->on_arp(frame, now);
}

void Neighbours::on_nd(IfIndex interface, std::span<const uint8_t> frame, Nanos now) {
  if (Link* link = find(interface)) link->on_nd(frame, now);
}

void Neighbours::on_unresolved(IfIndex interface, const IpAddr& ip, Nanos now) {
  if (Link* link = find(interface))
    link->on_unresolved(ip, now);
  else
    outlet_.failed(interface, ip);
}

Nanos Neighbours::step(Nanos now) {
  for (const auto& [index, link] : links_) link->step(now);
  return next_deadline();
}

Nanos Neighbours::next_deadline() const {
  Nanos next = Nanos::never();
  for (const auto& [index, link] : links_) next = std::min(next, link->next_deadline());
  return next;
}

Status Neighbours::add_static(IfIndex interface, const IpAddr& ip, const EtherAddr& mac,
                              Nanos now) {
  if (!is_unicast(ip))
    return Error{ErrorCode::kInvalid, ip.to_string() + " can not be a neighbour",
                 "give a unicast address"};
  if (mac.is_group() || mac.is_zero())
    return Error{ErrorCode::kInvalid, mac.to_string() + " can not be a neighbour's MAC",
                 "give a unicast MAC"};
  statics_[{interface, ip}] = mac;
  if (Link* link = find(interface)) link->set_static(ip, mac, now);
  return {};
}

Status Neighbours::remove(IfIndex interface, const IpAddr& ip, Nanos /*now*/) {
  const bool was_static = statics_.erase({interface, ip}) != 0;
  Link* link = find(interface);
  if ((link != nullptr && link->remove(ip)) || was_static) return {};
  return Error{ErrorCode::kNotFound, "no neighbour " + ip.to_string(), "see `show neighbours`"};
}

void Neighbours::flush(IfIndex interface, Nanos /*now*/) {
  for (const auto& [index, link] : links_)
    if (interface == kNoInterface || interface == index) link->flush();
}

std::vector<Info> Neighbours::list(Nanos now) const {
  std::vector<Info> out;
  for (const auto& [index, link] : links_) link->list(now, out);
  return out;
}

std::vector<OwnAddress> Neighbours::addresses(IfIndex interface) const {
  const Link* link = find(interface);
  return link == nullptr ? std::vector<OwnAddress>{} : link->addresses();
}

Counts Neighbours::counts(IfIndex interface) const {
  const Link* link = find(interface);
  return link == nullptr ? Counts{} : link->counts();
}

std::optional<EtherAddr> Neighbours::mac_of(IfIndex interface, const IpAddr& ip) const {
  const Link* link = find(interface);
  return link == nullptr ? std::nullopt : link->mac_of(ip);
}

}  // namespace spanway::neighbour
