// SPDX-License-Identifier: BSD-3-Clause
// show.ospf.lsdb and show.ospf.topology: the database as a list, and as the graph that it makes.
#include <cstdio>
#include <variant>

#include "control/daemon/handlers.h"
#include "control/daemon/methods.h"
#include "control/daemon/ospf_names.h"
#include "control/daemon/params.h"
#include "control/ospf/instance.h"

namespace spanway::daemon {
namespace {

using nlohmann::json;

std::string hex(uint32_t value, int digits) {
  char out[16];
  std::snprintf(out, sizeof out, "%0*x", digits, value);
  return out;
}

// FRR's names for the lists of `show ip ospf database`.
const char* list_of(ospf::LsaType type) {
  switch (type) {
    case ospf::LsaType::kRouter:
      return "routerLinkStates";
    case ospf::LsaType::kNetwork:
      return "networkLinkStates";
    case ospf::LsaType::kSummaryNetwork:
      return "summaryLinkStates";
    case ospf::LsaType::kSummaryRouter:
      return "asbrSummaryLinkStates";
    case ospf::LsaType::kExternal:
      return "asExternalLinkStates";
  }
  return "unknownLinkStates";
}

std::string prefix_text(ospf::LinkStateId id, Ip4Addr mask) {
  const auto length = ospf::mask_length(mask);
  return length ? Prefix4(Ip4Addr(id.value), *length).to_string()
                : Ip4Addr(id.value & mask.value()).to_string() + " " + mask.to_string();
}

json lsa_of(const ospf::Lsa& lsa) {
  const ospf::LsaHeader& h = lsa.header;
  json out = {{"lsId", dotted(h.key.id.value)},
              {"advertisedRouter", dotted(h.key.router.value)},
              {"lsaAge", h.age_s},
              {"sequenceNumber", hex(static_cast<uint32_t>(h.sequence.value), 8)},
              {"checksum", hex(h.checksum, 4)}};
  if (const auto* router = std::get_if<ospf::RouterLsa>(&lsa.body))
    out["numOfRouterLinks"] = router->links.size();
  if (const auto* network = std::get_if<ospf::NetworkLsa>(&lsa.body))
    out["attachedRouters"] = network->attached.size();
  if (const auto* summary = std::get_if<ospf::SummaryLsa>(&lsa.body)) {
    out["metric"] = summary->metric;
    if (h.key.type == ospf::LsaType::kSummaryNetwork)
      out["summaryAddress"] = prefix_text(h.key.id, summary->mask);
  }
  if (const auto* external = std::get_if<ospf::ExternalLsa>(&lsa.body)) {
    out["metricType"] = external->type2 ? "E2" : "E1";
    out["metric"] = external->metric;
    out["route"] = prefix_text(h.key.id, external->mask);
    out["tag"] = external->tag;
    out["forwardingAddress"] = external->forwarding.to_string();
  }
  return out;
}

Result<json> show_lsdb(Engine& engine, const json& given) {
  Params params(given);
  const Page page = Page::of(params);
  if (auto error = params.finish()) return *error;
  json area = {{"routerLinkStates", json::array()}, {"networkLinkStates", json::array()}};
  json externals = json::array();
  json out = {{"schema", "spanway.show.ospf.lsdb/1"},
              {"routerId", nullptr},
              {"areas", json::object()},
              {"asExternalLinkStates", json::array()}};
  uint64_t total = 0;
  if (const ospf::Instance* instance = engine.ospf().instance()) {
    const ospf::RouterSettings settings = instance->view(engine.now()).settings;
    instance->each_lsa(engine.now(), [&](const ospf::Lsa& lsa) {
      const uint64_t place = total++;
      if (place < page.offset || place - page.offset >= page.limit) return;
      if (lsa.header.key.type == ospf::LsaType::kExternal)
        externals.push_back(lsa_of(lsa));
      else
        area[list_of(lsa.header.key.type)].push_back(lsa_of(lsa));
    });
    out["routerId"] = dotted(settings.router.value);
    out["areas"][dotted(settings.area.value)] = std::move(area);
    out["asExternalLinkStates"] = std::move(externals);
  }
  page.describe(out, total);
  return out;
}

json links_of(const ospf::RouterLsa& router) {
  json out = json::array();
  for (const ospf::RouterLink& link : router.links) {
    json one = {{"cost", link.metric}};
    switch (link.type) {
      case ospf::LinkType::kPointToPoint:
        one["type"] = "point-to-point";
        one["to"] = dotted(link.id);
        one["address"] = dotted(link.data);
        break;
      case ospf::LinkType::kTransit:
        one["type"] = "network";
        one["to"] = dotted(link.id);
        one["address"] = dotted(link.data);
        break;
      case ospf::LinkType::kStub:
        one["type"] = "stub";
        one["to"] = prefix_text(ospf::LinkStateId(link.id), Ip4Addr(link.data));
        one["address"] = nullptr;
        break;
      default:
        one["type"] = "other";
        one["to"] = dotted(link.id);
        one["address"] = dotted(link.data);
    }
    out.push_back(std::move(one));
  }
  return out;
}

Result<json> show_topology(Engine& engine, const json& given) {
  Params params(given);
  const Page page = Page::of(params);
  if (auto error = params.finish()) return *error;
  json routers = json::array(), networks = json::array();
  json out = {{"schema", "spanway.show.ospf.topology/1"}, {"routerId", nullptr}};
  uint64_t total = 0;
  if (const ospf::Instance* instance = engine.ospf().instance()) {
    const ospf::RouterId self = instance->view(engine.now()).settings.router;
    out["routerId"] = dotted(self.value);
    instance->each_lsa(engine.now(), [&](const ospf::Lsa& lsa) {
      const auto* router = std::get_if<ospf::RouterLsa>(&lsa.body);
      const auto* network = std::get_if<ospf::NetworkLsa>(&lsa.body);
      if (router == nullptr && network == nullptr) return;
      const uint64_t place = total++;
      if (place < page.offset || place - page.offset >= page.limit) return;
      const ospf::LsaKey& key = lsa.header.key;
      if (router != nullptr) {
        routers.push_back({{"router", dotted(key.router.value)},
                           {"self", key.router == self},
                           {"external", router->external},
                           {"links", links_of(*router)}});
        return;
      }
      json attached = json::array();
      for (const ospf::RouterId id : network->attached) attached.push_back(dotted(id.value));
      networks.push_back({{"designated", dotted(key.id.value)},
                          {"prefix", prefix_text(key.id, network->mask)},
                          {"attached", std::move(attached)}});
    });
  }
  out["routers"] = std::move(routers);
  out["networks"] = std::move(networks);
  page.describe(out, total);
  return out;
}

}  // namespace

void add_ospf_database_handlers(api::Server& server, Engine& engine) {
  const Methods methods(server, engine);
  methods.look("show.ospf.lsdb", show_lsdb);
  methods.look("show.ospf.topology", show_topology);
}

}  // namespace spanway::daemon
