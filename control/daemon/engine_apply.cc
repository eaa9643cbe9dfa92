// SPDX-License-Identifier: BSD-3-Clause
// How each kind of configuration change becomes real. A change that fails leaves things as they
// were.
#include <algorithm>
#include <utility>
#include <variant>

#include "control/daemon/engine.h"

namespace spanway::daemon {
namespace {

rib::Source source_of(const config::Route& route) {
  return {rib::Origin::kStatic, route.preference, 0};
}

Error no_interface(const std::string& name) {
  return {ErrorCode::kNotFound, "there is no interface " + name, "show interfaces"};
}

}  // namespace

Status Engine::apply(const config::Change& change) {
  return std::visit([this](const auto& one) { return make(one); }, change);
}

void Engine::end() {
  sync_interfaces();
  publish_step();
  event("info", "config.applied", "config", "the running configuration has changed");
}

Status Engine::add_interface(const std::string& name, const OpenPort& port, uint16_t vlan,
                             uint16_t mtu, bool up) {
  auto added = interfaces_.add(name, port, vlan, mtu, up);
  if (!added) return std::move(added).error();
  interfaces_dirty_ = true;
  return {};
}

void Engine::remove_interface(const std::string& name) {
  const NamedInterface* interface = interfaces_.find(name);
  if (interface == nullptr) return;
  const IfIndex index = interface->index;
  interfaces_.remove(name);
  interfaces_dirty_ = true;
  // Everything that points at it goes before its index can be used again.
  sync_interfaces();
  io_.tell_all({seam::Message::Kind::kInterfaceGone, index, {}});
}

Status Engine::make(const config::PortAdded& change) {
  auto port = ports_.open(change.port);
  if (!port) return std::move(port).error();
  auto added = add_interface(change.port.name, **port, 0, change.port.mtu, change.port.up);
  if (!added) (void)ports_.close(change.port.name);
  return added;
}

Status Engine::make(const config::PortRemoved& change) {
  if (ports_.find(change.port.name) == nullptr) return no_interface(change.port.name);
  remove_interface(change.port.name);
  return ports_.close(change.port.name);
}

Status Engine::make(const config::PortChanged& change) {
  if (auto done = ports_.change(change.after); !done) return done;
  NamedInterface* interface = interfaces_.find(change.after.name);
  interface->mtu = change.after.mtu;
  interface->admin_up = change.after.up;
  // A VLAN that did not choose an MTU follows its port.
  for (NamedInterface* one : interfaces_.all())
    if (one->port == interface->port && one->vlan != 0 && one->mtu == change.before.mtu)
      one->mtu = change.after.mtu;
  interfaces_dirty_ = true;
  return {};
}

Status Engine::make(const config::VlanAdded& change) {
  const config::Vlan& vlan = change.vlan;
  const OpenPort* port = ports_.find(vlan.port);
  if (port == nullptr) return no_interface(vlan.port);
  return add_interface(vlan.name, *port, vlan.id, vlan.mtu != 0 ? vlan.mtu : port->config.mtu,
                       vlan.up);
}

Status Engine::make(const config::VlanRemoved& change) {
  if (interfaces_.find(change.vlan.name) == nullptr) return no_interface(change.vlan.name);
  remove_interface(change.vlan.name);
  return {};
}

Status Engine::make(const config::VlanChanged& change) {
  NamedInterface* interface = interfaces_.find(change.after.name);
  const OpenPort* port = ports_.find(change.after.port);
  if (interface == nullptr || port == nullptr) return no_interface(change.after.name);
  interface->mtu = change.after.mtu != 0 ? change.after.mtu : port->config.mtu;
  interface->admin_up = change.after.up;
  interfaces_dirty_ = true;
  return {};
}

Status Engine::make(const config::AddressAdded& change) {
  NamedInterface* interface = interfaces_.find(change.interface);
  if (interface == nullptr) return no_interface(change.interface);
  interface->configured.push_back(change.address);
  interfaces_dirty_ = true;
  return {};
}

Status Engine::make(const config::AddressRemoved& change) {
  NamedInterface* interface = interfaces_.find(change.interface);
  if (interface == nullptr) return no_interface(change.interface);
  if (std::erase(interface->configured, change.address) == 0)
    return Error{ErrorCode::kNotFound,
                 change.interface + " has no address " + change.address.to_string()};
  interfaces_dirty_ = true;
  return {};
}

Status Engine::make(const config::NeighbourAdded& change) {
  sync_interfaces();
  const NamedInterface* interface = interfaces_.find(change.neighbour.interface);
  if (interface == nullptr) return no_interface(change.neighbour.interface);
  return neighbours_.add_static(interface->index, change.neighbour.ip, change.neighbour.mac, now_);
}

Status Engine::make(const config::NeighbourRemoved& change) {
  const NamedInterface* interface = interfaces_.find(change.neighbour.interface);
  if (interface == nullptr) return no_interface(change.neighbour.interface);
  return neighbours_.remove(interface->index, change.neighbour.ip, now_);
}

Status Engine::make(const config::NeighbourChanged& change) {
  return make(config::NeighbourAdded{change.after});
}

Result<rib::Target> Engine::target_of(const config::Route& route) {
  rib::Target target;
  switch (route.kind) {
    case config::RouteKind::kBlackhole:
      target.kind = rib::TargetKind::kBlackhole;
      break;
    case config::RouteKind::kReject:
      target.kind = rib::TargetKind::kReject;
      break;
    case config::RouteKind::kVia:
      for (const config::Via& via : route.via) {
        rib::Via one{via.ip, kNoInterface, via.weight};
        if (!via.port.empty()) {
          const NamedInterface* interface = interfaces_.find(via.port);
          if (interface == nullptr) return no_interface(via.port);
          one.interface = interface->index;
        }
        target.via.push_back(one);
      }
  }
  return target;
}

Status Engine::set_route(const config::Route& route) {
  sync_interfaces();
  auto target = target_of(route);
  if (!target) return std::move(target).error();
  return rib_.set(route.prefix, source_of(route), *target, now_);
}

Status Engine::make(const config::RouteAdded& change) { return set_route(change.route); }

Status Engine::make(const config::RouteRemoved& change) {
  return rib_.remove(change.route.prefix, source_of(change.route));
}

Status Engine::make(const config::RouteChanged& change) { return set_route(change.after); }

namespace {

// The route that a change is about, and whether it goes.
std::pair<const config::Route*, bool> route_of(const config::Change& change) {
  if (const auto* removed = std::get_if<config::RouteRemoved>(&change))
    return {&removed->route, true};
  if (const auto* changed = std::get_if<config::RouteChanged>(&change))
    return {&changed->after, false};
  return {&std::get<config::RouteAdded>(change).route, false};
}

}  // namespace

// All or nothing, in one batch: a million routes are a matter of a moment.
Status Engine::apply_routes(std::span<const config::Change> changes, size_t& done, size_t& failed) {
  sync_interfaces();
  done = 0;
  std::vector<rib::Announcement> batch;
  batch.reserve(changes.size());
  std::vector<rib::TargetId> held;
  const config::Route* before = nullptr;  // neighbours in a list often lead to the same place
  Status status;
  for (failed = 0; failed < changes.size(); ++failed) {
    const auto [route, goes] = route_of(changes[failed]);
    batch.push_back({route->prefix, source_of(*route), rib::kNoTarget});
    if (goes) continue;
    if (before == nullptr || before->kind != route->kind || before->via != route->via) {
      auto target = target_of(*route);
      if (!target) {
        status = std::move(target).error();
        break;
      }
      held.push_back(rib_.hold(*target));
      before = route;
    }
    batch.back().target = held.back();
  }
  if (status) status = rib_.apply(batch, now_, &failed);
  for (const rib::TargetId id : held) rib_.release(id);
  return status;
}

Status Engine::make(const config::OspfChanged& change) {
  sync_interfaces();
  return ospf_.configure(change.after, now_);
}

Status Engine::make(const config::TransportChanged& change) {
  const config::Transport &before = change.before, &after = change.after;
  if (before.probe_port != after.probe_port) {
    if (after.probe_port != 0)
      if (auto done = probes_.listen(after.probe_port); !done) return done;
    if (before.probe_port != 0) probes_.unlisten(before.probe_port);
  }
  transport::Security security;
  security.by =
      after.key.empty() ? transport::Protected::kCrc32c : transport::Protected::kAes128Gcm;
  for (size_t at = 0; at < after.key.size(); at += 2)
    security.shared.push_back(
        static_cast<uint8_t>(std::stoul(after.key.substr(at, 2), nullptr, 16)));
  transport_.protect(security);
  transport_.limit_rate(uint64_t{after.rate_limit_mbps} * 1'000'000 / 8);
  return {};
}

Status Engine::make(const config::IcmpChanged& change) {
  seam::Message message;
  message.kind = seam::Message::Kind::kIcmpRate;
  message.value = uint64_t{change.after.errors_per_second} << 32 | change.after.error_burst;
  io_.tell_all(message);
  return {};
}

}  // namespace spanway::daemon
