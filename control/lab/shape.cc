// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/shape.h"

#include <algorithm>
#include <queue>

namespace spanway::lab {
namespace {

constexpr unsigned kMaxRouters = 200;  // a router number must fit the third byte of its subnets
constexpr size_t kMaxLinks = 16384;    // /30 subnets of 10.255.0.0/16

std::string router_name(unsigned r) { return "r" + std::to_string(r + 1); }
std::string port_name(size_t index) { return "p" + std::to_string(index); }

// Router r's edge subnets; kind 1 is for simulated hosts, kind 2 for Linux guests.
IpWithLength edge4(unsigned kind, unsigned r, unsigned host) {
  return {Ip4Addr(10, static_cast<uint8_t>(kind), static_cast<uint8_t>(r + 1),
                  static_cast<uint8_t>(host)),
          24};
}
IpWithLength edge6(unsigned kind, unsigned r, unsigned host) {
  return {Ip6Addr::from_halves(0x20010db800000000 | uint64_t{kind} << 16 | (r + 1), host), 64};
}
IpWithLength link4(size_t link, unsigned end) {
  return {Ip4Addr(static_cast<uint32_t>(0x0aff0000 + link * 4 + end + 1)), 30};
}
IpWithLength link6(size_t link, unsigned end) {
  return {Ip6Addr::from_halves(0x20010db8ffff0000 | (link + 1), end + 1), 64};
}

struct Neighbour {
  unsigned router;
  size_t link;
  unsigned far_end;  // 0 or 1: the end of the link that the neighbour holds
};

std::vector<std::vector<Neighbour>> adjacency(const Graph& graph) {
  std::vector<std::vector<Neighbour>> out(graph.routers);
  for (size_t i = 0; i < graph.links.size(); ++i) {
    const auto [a, b] = graph.links[i];
    out[a].push_back({b, i, 1});
    out[b].push_back({a, i, 0});
  }
  return out;
}

std::vector<unsigned> distances(const std::vector<std::vector<Neighbour>>& links, unsigned from) {
  std::vector<unsigned> out(links.size(), UINT32_MAX);
  std::queue<unsigned> open;
  out[from] = 0;
  open.push(from);
  for (; !open.empty(); open.pop())
    for (const Neighbour& next : links[open.front()])
      if (out[next.router] == UINT32_MAX) {
        out[next.router] = out[open.front()] + 1;
        open.push(next.router);
      }
  return out;
}

// Every gateway of `router` that lies on a shortest path to `target`.
std::pair<std::vector<config::Via>, std::vector<config::Via>> gateways(
    const std::vector<Neighbour>& neighbours, const std::vector<unsigned>& to_target,
    unsigned router) {
  std::pair<std::vector<config::Via>, std::vector<config::Via>> out;
  for (const Neighbour& next : neighbours) {
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

config::Port& add_port(config::Config& config, std::string device) {
  config::Port port;
  port.name = port_name(config.ports.size());
  port.device = std::move(device);
  config.ports.push_back(std::move(port));
  return config.ports.back();
}

void add_links(const Graph& graph, const ShapeOptions& options, Plan& plan) {
  for (size_t i = 0; i < graph.links.size(); ++i) {
    const unsigned ends[2] = {graph.links[i].first, graph.links[i].second};
    const std::string name = router_name(ends[0]) + "-" + router_name(ends[1]);
    std::string shown[2];
    for (unsigned end = 0; end < 2; ++end) {
      config::Config& config = plan.routers[ends[end]].config;
      config::Port& port = add_port(config, "sim:" + name + (end == 0 ? ".a" : ".b"));
      port.addresses = {link4(i, end), link6(i, end)};
      shown[end] = router_name(ends[end]) + ":" + port.name;
    }
    plan.wires.push_back({name, shown[0], shown[1], options.lane});
  }
}

void add_host(unsigned router, const ShapeOptions& options, Plan& plan) {
  const std::string name = "h" + std::to_string(router + 1);
  config::Port& port = add_port(plan.routers[router].config, "sim:" + name + ".a");
  port.addresses = {edge4(1, router, 1), edge6(1, router, 1)};
  plan.wires.push_back({name, router_name(router) + ":" + port.name, name, options.lane});
  plan.hosts.push_back({name,
                        name,
                        router_name(router),
                        port.name,
                        {edge4(1, router, 2).addr, edge6(1, router, 2).addr}});
}

void add_guest(unsigned router, const ShapeOptions& options, Plan& plan) {
  const std::string tap = options.tap_prefix + "h" + std::to_string(router + 1);
  config::Port& port = add_port(plan.routers[router].config, "tap:" + tap);
  port.addresses = {edge4(2, router, 1), edge6(2, router, 1)};
  plan.guests.push_back({"g" + std::to_string(router + 1),
                         router_name(router),
                         port.name,
                         tap,
                         {edge4(2, router, 2), edge6(2, router, 2)},
                         {edge4(2, router, 1).addr, edge6(2, router, 1).addr}});
}

// The routers at the edge: those with the fewest links, when some have fewer than others.
std::vector<unsigned> edge_routers(const std::vector<std::vector<Neighbour>>& links) {
  size_t least = SIZE_MAX;
  for (const auto& of_one : links) least = std::min(least, of_one.size());
  std::vector<unsigned> out;
  for (unsigned r = 0; r < links.size(); ++r)
    if (links[r].size() == least) out.push_back(r);
  return out;
}

void add_routes(const std::vector<std::vector<Neighbour>>& links,
                const std::vector<unsigned>& edges, const ShapeOptions& options, Plan& plan) {
  for (const unsigned target : edges) {
    const std::vector<unsigned> distance = distances(links, target);
    for (unsigned r = 0; r < links.size(); ++r) {
      if (r == target || distance[r] == UINT32_MAX) continue;
      const auto [via4, via6] = gateways(links[r], distance, r);
      for (const unsigned kind : {1u, 2u}) {
        if (kind == 1 ? !options.hosts : !options.guests) continue;
        add_route(plan.routers[r].config, edge4(kind, target, 0).prefix(), via4);
        add_route(plan.routers[r].config, edge6(kind, target, 0).prefix(), via6);
      }
    }
  }
}

// So that every router can be reached and its ICMP errors find their way back.
void add_link_routes(const Graph& graph, const std::vector<std::vector<Neighbour>>& links,
                     Plan& plan) {
  for (unsigned target = 0; target < graph.routers; ++target) {
    const std::vector<unsigned> distance = distances(links, target);
    for (size_t i = 0; i < graph.links.size(); ++i) {
      if (graph.links[i].first != target) continue;
      for (unsigned r = 0; r < graph.routers; ++r) {
        if (r == target || r == graph.links[i].second || distance[r] == UINT32_MAX) continue;
        const auto [via4, via6] = gateways(links[r], distance, r);
        add_route(plan.routers[r].config, link4(i, 0).prefix(), via4);
        add_route(plan.routers[r].config, link6(i, 0).prefix(), via6);
      }
    }
  }
}

}  // namespace

Result<Graph> make_graph(const std::string& shape, unsigned routers) {
  const unsigned least = shape == "ring" ? 3 : 2;
  if (routers < least || routers > kMaxRouters)
    return Error{ErrorCode::kInvalid,
                 "a " + shape + " of " + std::to_string(routers) + " routers can not be built",
                 "from " + std::to_string(least) + " to " + std::to_string(kMaxRouters)};
  Graph graph{routers, {}};
  if (shape == "ring" || shape == "line") {
    for (unsigned r = 0; r + 1 < routers; ++r) graph.links.emplace_back(r, r + 1);
    if (shape == "ring") graph.links.emplace_back(0, routers - 1);
  } else if (shape == "star") {
    for (unsigned r = 1; r < routers; ++r) graph.links.emplace_back(0, r);
  } else if (shape == "tree") {
    for (unsigned r = 1; r < routers; ++r) graph.links.emplace_back((r - 1) / 2, r);
  } else if (shape == "mesh") {
    for (unsigned a = 0; a < routers; ++a)
      for (unsigned b = a + 1; b < routers; ++b) graph.links.emplace_back(a, b);
  } else {
    return Error{ErrorCode::kInvalid, "there is no shape '" + shape + "'",
                 "ring, star, tree, line or mesh"};
  }
  if (graph.links.size() > kMaxLinks)
    return Error{ErrorCode::kInvalid,
                 "a " + shape + " of " + std::to_string(routers) + " routers needs " +
                     std::to_string(graph.links.size()) + " links",
                 "at most " + std::to_string(kMaxLinks)};
  return graph;
}

Plan build(const Graph& graph, const ShapeOptions& options) {
  Plan plan;
  for (unsigned r = 0; r < graph.routers; ++r) plan.routers.push_back({router_name(r), {}});
  const auto links = adjacency(graph);
  const std::vector<unsigned> edges = edge_routers(links);
  add_links(graph, options, plan);
  for (const unsigned router : edges) {
    if (options.hosts) add_host(router, options, plan);
    if (options.guests) add_guest(router, options, plan);
  }
  add_routes(links, edges, options, plan);
  add_link_routes(graph, links, plan);
  // Each host talks to the next one, so that every wire of a ring carries traffic both ways.
  for (size_t i = 0; i < plan.hosts.size() && plan.hosts.size() > 1; ++i)
    for (const Family family : {Family::kIp4, Family::kIp6})
      plan.flows.push_back(
          {plan.hosts[i].name, plan.hosts[(i + 1) % plan.hosts.size()].name, family});
  return plan;
}

}  // namespace spanway::lab
