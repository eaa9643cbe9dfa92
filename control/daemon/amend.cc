// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/amend.h"

#include <algorithm>

namespace spanway::daemon {
namespace {

std::vector<IpWithLength>* addresses_of(config::Config& config, const std::string& name) {
  for (config::Port& port : config.ports)
    if (port.name == name) return &port.addresses;
  for (config::Vlan& vlan : config.vlans)
    if (vlan.name == name) return &vlan.addresses;
  return nullptr;
}

}  // namespace

Result<config::ApplyReport> amend(Engine& engine, const std::vector<config::Change>& changes) {
  return engine.store().amend(changes);
}

Result<config::ApplyReport> apply(Engine& engine, const config::Config& wanted, Nanos confirm) {
  return engine.store().apply(wanted, engine.now(), confirm);
}

void drop_interface(config::Config& config, const std::string& name) {
  std::vector<IpWithLength>* addresses = addresses_of(config, name);
  if (addresses == nullptr) return;
  const auto lost = [&](const config::Via& via) {
    if (via.port == name) return true;
    return std::ranges::any_of(*addresses,
                               [&](const IpWithLength& a) { return a.prefix().contains(via.ip); });
  };
  for (config::Route& route : config.routes) std::erase_if(route.via, lost);
  std::erase_if(config.routes, [](const config::Route& route) {
    return route.kind == config::RouteKind::kVia && route.via.empty();
  });
  std::erase_if(config.neighbours, [&](const config::Neighbour& n) { return n.interface == name; });
  addresses->clear();
  std::erase_if(config.ospf.ports, [&](const config::OspfPort& p) { return p.name == name; });
  std::erase_if(config.ospf.keys, [&](const config::OspfKey& k) { return k.port == name; });
}

void drop_port(config::Config& config, const std::string& name) {
  for (const config::Vlan& vlan : std::vector(config.vlans))
    if (vlan.port == name) drop_interface(config, vlan.name);
  std::erase_if(config.vlans, [&](const config::Vlan& vlan) { return vlan.port == name; });
  drop_interface(config, name);
  std::erase_if(config.ports, [&](const config::Port& port) { return port.name == name; });
}

}  // namespace spanway::daemon
