// SPDX-License-Identifier: BSD-3-Clause
// port.*, vlan.*, address.* and neighbour.*: each is one change of the running configuration.
#include <algorithm>

#include "control/daemon/amend.h"
#include "control/daemon/handlers.h"
#include "control/daemon/methods.h"
#include "control/daemon/params.h"

namespace spanway::daemon {
namespace {

using nlohmann::json;

Result<config::Port> configured_port(Engine& engine, const std::string& name) {
  const auto& ports = engine.store().running().ports;
  const auto at = std::ranges::find(ports, name, &config::Port::name);
  if (at == ports.end())
    return Error{ErrorCode::kNotFound, "there is no port " + name, "show ports"};
  return *at;
}

// The configured interface's addresses, of a port or a VLAN.
Result<std::vector<IpWithLength>> configured_addresses(Engine& engine, const std::string& name) {
  const config::Config& config = engine.store().running();
  for (const config::Port& port : config.ports)
    if (port.name == name) return port.addresses;
  for (const config::Vlan& vlan : config.vlans)
    if (vlan.name == name) return vlan.addresses;
  return Error{ErrorCode::kNotFound, "there is no interface " + name, "show interfaces"};
}

Result<json> port_add(Engine& engine, const json& given) {
  Params params(given);
  config::Port port;
  port.name = params.need_text("name");
  port.device = params.need_text("device");
  port.queues = static_cast<uint16_t>(params.number("queues", 1, config::kMaxQueues).value_or(0));
  port.mtu = static_cast<uint16_t>(
      params.number("mtu", config::kMinMtu, config::kMaxMtu).value_or(port.mtu));
  port.up = params.flag("up").value_or(true);
  port.promiscuous = params.flag("promiscuous").value_or(false);
  port.checksum_offload = params.flag("checksum_offload").value_or(true);
  std::vector<IpWithLength> addresses;
  if (const json* list = params.raw("addresses")) {
    if (!list->is_array()) params.fault("'addresses' is not a list");
    for (const json& item : *list) {
      const auto address =
          item.is_string() ? IpWithLength::parse(item.get<std::string>()) : std::nullopt;
      if (!address)
        params.fault("addresses: " + item.dump() + " is not an address with a length");
      else
        addresses.push_back(*address);
    }
  }
  if (auto error = params.finish()) return *error;
  std::vector<config::Change> changes = {config::PortAdded{port}};
  for (const IpWithLength& address : addresses)
    changes.emplace_back(config::AddressAdded{port.name, address});
  if (auto done = amend(engine, changes); !done) return std::move(done).error();
  OpenPort* open = engine.ports().find(port.name);
  const drivers::PortInfo& info = open->device->info();
  json workers = json::array();
  for (const WorkerId id : engine.ports().owners(*open)) workers.push_back(id.value);
  return json{{"schema", "spanway.port.add/1"}, {"name", port.name},
              {"device", port.device},          {"mac", info.mac.to_string()},
              {"rx_queues", info.rx_queues},    {"tx_queues", info.tx_queues},
              {"workers", std::move(workers)}};
}

Result<json> port_set(Engine& engine, const json& given) {
  Params params(given);
  const std::string name = params.need_text("name");
  const auto mtu = params.number("mtu", config::kMinMtu, config::kMaxMtu);
  const auto up = params.flag("up");
  const auto promiscuous = params.flag("promiscuous");
  if (!mtu && !up && !promiscuous) params.fault("nothing to set", "mtu, up or promiscuous");
  if (auto error = params.finish()) return *error;
  auto before = configured_port(engine, name);
  if (!before) return before.error();
  config::Port after = *before;
  json changes = json::array();
  if (mtu && *mtu != after.mtu) {
    changes.push_back({{"field", "mtu"}, {"from", after.mtu}, {"to", *mtu}});
    after.mtu = static_cast<uint16_t>(*mtu);
  }
  if (up && *up != after.up) {
    changes.push_back({{"field", "up"}, {"from", after.up}, {"to", *up}});
    after.up = *up;
  }
  if (promiscuous && *promiscuous != after.promiscuous) {
    changes.push_back(
        {{"field", "promiscuous"}, {"from", after.promiscuous}, {"to", *promiscuous}});
    after.promiscuous = *promiscuous;
  }
  if (!changes.empty())
    if (auto done = amend(engine, {config::PortChanged{*before, after}}); !done)
      return std::move(done).error();
  return json{{"schema", "spanway.port.set/1"}, {"name", name}, {"changes", std::move(changes)}};
}

Result<json> port_del(Engine& engine, const json& given) {
  Params params(given);
  const std::string name = params.need_text("name");
  if (auto error = params.finish()) return *error;
  if (auto port = configured_port(engine, name); !port) return port.error();
  config::Config wanted = engine.store().running();
  const size_t routes_before = wanted.routes.size();
  drop_port(wanted, name);
  const size_t removed = routes_before - wanted.routes.size();
  if (auto done = apply(engine, wanted); !done) return std::move(done).error();
  return json{{"schema", "spanway.port.del/1"}, {"name", name}, {"removed_routes", removed}};
}

Result<json> vlan_add(Engine& engine, const json& given) {
  Params params(given);
  config::Vlan vlan;
  vlan.port = params.need_text("port");
  vlan.id = static_cast<uint16_t>(params.need_number("vlan", 1, config::kMaxVlanId));
  vlan.mtu =
      static_cast<uint16_t>(params.number("mtu", config::kMinMtu, config::kMaxMtu).value_or(0));
  vlan.name = vlan.port + "." + std::to_string(vlan.id);
  if (auto error = params.finish()) return *error;
  if (auto port = configured_port(engine, vlan.port); !port) return port.error();
  if (auto done = amend(engine, {config::VlanAdded{vlan}}); !done) return std::move(done).error();
  return json{{"schema", "spanway.vlan.add/1"},
              {"interface", vlan.name},
              {"mtu", engine.interfaces().find(vlan.name)->mtu}};
}

Result<json> vlan_del(Engine& engine, const json& given) {
  Params params(given);
  const std::string port = params.need_text("port");
  const uint64_t id = params.need_number("vlan", 1, config::kMaxVlanId);
  if (auto error = params.finish()) return *error;
  config::Config wanted = engine.store().running();
  const auto at = std::ranges::find_if(
      wanted.vlans, [&](const config::Vlan& v) { return v.port == port && v.id == id; });
  if (at == wanted.vlans.end())
    return Error{ErrorCode::kNotFound, "there is no VLAN " + std::to_string(id) + " on " + port,
                 "show interfaces"};
  const std::string name = at->name;
  drop_interface(wanted, name);
  wanted.vlans.erase(at);
  if (auto done = apply(engine, wanted); !done) return std::move(done).error();
  return json{{"schema", "spanway.vlan.del/1"}, {"interface", name}};
}

Result<json> address_change(Engine& engine, const json& given, bool add) {
  Params params(given);
  const std::string interface = params.need_text("interface");
  const IpWithLength address = params.need_address_with_length("address");
  if (auto error = params.finish()) return *error;
  auto present = configured_addresses(engine, interface);
  if (!present) return present.error();
  const bool there = std::ranges::find(*present, address) != present->end();
  if (add && there)
    return Error{ErrorCode::kExists, interface + " has " + address.to_string() + " already"};
  if (!add && !there)
    return Error{ErrorCode::kNotFound, interface + " has no address " + address.to_string(),
                 "show interfaces"};
  config::Change change = config::AddressAdded{interface, address};
  if (!add) change = config::AddressRemoved{interface, address};
  if (auto done = amend(engine, {change}); !done) return std::move(done).error();
  return json{{"schema", add ? "spanway.address.add/1" : "spanway.address.del/1"},
              {"interface", interface},
              {"address", address.to_string()}};
}

Result<json> neighbour_add(Engine& engine, const json& given) {
  Params params(given);
  config::Neighbour wanted;
  wanted.interface = params.need_text("interface");
  wanted.ip = params.need_address("address");
  wanted.mac = params.need_mac("mac");
  if (auto error = params.finish()) return *error;
  config::Change change = config::NeighbourAdded{wanted};
  for (const config::Neighbour& there : engine.store().running().neighbours)
    if (there.interface == wanted.interface && there.ip == wanted.ip)
      change = config::NeighbourChanged{there, wanted};
  if (auto done = amend(engine, {change}); !done) return std::move(done).error();
  return json{{"schema", "spanway.neighbour.add/1"},
              {"interface", wanted.interface},
              {"address", wanted.ip.to_string()},
              {"mac", wanted.mac.to_string()}};
}

Result<json> neighbour_del(Engine& engine, const json& given) {
  Params params(given);
  const std::string name = params.need_text("interface");
  const IpAddr address = params.need_address("address");
  if (auto error = params.finish()) return *error;
  NamedInterface* interface = engine.interfaces().find(name);
  if (interface == nullptr)
    return Error{ErrorCode::kNotFound, "there is no interface " + name, "show interfaces"};
  const auto& configured = engine.store().running().neighbours;
  const auto at = std::ranges::find_if(configured, [&](const config::Neighbour& n) {
    return n.interface == name && n.ip == address;
  });
  if (at != configured.end()) {
    if (auto done = amend(engine, {config::NeighbourRemoved{*at}}); !done)
      return std::move(done).error();
  } else if (auto done = engine.neighbours().remove(interface->index, address, engine.now());
             !done) {
    return std::move(done).error();
  }
  return json{
      {"schema", "spanway.neighbour.del/1"}, {"interface", name}, {"address", address.to_string()}};
}

}  // namespace

void add_interface_handlers(api::Server& server, Engine& engine) {
  const Methods methods(server, engine);
  methods.change("port.add", port_add);
  methods.change("port.set", port_set);
  methods.change("port.del", port_del);
  methods.change("vlan.add", vlan_add);
  methods.change("vlan.del", vlan_del);
  methods.change("address.add",
                 [](Engine& e, const json& p) { return address_change(e, p, true); });
  methods.change("address.del",
                 [](Engine& e, const json& p) { return address_change(e, p, false); });
  methods.change("neighbour.add", neighbour_add);
  methods.change("neighbour.del", neighbour_del);
}

}  // namespace spanway::daemon
