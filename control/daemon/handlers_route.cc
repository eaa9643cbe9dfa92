// SPDX-License-Identifier: BSD-3-Clause
// route.add, route.del, route.batch: static routes as changes of the running configuration.
#include <algorithm>
#include <chrono>
#include <optional>
#include <unordered_map>

#include "control/config/subnets.h"
#include "control/daemon/amend.h"
#include "control/daemon/handlers.h"
#include "control/daemon/methods.h"
#include "control/daemon/params.h"

namespace spanway::daemon {
namespace {

using nlohmann::json;

constexpr size_t kMaxBatch = 4'000'000;

struct Wanted {
  config::Route route;
  bool replace = false;
};

// One entry of `via`: an address in text, or an object.
std::optional<config::Via> read_via(const json& given, Params& params) {
  config::Via via;
  if (given.is_string()) {
    const auto ip = IpAddr::parse(given.get_ref<const std::string&>());
    if (!ip) {
      params.fault("via: '" + given.get<std::string>() + "' is not an address");
      return std::nullopt;
    }
    via.ip = *ip;
    return via;
  }
  if (!given.is_object()) {
    params.fault("via: " + given.dump() + " is neither an address nor an object");
    return std::nullopt;
  }
  Params inner(given);
  via.ip = inner.need_address("gateway");
  via.port = inner.text("interface").value_or("");
  via.weight = static_cast<uint16_t>(inner.number("weight", 1, 256).value_or(1));
  if (auto error = inner.finish()) {
    params.fault("via: " + error->message, error->fix);
    return std::nullopt;
  }
  return via;
}

std::vector<config::Via> read_vias(Params& params) {
  std::vector<config::Via> out;
  const json* given = params.raw("via");
  if (given == nullptr) return out;
  const auto take = [&](const json& one) {
    if (auto via = read_via(one, params)) out.push_back(std::move(*via));
  };
  if (given->is_array())
    for (const json& one : *given) take(one);
  else
    take(*given);
  return out;
}

Result<Wanted> read_route(const json& given) {
  Params params(given);
  Wanted wanted;
  wanted.route.prefix = params.need_prefix("prefix");
  wanted.route.via = read_vias(params);
  const auto kind = params.text("kind");
  if (kind == "blackhole")
    wanted.route.kind = config::RouteKind::kBlackhole;
  else if (kind == "reject")
    wanted.route.kind = config::RouteKind::kReject;
  else if (kind)
    params.fault("'" + *kind + "' is not a kind of route", "blackhole or reject");
  if (kind && !wanted.route.via.empty()) params.fault("a " + *kind + " route has no 'via'");
  if (!kind && wanted.route.via.empty()) params.fault("'via' is missing", "via or kind");
  wanted.route.preference = static_cast<uint8_t>(params.number("preference", 1, 254).value_or(1));
  wanted.replace = params.flag("replace").value_or(false);
  for (const config::Via& via : wanted.route.via)
    if (via.ip.family() != wanted.route.prefix.family())
      params.fault("gateway " + via.ip.to_string() + " is not of the family of " +
                   wanted.route.prefix.to_string());
  if (auto error = params.finish()) return *error;
  return wanted;
}

// The next hops of `add` put into those of `there`; a gateway that is there gets the new weight.
config::Route merged(const config::Route& there, const Wanted& add) {
  if (add.replace || add.route.kind != config::RouteKind::kVia ||
      there.kind != config::RouteKind::kVia)
    return add.route;
  config::Route out = there;
  for (const config::Via& via : add.route.via) {
    const auto at = std::ranges::find_if(out.via, [&](const config::Via& v) {
      return v.ip == via.ip && (via.port.empty() || v.port == via.port);
    });
    if (at == out.via.end())
      out.via.push_back(via);
    else
      at->weight = via.weight;
  }
  return out;
}

json describe_hops(Engine& engine, const config::Route& route) {
  json hops = json::array();
  for (const config::Via& via : route.via)
    hops.push_back({{"gateway", via.ip.to_string()},
                    {"interface", via.port.empty() ? engine.interface_towards(via.ip) : via.port},
                    {"weight", via.weight}});
  return hops;
}

const char* kind_name(config::RouteKind kind) {
  switch (kind) {
    case config::RouteKind::kBlackhole:
      return "blackhole";
    case config::RouteKind::kReject:
      return "reject";
    case config::RouteKind::kVia:
      break;
  }
  return "forward";
}

// Static routes are told apart by prefix; the first preference of a prefix is the one meant.
const config::Route* find_route(const config::Config& config, const Prefix& prefix) {
  const auto at = std::ranges::find(config.routes, prefix, &config::Route::prefix);
  return at == config.routes.end() ? nullptr : &*at;
}

Result<json> route_add(Engine& engine, const json& given) {
  auto wanted = read_route(given);
  if (!wanted) return std::move(wanted).error();
  const config::Route* there = find_route(engine.store().running(), wanted->route.prefix);
  std::vector<config::Change> changes;
  config::Route after = there == nullptr ? wanted->route : merged(*there, *wanted);
  if (there == nullptr) {
    changes.emplace_back(config::RouteAdded{after});
  } else if (there->preference != after.preference) {
    changes.emplace_back(config::RouteRemoved{*there});
    changes.emplace_back(config::RouteAdded{after});
  } else if (*there != after) {
    changes.emplace_back(config::RouteChanged{*there, after});
  }
  if (!changes.empty())
    if (auto done = amend(engine, changes); !done) return std::move(done).error();
  return json{{"schema", "spanway.route.add/1"},
              {"changed", !changes.empty()},
              {"prefix", after.prefix.to_string()},
              {"kind", kind_name(after.kind)},
              {"next_hops", describe_hops(engine, after)}};
}

Result<json> route_del(Engine& engine, const json& given) {
  Params params(given);
  const Prefix prefix = params.need_prefix("prefix");
  const std::vector<config::Via> vias = read_vias(params);
  if (auto error = params.finish()) return *error;
  const config::Route* found = find_route(engine.store().running(), prefix);
  if (found == nullptr)
    return Error{ErrorCode::kNotFound, "there is no static route " + prefix.to_string(),
                 "show routes"};
  const config::Route before = *found;
  config::Route after = before;
  if (vias.empty()) after.via.clear();
  for (const config::Via& via : vias)
    if (std::erase_if(after.via, [&](const config::Via& v) {
          return v.ip == via.ip && (via.port.empty() || v.port == via.port);
        }) == 0)
      return Error{ErrorCode::kNotFound,
                   prefix.to_string() + " has no next hop " + via.ip.to_string(), "show routes"};
  config::Change change = config::RouteChanged{before, after};
  if (after.via.empty()) change = config::RouteRemoved{before};
  if (auto done = amend(engine, {change}); !done) return std::move(done).error();
  return json{{"schema", "spanway.route.del/1"},
              {"prefix", prefix.to_string()},
              {"removed_next_hops", before.via.size() - after.via.size()},
              {"remaining_next_hops", after.via.size()}};
}

// The net effect of a batch, worked out on the side before anything changes.
class Batch {
 public:
  explicit Batch(const config::Config& running) {
    before_.reserve(running.routes.size());
    for (const config::Route& route : running.routes) before_.emplace(route.prefix, &route);
  }

