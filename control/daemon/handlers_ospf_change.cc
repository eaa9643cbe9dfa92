// SPDX-License-Identifier: BSD-3-Clause
// ospf.*: changes of [ospf] in the running configuration.
#include <algorithm>

#include "control/config/diff.h"
#include "control/daemon/amend.h"
#include "control/daemon/handlers.h"
#include "control/daemon/methods.h"
#include "control/daemon/params.h"

namespace spanway::daemon {
namespace {

using nlohmann::json;

std::optional<Ip4Addr> dotted_id(Params& params, const char* key) {
  const auto text = params.text(key);
  if (!text) return std::nullopt;
  const auto id = Ip4Addr::parse(*text);
  if (!id) params.fault("'" + *text + "' is not four bytes with dots", "10.255.0.1");
  return id;
}

std::optional<int64_t> moment(Params& params, const char* key) {
  const auto text = params.text(key);
  if (!text) return std::nullopt;
  const auto unix_s = config::read_time(*text);
  if (!unix_s) params.fault("'" + *text + "' is not a moment", "2026-12-01T00:00:00Z");
  return unix_s;
}

template <class T>
void set_number(Params& params, const char* key, uint64_t least, uint64_t most, T& out) {
  if (const auto value = params.number(key, least, most)) out = static_cast<T>(*value);
}

// Whether the item goes; everything else is then refused by whoever reads it.
bool is_off(Params& params) { return params.flag("off").value_or(false); }

Result<json> finish(Engine& engine, const char* method, config::Ospf after) {
  const config::Ospf before = engine.store().running().ospf;
  json lines = json::array();
  if (before != after) {
    const std::vector<config::Change> changes{config::OspfChanged{before, std::move(after)}};
    if (auto done = amend(engine, changes); !done) return std::move(done).error();
    for (const std::string& line : config::describe(changes)) lines.push_back(line);
  }
  return json{{"schema", std::string("spanway.") + method + "/1"}, {"changes", std::move(lines)}};
}

Error nothing_there(const std::string& what) {
  return {ErrorCode::kNotFound, "there is no " + what, "config show"};
}

Result<json> ospf_set(Engine& engine, const json& given) {
  Params params(given);
  config::Ospf after = engine.store().running().ospf;
  if (const auto id = dotted_id(params, "router_id")) after.router_id = id;
  set_number(params, "max_paths", 1, 64, after.max_paths);
  set_number(params, "preference", 1, 254, after.preference);
  set_number(params, "spf_initial_ms", 0, 60'000, after.spf_initial_ms);
  set_number(params, "spf_short_ms", 0, 60'000, after.spf_short_ms);
  set_number(params, "spf_long_ms", 0, 60'000, after.spf_long_ms);
  if (const auto when = params.text("default_originate")) {
    if (*when == "never")
      after.default_originate = config::OspfDefault::kNever;
    else if (*when == "always")
      after.default_originate = config::OspfDefault::kAlways;
    else if (*when == "if-present")
      after.default_originate = config::OspfDefault::kIfPresent;
    else
      params.fault("'" + *when + "' is none of never, always, if-present");
  }
  set_number(params, "default_metric", 0, config::kMaxOspfMetric, after.default_as.metric);
  set_number(params, "default_type", 1, 2, after.default_as.type);
  set_number(params, "default_tag", 0, UINT32_MAX, after.default_as.tag);
  if (auto error = params.finish()) return *error;
  return finish(engine, "ospf.set", std::move(after));
}

Result<json> ospf_port(Engine& engine, const json& given) {
  Params params(given);
  config::Ospf after = engine.store().running().ospf;
  const std::string name = params.need_text("port");
  const auto at = std::ranges::find(after.ports, name, &config::OspfPort::name);
  config::OspfPort port;
  port.name = name;
  if (at != after.ports.end())
    port = *at;
  else if (!after.ports.empty())
    port.area = after.ports.front().area;
  const bool off = is_off(params);
  if (const auto area = dotted_id(params, "area")) port.area = area->value();
  set_number(params, "cost", 1, 65'535, port.cost);
  if (const auto type = params.text("type")) {
    if (*type != "broadcast" && *type != "point-to-point")
      params.fault("'" + *type + "' is neither broadcast nor point-to-point");
    port.network =
        *type == "broadcast" ? config::OspfNetwork::kBroadcast : config::OspfNetwork::kPointToPoint;
  }
  set_number(params, "hello_interval_s", 1, 65'535, port.hello_interval_s);
  set_number(params, "dead_interval_s", 1, 1'000'000, port.dead_interval_s);
  set_number(params, "retransmit_interval_s", 1, 3'600, port.retransmit_interval_s);
  set_number(params, "transmit_delay_s", 1, 3'600, port.transmit_delay_s);
  set_number(params, "priority", 0, 255, port.priority);
  if (const auto passive = params.flag("passive")) port.passive = *passive;
  if (const auto ignore = params.flag("mtu_ignore")) port.mtu_ignore = *ignore;
  if (auto error = params.finish()) return *error;
  if (off) {
    if (at == after.ports.end()) return nothing_there("OSPF on " + name);
    after.ports.erase(at);
    std::erase_if(after.keys, [&](const config::OspfKey& key) { return key.port == name; });
  } else if (at == after.ports.end()) {
    after.ports.push_back(std::move(port));
  } else {
    *at = std::move(port);
  }
  return finish(engine, "ospf.port", std::move(after));
}

Result<json> ospf_key(Engine& engine, const json& given) {
  Params params(given);
  config::Ospf after = engine.store().running().ospf;
  config::OspfKey key;
  key.port = params.need_text("port");
  key.id = static_cast<uint8_t>(params.need_number("id", 0, 255));
  const auto at = std::ranges::find_if(after.keys, [&](const config::OspfKey& one) {
    return one.port == key.port && one.id == key.id;
  });
  const bool there = at != after.keys.end();
  if (there) key = *at;
  const bool off = is_off(params);
  if (const auto name = params.text("algorithm")) {
    const auto algorithm = config::ospf_algorithm(*name);
    if (!algorithm) params.fault("'" + *name + "' is not an algorithm", "hmac-sha-256");
    key.algorithm = algorithm.value_or(key.algorithm);
  }
  const auto secret = params.text("secret");
  if (secret) key.secret = *secret;
  if (!off && !there && !secret) params.fault("'secret' is missing");
  if (const auto when = moment(params, "accept_from")) key.accept_from_s = when;
  if (const auto when = moment(params, "accept_until")) key.accept_until_s = when;
  if (const auto when = moment(params, "generate_from")) key.generate_from_s = when;
  if (const auto when = moment(params, "generate_until")) key.generate_until_s = when;
  if (auto error = params.finish()) return *error;
  if (off) {
    if (!there) return nothing_there("key " + std::to_string(key.id) + " of " + key.port);
    after.keys.erase(at);
  } else if (there) {
    *at = std::move(key);
  } else {
    after.keys.push_back(std::move(key));
  }
  return finish(engine, "ospf.key", std::move(after));
}

Result<json> ospf_redistribute(Engine& engine, const json& given) {
  Params params(given);
  config::Ospf after = engine.store().running().ospf;
  const std::string origin = params.need_text("origin");
  if (origin != "static" && origin != "connected" && !origin.empty())
    params.fault("'" + origin + "' is neither static nor connected");
  config::OspfRedistribute one;
  one.origin = origin == "connected" ? config::OspfOrigin::kConnected : config::OspfOrigin::kStatic;
  const auto at =
      std::ranges::find(after.redistribute, one.origin, &config::OspfRedistribute::origin);
  const bool there = at != after.redistribute.end();
  if (there) one = *at;
  const bool off = is_off(params);
  set_number(params, "metric", 0, config::kMaxOspfMetric, one.as.metric);
  set_number(params, "type", 1, 2, one.as.type);
  set_number(params, "tag", 0, UINT32_MAX, one.as.tag);
  if (auto error = params.finish()) return *error;
  if (off) {
    if (!there) return nothing_there("redistribution of " + origin + " routes");
    after.redistribute.erase(at);
  } else if (there) {
    *at = one;
  } else {
    after.redistribute.push_back(one);
  }
  return finish(engine, "ospf.redistribute", std::move(after));
}

Result<json> ospf_stub(Engine& engine, const json& given) {
  Params params(given);
  config::Ospf after = engine.store().running().ospf;
  const Prefix prefix = params.need_prefix("prefix");
  if (!prefix.is4()) params.fault(prefix.to_string() + " is not IPv4, as OSPFv2 is");
  config::OspfStub stub{prefix.v4(), 0};
  const auto at = std::ranges::find(after.stubs, stub.prefix, &config::OspfStub::prefix);
  const bool there = at != after.stubs.end();
  if (there) stub = *at;
  const bool off = is_off(params);
  set_number(params, "cost", 0, 65'535, stub.cost);
  if (auto error = params.finish()) return *error;
  if (off) {
    if (!there) return nothing_there("stub " + prefix.to_string());
    after.stubs.erase(at);
  } else if (there) {
    *at = stub;
  } else {
    after.stubs.push_back(stub);
  }
  return finish(engine, "ospf.stub", std::move(after));
}

}  // namespace

void add_ospf_change_handlers(api::Server& server, Engine& engine) {
  const Methods methods(server, engine);
  methods.change("ospf.set", ospf_set);
  methods.change("ospf.port", ospf_port);
  methods.change("ospf.key", ospf_key);
  methods.change("ospf.redistribute", ospf_redistribute);
  methods.change("ospf.stub", ospf_stub);
}

}  // namespace spanway::daemon
