// SPDX-License-Identifier: BSD-3-Clause
// show.routes, show.fib: the tables.
#include <algorithm>

#include "control/daemon/handlers.h"
#include "control/daemon/methods.h"
#include "control/daemon/params.h"

namespace spanway::daemon {
namespace {

using nlohmann::json;

std::optional<rib::Origin> read_origin(Params& params) {
  const auto text = params.text("protocol");
  if (!text) return std::nullopt;
  for (const rib::Origin origin :
       {rib::Origin::kMartian, rib::Origin::kLocal, rib::Origin::kConnected, rib::Origin::kStatic,
        rib::Origin::kOspf})
    if (rib::name_of(origin) == *text) return origin;
  params.fault("'" + *text + "' is not a protocol", "connected, static, ospf, local or martian");
  return std::nullopt;
}

json describe_hops(Engine& engine, const rib::Target& target) {
  json hops = json::array();
  if (target.kind == rib::TargetKind::kConnected)
    hops.push_back({{"gateway", nullptr},
                    {"interface", engine.interfaces().name_of(target.interface)},
                    {"weight", 1},
                    {"resolved", true},
                    {"through", nullptr}});
  for (const rib::Via& via : target.via) {
    const publish::ViaState state = engine.publisher().via_state(via);
    json hop = {{"gateway", via.gateway.to_string()},
                {"interface", nullptr},
                {"weight", via.weight},
                {"resolved", state.resolved},
                {"through", nullptr}};
    if (!state.legs.empty())
      hop["interface"] = engine.interfaces().name_of(state.legs.front().interface);
    if (state.recursive) {
      hop["through"] = json::array();
      for (const publish::Leg& leg : state.legs)
        hop["through"].push_back({{"gateway", leg.gateway.to_string()},
                                  {"interface", engine.interfaces().name_of(leg.interface)}});
    }
    hops.push_back(std::move(hop));
  }
  return hops;
}

json describe_row(Engine& engine, const rib::Row& row) {
  return {{"prefix", row.prefix.to_string()},
          {"protocol", std::string(rib::name_of(row.source.origin))},
          {"kind", std::string(rib::name_of(row.target->kind))},
          {"best", row.best},
          {"preference", row.source.preference},
          {"metric", row.source.metric},
          {"age_s", static_cast<int64_t>(
                        (engine.now() - std::max(row.since, engine.options().born)).seconds())},
          {"next_hops", describe_hops(engine, *row.target)}};
}

Result<json> show_routes(Engine& engine, const json& given) {
  Params params(given);
  const auto prefix = params.prefix("prefix");
  const auto address = params.address("for");
  const rib::Filter filter{params.family("family"), read_origin(params)};
  const Page page = Page::of(params);
  if (prefix && address) params.fault("'prefix' and 'for' do not go together");
  if (auto error = params.finish()) return *error;

  std::vector<rib::Row> rows;
  size_t total = 0;
  if (prefix) {
    rows = engine.rib().candidates(*prefix);
    total = rows.size();
    if (rows.empty())
      return Error{ErrorCode::kNotFound, "there is no route " + prefix->to_string(), "show routes"};
  } else if (address) {
    auto row = engine.rib().lookup(*address);
    if (!row)
      return Error{ErrorCode::kNotFound, "no route leads to " + address->to_string(),
                   "show routes"};
    rows.push_back(*row);
    total = 1;
  } else {
    rows = engine.rib().list(filter, page.offset, page.limit, &total);
  }
  json out = json::array();
  for (const rib::Row& row : rows) out.push_back(describe_row(engine, row));
  json result = {{"schema", "spanway.show.routes/1"}};
  page.describe(result, total);
  result["routes"] = std::move(out);
  return result;
}

Result<json> show_fib(Engine& engine, const json& given) {
  Params params(given);
  if (auto error = params.finish()) return *error;
  const publish::Stats stats = engine.publisher().stats();
  return json{{"schema", "spanway.show.fib/1"},
              {"version", stats.version},
              {"age_s", stats.quiet.age ? json(static_cast<int64_t>(stats.quiet.age->seconds()))
                                        : json(nullptr)},
              {"ip4", {{"routes", stats.routes4}, {"memory_bytes", stats.bytes4}}},
              {"ip6", {{"routes", stats.routes6}, {"memory_bytes", stats.bytes6}}},
              {"next_hops",
               {{"used", stats.next_hops},
                {"groups", stats.groups},
                {"capacity", table::NextHopTable::kSlots}}},
              {"waiting_free", stats.waiting},
              {"recursive_gateways", stats.recursive},
              {"quiet",
               {{"measured", stats.quiet.count},
                {"last_us", stats.quiet.last.ns() / 1000.0},
                {"longest_us", stats.quiet.longest.ns() / 1000.0}}}};
}

}  // namespace

void add_table_handlers(api::Server& server, Engine& engine) {
  const Methods methods(server, engine);
  methods.look("show.routes", show_routes);
  methods.look("show.fib", show_fib);
}

}  // namespace spanway::daemon