  Status del(const json& given, size_t index) {
    Prefix prefix;
    if (given.is_string()) {
      const auto parsed = Prefix::parse(given.get_ref<const std::string&>());
      if (!parsed) return fail("del", index, "'" + given.get<std::string>() + "' is not a prefix");
      prefix = *parsed;
    } else {
      Params params(given);
      prefix = params.need_prefix("prefix");
      if (auto error = params.finish()) return fail("del", index, error->message);
    }
    if (current(prefix) == nullptr) return {};
    set(prefix, std::nullopt);
    ++deleted;
    return {};
  }

  Status add(const json& given, size_t index) {
    auto wanted = read_route(given);
    if (!wanted) return fail("add", index, wanted.error().message);
    const config::Route* there = current(wanted->route.prefix);
    config::Route route = there == nullptr ? wanted->route : merged(*there, *wanted);
    if (there != nullptr && *there == route) {
      ++unchanged;
      return {};
    }
    set(wanted->route.prefix, std::move(route));
    ++added;
    return {};
  }

  // In the order of the request: neighbours in the tables that come one after the other are quicker
  // than the same in a map's order. Once, at the end.
  [[nodiscard]] std::vector<config::Change> changes() {
    std::vector<config::Change> out;
    out.reserve(after_.size());
    for (auto& [prefix, route] : after_) {
      const auto at = before_.find(prefix);
      if (at == before_.end()) {
        if (route) out.emplace_back(config::RouteAdded{*std::move(route)});
      } else if (!route) {
        out.emplace_back(config::RouteRemoved{*at->second});
      } else if (route->preference != at->second->preference) {
        out.emplace_back(config::RouteRemoved{*at->second});
        out.emplace_back(config::RouteAdded{*route});
      } else if (*route != *at->second) {
        out.emplace_back(config::RouteChanged{*at->second, *route});
      }
    }
    return out;
  }

