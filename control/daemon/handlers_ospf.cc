// SPDX-License-Identifier: BSD-3-Clause
// show.ospf and what lies below it: the instance's views as JSON. Fields that FRR has, too, are
// named as FRR names them, so that one checker reads both.
#include <algorithm>
#include <chrono>
#include <variant>

#include "control/daemon/handlers.h"
#include "control/daemon/methods.h"
#include "control/daemon/ospf_names.h"
#include "control/daemon/params.h"
#include "control/ospf/instance.h"

namespace spanway::daemon {
namespace {

using nlohmann::json;

json milliseconds_of(Nanos span) { return static_cast<double>(span.ns() / 1'000) / 1e3; }
int64_t whole_ms(Nanos span) { return span.ns() / 1'000'000; }
// Of a moment in the future: 0 when it is over.
int64_t due_ms(Nanos span) {
  return span == Nanos::never() ? 0 : std::max<int64_t>(0, whole_ms(span));
}

json counts_of(const ospf::PacketCounts& counts) {
  return {{"hello", counts[1]},  {"description", counts[2]}, {"request", counts[3]},
          {"update", counts[4]}, {"ack", counts[5]},         {"unknown", counts[0]}};
}

json refusals_of(const ospf::InstanceView& view) {
  json out = json::object();
  for (const ospf::RefusalCount& one : view.refusals)
    if (one.packets != 0) out[std::string(ospf::to_string(one.reason))] = one.packets;
  return out;
}

json drops_of(const OspfHost& host) {
  json out = json::object();
  for (size_t i = 0; i < kOspfDropNames.size(); ++i)
    if (const uint64_t n = host.dropped(static_cast<OspfDrop>(i)); n != 0)
      out[std::string(kOspfDropNames[i])] = n;
  return out;
}

json area_of(const std::vector<ospf::InterfaceView>& interfaces, const ospf::InstanceView& view) {
  size_t active = 0, full = 0;
  for (const ospf::InterfaceView& one : interfaces) {
    active += one.state != ospf::InterfaceState::kDown ? 1 : 0;
    full += one.full;
  }
  return {{"backbone", view.settings.area.value == 0},
          {"areaIfTotalCounter", interfaces.size()},
          {"areaIfActiveCounter", active},
          {"nbrFullAdjacentCounter", full},
          {"spfExecutedCounter", view.spf.runs},
          {"lsaNumber", view.lsas - view.externals}};
}

Result<json> show_ospf(Engine& engine, const json& given) {
  Params params(given);
  if (auto error = params.finish()) return *error;
  const OspfHost& host = engine.ospf();
  json out = {{"schema", "spanway.show.ospf/1"}, {"running", host.instance() != nullptr}};
  if (host.instance() == nullptr) return out;
  const Nanos now = engine.now();
  const ospf::InstanceView view = host.instance()->view(now);
  json neighbours = json::object();
  for (const ospf::NeighbourView& one : host.instance()->neighbours(now)) {
    json& count = neighbours[std::string(frr_name(one.state))];
    count = (count.is_null() ? 0 : count.get<uint64_t>()) + 1;
  }
  out["routerId"] = dotted(view.settings.router.value);
  out["spfScheduleDelayMsecs"] = whole_ms(view.settings.backoff.initial);
  out["holdtimeMinMsecs"] = whole_ms(view.settings.backoff.short_wait);
  out["holdtimeMaxMsecs"] = whole_ms(view.settings.backoff.long_wait);
  out["spfLastExecutedMsecs"] = view.spf.runs == 0 ? json() : json(whole_ms(now - view.spf.last));
  out["spfLastDurationMsecs"] = milliseconds_of(view.spf.took);
  out["lsaExternalCounter"] = view.externals;
  out["areas"] = {
      {dotted(view.settings.area.value), area_of(host.instance()->interfaces(now), view)}};
  out["neighbour_states"] = std::move(neighbours);
  out["lsas"] = view.lsas;
  out["overflow"] = view.overflow;
  out["routes"] = view.spf.routes;
  out["routes_refused"] = host.refused_routes();
  out["announced"] = host.announced();
  out["originated"] = view.originated;
  out["received"] = view.received;
  out["retransmitted"] = view.retransmitted;
  out["deferred"] = view.deferred;
  out["packets_sent"] = host.sender().sent();
  out["packets_lost"] = host.sender().lost();
  out["refusals"] = refusals_of(view);
  out["drops"] = drops_of(host);
  return out;
}

std::string role_of(const ospf::NeighbourView& one, const ospf::InterfaceView* on) {
  if (on == nullptr || on->settings.type == ospf::NetworkType::kPointToPoint) return "-";
  if (one.address == on->designated) return "DR";
  return one.address == on->backup ? "Backup" : "DROther";
}

Result<json> show_neighbours(Engine& engine, const json& given) {
  Params params(given);
  if (auto error = params.finish()) return *error;
  json all = json::object();
  if (const ospf::Instance* instance = engine.ospf().instance()) {
    const Nanos now = engine.now();
    const auto interfaces = instance->interfaces(now);
    for (const ospf::NeighbourView& one : instance->neighbours(now)) {
      const auto on = std::ranges::find(interfaces, one.interface, &ospf::InterfaceView::interface);
      const ospf::InterfaceView* view = on == interfaces.end() ? nullptr : &*on;
      const std::string name = engine.interfaces().name_of(one.interface);
      const std::string role = role_of(one, view);
      const std::string local = view == nullptr || view->link.addresses.empty()
                                    ? ""
                                    : view->link.addresses.front().addr.to_string();
      all[dotted(one.router.value)].push_back(
          {{"nbrState", std::string(frr_name(one.state)) + "/" + role},
           {"nbrPriority", one.priority},
           {"converged", frr_name(one.state)},
           {"role", role},
           {"upTimeInMsec", whole_ms(now - one.since)},
           {"routerDeadIntervalTimerDueMsec", due_ms(one.dead_in)},
           {"ifaceAddress", one.address.to_string()},
           {"ifaceName", name + ":" + local},
           {"interface", name},
           {"cost", view == nullptr ? 0 : view->settings.cost},
           {"state_changes", one.changes},
           {"linkStateRetransmissionListCounter", one.retransmissions},
           {"linkStateRequestListCounter", one.requests},
           {"databaseSummaryListCounter", one.descriptions}});
    }
  }
  return json{{"schema", "spanway.show.ospf.neighbours/1"}, {"neighbors", std::move(all)}};
}

json address_or_null(Ip4Addr address) {
  return address.is_zero() ? json() : json(address.to_string());
}

json interface_of(const ospf::InterfaceView& one, const ospf::InstanceView& instance) {
  const bool has_address = !one.link.addresses.empty();
  const ospf::InterfaceSettings& s = one.settings;
  const auto id_or_null = [](ospf::RouterId id) {
    return id.value == 0 ? json() : json(dotted(id.value));
  };
  return {{"ifUp", one.link.up},
          {"ifIndex", one.interface.value},
          {"mtuBytes", one.link.mtu_bytes},
          {"ospfEnabled", true},
          {"ipAddress", has_address ? json(one.link.addresses.front().addr.to_string()) : json()},
          {"ipAddressPrefixlen", has_address ? json(one.link.addresses.front().length) : json()},
          {"area", dotted(instance.settings.area.value)},
          {"routerId", dotted(instance.settings.router.value)},
          {"networkType", s.type == ospf::NetworkType::kBroadcast ? "BROADCAST" : "POINTOPOINT"},
          {"cost", s.cost},
          {"transmitDelaySecs", s.transmit_delay_s},
          {"state", frr_name(one.state)},
          {"priority", s.priority},
          {"drId", id_or_null(one.designated_router)},
          {"drAddress", address_or_null(one.designated)},
          {"bdrId", id_or_null(one.backup_router)},
          {"bdrAddress", address_or_null(one.backup)},
          {"timerMsecs", uint32_t{s.hello_interval_s} * 1000},
          {"timerDeadSecs", s.dead_interval_s},
          {"timerRetransmitSecs", s.retransmit_interval_s},
          {"timerHelloInMsecs", due_ms(one.hello_in)},
          {"timerPassiveIface", s.passive},
          {"authentication", name_of(s.authenticator.type())},
          {"nbrCount", one.neighbours},
          {"nbrAdjacentCount", one.full},
          {"received", counts_of(one.received)},
          {"sent", counts_of(one.sent)},
          {"refused", one.refused}};
}

Result<json> show_interfaces(Engine& engine, const json& given) {
  Params params(given);
  if (auto error = params.finish()) return *error;
  json all = json::object();
  if (const ospf::Instance* instance = engine.ospf().instance()) {
    const ospf::InstanceView view = instance->view(engine.now());
    for (const ospf::InterfaceView& one : instance->interfaces(engine.now()))
      all[engine.interfaces().name_of(one.interface)] = interface_of(one, view);
  }
  return json{{"schema", "spanway.show.ospf.interfaces/1"}, {"interfaces", std::move(all)}};
}

Result<json> show_spf(Engine& engine, const json& given) {
  Params params(given);
  if (auto error = params.finish()) return *error;
  json out = {{"schema", "spanway.show.ospf.spf/1"},
              {"running", engine.ospf().instance() != nullptr}};
  if (const ospf::Instance* instance = engine.ospf().instance()) {
    const ospf::SpfView spf = instance->view(engine.now()).spf;
    out["runs"] = spf.runs;
    out["partial_runs"] = spf.partial_runs;
    out["last_ms_ago"] = spf.runs == 0 ? json() : json(whole_ms(engine.now() - spf.last));
    out["took_us"] = static_cast<double>(spf.took.ns()) / 1e3;
    out["next_in_ms"] = spf.waiting ? json(due_ms(spf.next_in)) : json();
    out["routers"] = spf.routers;
    out["networks"] = spf.networks;
    out["routes"] = spf.routes;
  }
  return out;
}

json next_hops_of(Engine& engine, const ospf::Route& route) {
  json out = json::array();
  for (const ospf::NextHop& hop : route.hops) {
    const std::string name = engine.interfaces().name_of(hop.interface);
    if (hop.gateway.is_zero())
      out.push_back({{"ip", " "}, {"directlyAttachedTo", name}});
    else
      out.push_back({{"ip", hop.gateway.to_string()}, {"via", name}});
  }
  return out;
}

Result<json> show_routes(Engine& engine, const json& given) {
  Params params(given);
  const Page page = Page::of(params);
  if (auto error = params.finish()) return *error;
  json routes = json::object();
  uint64_t total = 0;
  if (const ospf::Instance* instance = engine.ospf().instance()) {
    const std::string area = dotted(instance->view(engine.now()).settings.area.value);
    instance->each_route([&](const Prefix4& prefix, const ospf::Route& route) {
      const uint64_t place = total++;
      if (place < page.offset || place - page.offset >= page.limit) return;
      json one = {{"routeType", frr_name(route.type)},
                  {"cost", route.cost},
                  {"nexthops", next_hops_of(engine, route)}};
      if (route.type == ospf::PathType::kIntraArea) one["area"] = area;
      if (route.type != ospf::PathType::kIntraArea) one["tag"] = route.tag;
      if (route.type == ospf::PathType::kExternal2) one["type2cost"] = route.type2_cost;
      routes[prefix.to_string()] = std::move(one);
    });
  }
  json out = {{"schema", "spanway.show.ospf.routes/1"}, {"routes", std::move(routes)}};
  page.describe(out, total);
  return out;
}

}  // namespace

void add_ospf_handlers(api::Server& server, Engine& engine) {
  const Methods methods(server, engine);
  methods.look("show.ospf", show_ospf);
  methods.look("show.ospf.neighbours", show_neighbours);
  methods.look("show.ospf.interfaces", show_interfaces);
  methods.look("show.ospf.spf", show_spf);
  methods.look("show.ospf.routes", show_routes);
  add_ospf_database_handlers(server, engine);
  add_ospf_change_handlers(server, engine);
}

}  // namespace spanway::daemon
