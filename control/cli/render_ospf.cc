// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>

#include "control/cli/fields.h"
#include "control/cli/renderers.h"
#include "control/cli/units.h"

namespace spanway::cli {
namespace {

constexpr const char* kNotRunning = "OSPF does not run: ospf port INTERFACE\n";

// The members of an object, nothing for what is none.
const json& members(const json& object, std::string_view key) {
  static const json none = json::object();
  const json& value = field(object, key);
  return value.is_object() ? value : none;
}

Tint state_tint(const std::string& state) {
  if (state.starts_with("Full")) return Tint::kGood;
  if (state.starts_with("2-Way")) return Tint::kNone;
  return state.starts_with("Down") ? Tint::kBad : Tint::kWarn;
}

std::string seconds_of_ms(uint64_t ms) { return age(ms / 1000); }

// "Full 2  Init 1" of {"Full": 2, "Init": 1}.
std::string counted(const json& object, const std::string& otherwise) {
  std::string out;
  for (const auto& [name, value] : object.items())
    out += (out.empty() ? "" : "  ") + name + " " + value.dump();
  return out.empty() ? otherwise : out;
}

std::string summary(const json& r, const Style& style) {
  if (!yes(r, "running")) return kNotRunning;
  std::string out = tinted(text(r, "routerId"), Tint::kBold, style);
  for (const auto& [id, area] : members(r, "areas").items())
    out += "  area " + id + "  interfaces " + text(area, "areaIfActiveCounter") + " of " +
           text(area, "areaIfTotalCounter");
  out += "\nneighbours  " + counted(members(r, "neighbour_states"), "none");
  out += "\nlsdb  " + text(r, "lsas") + " LSAs, " + text(r, "lsaExternalCounter") +
         " external; originated " + text(r, "originated") + ", received " + text(r, "received") +
         ", retransmitted " + text(r, "retransmitted") + ", deferred " + text(r, "deferred") +
         (yes(r, "overflow") ? "; full" : "");
  out += "\nroutes  " + text(r, "routes") + "  refused " + text(r, "routes_refused") +
         "  announced " + text(r, "announced");
  out += "\nspf  " + fixed(real(r, "spfLastDurationMsecs"), 2) + " ms";
  if (!field(r, "spfLastExecutedMsecs").is_null())
    out += ", " + seconds_of_ms(count(r, "spfLastExecutedMsecs")) + " ago";
  out += "\npackets sent " + text(r, "packets_sent") + ", lost " + text(r, "packets_lost");
  out += "\nrefused  " + counted(members(r, "refusals"), "none") + "\n";
  if (!members(r, "drops").empty())
    out += "dropped  " + counted(members(r, "drops"), "none") + "\n";
  return out;
}

std::string neighbours(const json& r, const Style& style) {
  TextTable table;
  const json& all = members(r, "neighbors");
  if (all.empty()) return "no neighbours\n";
  for (const auto& [id, links] : all.items()) {
    if (!links.is_array()) continue;
    for (const json& n : links)
      table.row()
          .left(id, Tint::kBold)
          .left(text(n, "nbrState"), state_tint(text(n, "nbrState")))
          .left(text(n, "interface"))
          .left(text(n, "ifaceAddress"))
          .pair("dead", seconds_of_ms(count(n, "routerDeadIntervalTimerDueMsec")))
          .pair("cost", text(n, "cost"))
          .pair("up", seconds_of_ms(count(n, "upTimeInMsec")));
  }
  return table.text(style);
}

std::string interfaces(const json& r, const Style& style) {
  TextTable table;
  const json& all = members(r, "interfaces");
  if (all.empty()) return "no interfaces\n";
  for (const auto& [name, i] : all.items())
    table.row()
        .left(name, Tint::kBold)
        .left(text(i, "state"), text(i, "state") == "Down" ? Tint::kBad : Tint::kGood)
        .left(text(i, "ipAddress") + "/" + text(i, "ipAddressPrefixlen"))
        .left("area " + text(i, "area"))
        .pair("cost", text(i, "cost"))
        .pair("hello", seconds_of_ms(count(i, "timerMsecs")))
        .pair("dead", age(count(i, "timerDeadSecs")))
        .left("auth " + text(i, "authentication"))
        .pair("full", text(i, "nbrAdjacentCount") + "/" + text(i, "nbrCount"));
  return table.text(style);
}

std::string more(const json& r) {
  if (field(r, "next_offset").is_null()) return {};
  return "of " + text(r, "total") + "; next: offset " + text(r, "next_offset") + "\n";
}

struct Kind {
  const char* list;
  const char* name;
};
constexpr Kind kKinds[] = {{"routerLinkStates", "router"},
                           {"networkLinkStates", "network"},
                           {"summaryLinkStates", "summary"},
                           {"asbrSummaryLinkStates", "asbr"},
                           {"asExternalLinkStates", "external"}};

void lsa_rows(TextTable& table, const json& from) {
  for (const Kind& kind : kKinds)
    for (const json& lsa : list(from, kind.list))
      table.row()
          .left(kind.name)
          .left(text(lsa, "lsId"), Tint::kBold)
          .left(text(lsa, "advertisedRouter"))
          .pair("age", text(lsa, "lsaAge"))
          .left(text(lsa, "sequenceNumber"))
          .left(text(lsa, "checksum"))
          .left(
              !field(lsa, "route").is_null()
                  ? text(lsa, "route") + " " + text(lsa, "metricType") + " " + text(lsa, "metric")
              : !field(lsa, "numOfRouterLinks").is_null() ? text(lsa, "numOfRouterLinks") + " links"
              : !field(lsa, "attachedRouters").is_null() ? text(lsa, "attachedRouters") + " routers"
                                                         : "");
}

std::string lsdb(const json& r, const Style& style) {
  TextTable table;
  for (const auto& [id, area] : members(r, "areas").items()) lsa_rows(table, area);
  lsa_rows(table, r);
  const std::string out = table.text(style);
  return (out.empty() ? "no LSAs\n" : out) + more(r);
}

std::string spf(const json& r, const Style&) {
  if (!yes(r, "running")) return kNotRunning;
  std::string out = "spf " + fixed(real(r, "took_us") / 1000, 2) + " ms runs " + text(r, "runs") +
                    " partial " + text(r, "partial_runs");
  if (!field(r, "last_ms_ago").is_null())
    out += " last " + seconds_of_ms(count(r, "last_ms_ago")) + " ago";
  if (!field(r, "next_in_ms").is_null()) out += " next in " + text(r, "next_in_ms") + " ms";
  return out + "\nrouters " + text(r, "routers") + " networks " + text(r, "networks") + " routes " +
         text(r, "routes") + "\n";
}

std::string routes(const json& r, const Style& style) {
  TextTable table;
  const json& all = members(r, "routes");
  if (all.empty()) return "no routes\n";
  for (const auto& [prefix, route] : all.items()) {
    std::string cost = text(route, "cost");
    if (!field(route, "type2cost").is_null()) cost += "/" + text(route, "type2cost");
    const json& hops = list(route, "nexthops");
    for (size_t i = 0; i == 0 || i < hops.size(); ++i) {
      std::string way = "this router";
      if (i < hops.size())
        way = field(hops[i], "directlyAttachedTo").is_null()
                  ? "via " + text(hops[i], "ip") + " " + text(hops[i], "via")
                  : "attached " + text(hops[i], "directlyAttachedTo");
      table.row()
          .left(i > 0 ? "" : text(route, "routeType"))
          .left(i > 0 ? "" : prefix, Tint::kBold)
          .left(i > 0 ? "" : "[" + cost + "]")
          .left(way);
    }
  }
  return table.text(style) + more(r);
}

std::string topology(const json& r, const Style& style) {
  std::string out;
  for (const json& router : list(r, "routers")) {
    out += tinted(text(router, "router"), Tint::kBold, style) +
           (yes(router, "self") ? " (this router)" : "") +
           (yes(router, "external") ? " announces from outside" : "") + "\n";
    TextTable table;
    for (const json& link : list(router, "links"))
      table.row()
          .left(" ")
          .left(text(link, "type"))
          .left(text(link, "to"))
          .pair("cost", text(link, "cost"))
          .left(field(link, "address").is_null() ? "" : "from " + text(link, "address"));
    out += table.text(style);
  }
  for (const json& network : list(r, "networks")) {
    out += "network " + text(network, "prefix") + " by " + text(network, "designated") + ":";
    for (const json& id : list(network, "attached"))
      out += " " + (id.is_string() ? id.get<std::string>() : id.dump());
    out += "\n";
  }
  return (out.empty() ? "no routers\n" : out) + more(r);
}

std::string changed(const json& r, const Style&) {
  std::string out;
  for (const json& line : list(r, "changes"))
    out += (line.is_string() ? line.get<std::string>() : line.dump()) + "\n";
  return out.empty() ? "nothing to change\n" : out;
}

constexpr Renderer kTable[] = {
    {"show.ospf", summary},
    {"show.ospf.neighbours", neighbours},
    {"show.ospf.interfaces", interfaces},
    {"show.ospf.lsdb", lsdb},
    {"show.ospf.spf", spf},
    {"show.ospf.routes", routes},
    {"show.ospf.topology", topology},
    {"ospf.set", changed},
    {"ospf.port", changed},
    {"ospf.key", changed},
    {"ospf.redistribute", changed},
    {"ospf.stub", changed},
};

}  // namespace

std::span<const Renderer> ospf_renderers() { return kTable; }

}  // namespace spanway::cli