  uint64_t added = 0, deleted = 0, unchanged = 0;

 private:
  static Error fail(const char* list, size_t index, const std::string& message) {
    return {ErrorCode::kInvalid, std::string(list) + "[" + std::to_string(index) + "]: " + message};
  }
  void set(const Prefix& prefix, std::optional<config::Route> route) {
    const auto [at, fresh] = places_.emplace(prefix, after_.size());
    if (fresh)
      after_.emplace_back(prefix, std::move(route));
    else
      after_[at->second].second = std::move(route);
  }
  const config::Route* current(const Prefix& prefix) {
    if (const auto at = places_.find(prefix); at != places_.end()) {
      const auto& route = after_[at->second].second;
      return route ? &*route : nullptr;
    }
    const auto at = before_.find(prefix);
    return at == before_.end() ? nullptr : at->second;
  }

  std::unordered_map<Prefix, const config::Route*, config::PrefixHash> before_;
  std::vector<std::pair<Prefix, std::optional<config::Route>>> after_;
  std::unordered_map<Prefix, size_t, config::PrefixHash> places_;  // in after_
};

Result<json> route_batch(Engine& engine, const json& given) {
  const auto start = std::chrono::steady_clock::now();
  Params params(given);
  const json* lists[2] = {params.raw("del"), params.raw("add")};
  for (const json* list : lists)
    if (list != nullptr && (!list->is_array() || list->size() > kMaxBatch))
      params.fault("'add' and 'del' are lists of at most " + std::to_string(kMaxBatch));
  if (auto error = params.finish()) return *error;
  Batch batch(engine.store().running());
  for (int adding = 0; adding < 2; ++adding) {
    if (lists[adding] == nullptr) continue;
    size_t index = 0;
    for (const json& entry : *lists[adding])
      if (auto done = adding != 0 ? batch.add(entry, index++) : batch.del(entry, index++); !done)
        return std::move(done).error();
  }
  if (auto done = amend(engine, batch.changes()); !done) return std::move(done).error();
  const auto elapsed = std::chrono::steady_clock::now() - start;
  return json{
      {"schema", "spanway.route.batch/1"},
      {"added", batch.added},
      {"deleted", batch.deleted},
      {"unchanged", batch.unchanged},
      {"elapsed_us", std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count()}};
}

}  // namespace

void add_route_handlers(api::Server& server, Engine& engine) {
  const Methods methods(server, engine);
  methods.change("route.add", route_add);
  methods.change("route.del", route_del);
  methods.change("route.batch", route_batch);
}

}  // namespace spanway::daemon
