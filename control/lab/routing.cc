// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/routing.h"

#include <algorithm>
#include <queue>

#include "control/lab/addresses.h"

namespace spanway::lab {
namespace {

// So that a lab converges while somebody looks.
constexpr uint16_t kHelloSeconds = 1;
constexpr uint32_t kDeadSeconds = 4;

std::vector<unsigned> distances(const Adjacency& links, unsigned from) {
  std::vector<unsigned> out(links.size(), UINT32_MAX);
  std::queue<unsigned> open;
  out[from] = 0;
  open.push(from);
  for (; !open.empty(); open.pop())
    for (const GraphNeighbour& next : links[open.front()])
      if (out[next.router] == UINT32_MAX) {
        out[next.router] = out[open.front()] + 1;
        open.push(next.router);
      }
  return out;
}

// Every gateway of `router` that lies on a shortest path to `target`.
std::pair<std::vector<config::Via>, std::vector<config::Via>> gateways(
    const std::vector<GraphNeighbour>& neighbours, const std::vector<unsigned>& to_target,
    unsigned router) {
  std::pair<std::vector<config::Via>, std::vector<config::Via>> out;
  for (const GraphNeighbour& next : neighbours) {
    if (to_target[next.router] + 1 != to_target[router]) continue;
    out.first.push_back({link4(next.link, next.far_end).addr, {}, 1});
    out.second.push_back({link6(next.link, next.far_end).addr, {}, 1});
  }
  return out;
}

void add_route(config::Config& config, const Prefix& prefix, std::vector<config::Via> via) {
  config::Route route;
  route.prefix = prefix;
  route.via = std::move(via);
  config.routes.push_back(std::move(route));
}

// Which families have static routes, and to what.
struct Scope {
  bool ip4, ip6, hosts, guests;
};

void add_ways(const std::pair<std::vector<config::Via>, std::vector<config::Via>>& via,
              const IpWithLength& to4, const IpWithLength& to6, const Scope& scope,
              config::Config& config) {
  if (scope.ip4) add_route(config, to4.prefix(), via.first);
  if (scope.ip6) add_route(config, to6.prefix(), via.second);
}

void add_edge_routes(const Adjacency& links, const std::vector<unsigned>& edges, const Scope& scope,
                     Plan& plan) {
  for (const unsigned target : edges) {
    const std::vector<unsigned> distance = distances(links, target);
    for (unsigned r = 0; r < links.size(); ++r) {
      if (r == target || distance[r] == UINT32_MAX) continue;
      const auto via = gateways(links[r], distance, r);
      for (const Edge kind : {Edge::kHost, Edge::kGuest})
        if (kind == Edge::kHost ? scope.hosts : scope.guests)
          add_ways(via, edge4(kind, target, 0), edge6(kind, target, 0), scope,
                   plan.routers[r].config);
    }
  }
}

// So that every router can be reached and its ICMP errors find their way back.
void add_link_routes(const Graph& graph, const Adjacency& links, const Scope& scope, Plan& plan) {
  for (unsigned target = 0; target < graph.routers; ++target) {
    const std::vector<unsigned> distance = distances(links, target);
    for (size_t i = 0; i < graph.links.size(); ++i) {
      if (graph.links[i].first != target) continue;
      for (unsigned r = 0; r < graph.routers; ++r) {
        if (r == target || r == graph.links[i].second || distance[r] == UINT32_MAX) continue;
        add_ways(gateways(links[r], distance, r), link4(i, 0), link6(i, 0), scope,
                 plan.routers[r].config);
      }
    }
  }
}

bool is_at_edge(const Plan& plan, const std::string& router, const std::string& port) {
  const auto here = [&](const auto& one) { return one.router == router && one.port == port; };
  return std::ranges::any_of(plan.hosts, here) || std::ranges::any_of(plan.guests, here);
}

}  // namespace

Adjacency adjacency(const Graph& graph) {
  Adjacency out(graph.routers);
  for (size_t i = 0; i < graph.links.size(); ++i) {
    const auto [a, b] = graph.links[i];
    out[a].push_back({b, i, 1});
    out[b].push_back({a, i, 0});
  }
  return out;
}

void add_static_routes(const Graph& graph, const std::vector<unsigned>& edges,
                       const ShapeOptions& options, Plan& plan) {
  const Adjacency links = adjacency(graph);
  const Scope scope{options.routing == Routing::kStatic, options.ip6, options.hosts,
                    options.guests};
  if (!scope.ip4 && !scope.ip6) return;
  add_edge_routes(links, edges, scope, plan);
  add_link_routes(graph, links, scope, plan);
}

void add_ospf(const ShapeOptions& options, Plan& plan) {
  for (unsigned r = 0; r < plan.routers.size(); ++r) {
    RouterPlan& router = plan.routers[r];
    config::Ospf& ospf = router.config.ospf;
    ospf.router_id = router_id(r);
    for (const config::Port& port : router.config.ports) {
      config::OspfPort one;
      one.name = port.name;
      one.network = config::OspfNetwork::kPointToPoint;
      one.cost = options.cost;
      one.hello_interval_s = kHelloSeconds;
      one.dead_interval_s = kDeadSeconds;
      one.passive = is_at_edge(plan, router.name, port.name);
      ospf.ports.push_back(one);
    }
  }
}

Status set_cost(Plan& plan, const std::string& wire, uint16_t cost) {
  bool found = false;
  for (RouterPlan& router : plan.routers)
    for (const config::Port& port : router.config.ports) {
      if (port.device != "sim:" + wire + ".a" && port.device != "sim:" + wire + ".b") continue;
      for (config::OspfPort& one : router.config.ospf.ports)
        if (one.name == port.name) {
          one.cost = cost;
          found = true;
        }
    }
  if (!found)
    return Error{ErrorCode::kNotFound, "no router speaks OSPF on wire '" + wire + "'",
                 "routing = \"ospf\" in [lab]"};
  return {};
}

}  // namespace spanway::lab
