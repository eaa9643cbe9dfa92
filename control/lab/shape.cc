// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/shape.h"

#include <algorithm>

#include "control/lab/addresses.h"
#include "control/lab/routing.h"

namespace spanway::lab {
namespace {

constexpr size_t kMaxLinks = 16384;  // /30 subnets of 10.255.0.0/16
// Above this many routers a wire holds less and IPv6 stays away: a lab of 1,000 has to fit into
// the memory of a laptop.
constexpr unsigned kManyRouters = 200;
constexpr uint32_t kShortFlight = 512;
// Under OSPF routes come back within milliseconds; senders shall notice.
constexpr Nanos kOspfWriteOff = millis(50);

std::string router_name(unsigned r) { return "r" + std::to_string(r + 1); }
std::string port_name(size_t index) { return "p" + std::to_string(index); }

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
      port.addresses = {link4(i, end)};
      if (options.ip6) port.addresses.push_back(link6(i, end));
      shown[end] = router_name(ends[end]) + ":" + port.name;
    }
    plan.wires.push_back({name, shown[0], shown[1], options.lane});
  }
}

// The address of one side of an edge subnet, in both families or one.
std::vector<IpWithLength> edge(Edge kind, unsigned router, unsigned host, bool ip6) {
  std::vector<IpWithLength> out = {edge4(kind, router, host)};
  if (ip6) out.push_back(edge6(kind, router, host));
  return out;
}

std::vector<IpAddr> bare(const std::vector<IpWithLength>& addresses) {
  std::vector<IpAddr> out;
  for (const IpWithLength& one : addresses) out.push_back(one.addr);
  return out;
}

void add_host(unsigned router, const ShapeOptions& options, Plan& plan) {
  const std::string name = "h" + std::to_string(router + 1);
  config::Port& port = add_port(plan.routers[router].config, "sim:" + name + ".a");
  port.addresses = edge(Edge::kHost, router, 1, options.ip6);
  plan.wires.push_back({name, router_name(router) + ":" + port.name, name, options.lane});
  plan.hosts.push_back({name, name, router_name(router), port.name,
                        bare(edge(Edge::kHost, router, 2, options.ip6))});
}

void add_guest(unsigned router, const ShapeOptions& options, Plan& plan) {
  const std::string tap = options.tap_prefix + "h" + std::to_string(router + 1);
  config::Port& port = add_port(plan.routers[router].config, "tap:" + tap);
  port.addresses = edge(Edge::kGuest, router, 1, options.ip6);
  plan.guests.push_back({"g" + std::to_string(router + 1), router_name(router), port.name, tap,
                         edge(Edge::kGuest, router, 2, options.ip6),
                         bare(edge(Edge::kGuest, router, 1, options.ip6))});
}

// The routers at the edge: those with the fewest links, and where that is a single one those with
// one link more, and so on, since it takes two to talk. Where there are too many, some of them,
// evenly spread. Without any link a router is no edge.
std::vector<unsigned> edge_routers(const Adjacency& links, size_t most) {
  size_t largest = 0;
  for (const auto& of_one : links) largest = std::max(largest, of_one.size());
  std::vector<unsigned> all, out;
  for (size_t bound = 1; bound <= largest && all.size() < 2; ++bound) {
    all.clear();
    for (unsigned r = 0; r < links.size(); ++r)
      if (!links[r].empty() && links[r].size() <= bound) all.push_back(r);
  }
  const size_t count = std::min(most, all.size());
  for (size_t i = 0; i < count; ++i) out.push_back(all[i * all.size() / count]);
  return out;
}

// By router: the lowest router that it can reach.
std::vector<unsigned> components(const Adjacency& links) {
  std::vector<unsigned> out(links.size(), UINT32_MAX);
  for (unsigned first = 0; first < links.size(); ++first) {
    if (out[first] != UINT32_MAX) continue;
    std::vector<unsigned> open = {first};
    out[first] = first;
    while (!open.empty()) {
      const unsigned r = open.back();
      open.pop_back();
      for (const GraphNeighbour& next : links[r])
        if (out[next.router] == UINT32_MAX) {
          out[next.router] = first;
          open.push_back(next.router);
        }
    }
  }
  return out;
}

// Each host talks to the next one that it can reach, so that every wire of a ring carries traffic
// both ways. OSPFv2 brings routes of IPv4 only, so that under OSPF only these are put to the test.
void add_flows(const Adjacency& links, const std::vector<unsigned>& edges,
               const ShapeOptions& options, Plan& plan) {
  const std::vector<unsigned> component = components(links);
  for (size_t i = 0; i < plan.hosts.size(); ++i) {
    size_t next = (i + 1) % plan.hosts.size();
    while (component[edges[next]] != component[edges[i]]) next = (next + 1) % plan.hosts.size();
    if (next == i) continue;
    for (const Family family : {Family::kIp4, Family::kIp6})
      if (family == Family::kIp4 || (options.ip6 && options.routing == Routing::kStatic))
        plan.flows.push_back({plan.hosts[i].name, plan.hosts[next].name, family});
  }
}

// As near to a square as the number of routers lets it be, row by row.
Graph grid_of(unsigned routers) {
  unsigned rows = 1;
  for (unsigned r = 1; r * r <= routers; ++r)
    if (routers % r == 0) rows = r;
  const unsigned columns = routers / rows;
  Graph graph{routers, {}, {}};
  for (unsigned r = 0; r < routers; ++r) {
    if (r % columns + 1 < columns) graph.links.emplace_back(r, r + 1);
    if (r + columns < routers) graph.links.emplace_back(r, r + columns);
    graph.nodes.push_back({"", std::pair(double(r % columns), -double(r / columns))});
  }
  return graph;
}

}  // namespace

Result<Graph> make_graph(const std::string& shape, unsigned routers) {
  const unsigned least = shape == "ring" ? 3 : 2;
  if (routers < least || routers > kMaxShape)
    return Error{ErrorCode::kInvalid,
                 "a " + shape + " of " + std::to_string(routers) + " routers can not be built",
                 "from " + std::to_string(least) + " to " + std::to_string(kMaxShape)};
  Graph graph{routers, {}, {}};
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
  } else if (shape == "grid") {
    graph = grid_of(routers);
  } else {
    return Error{ErrorCode::kInvalid, "there is no shape '" + shape + "'",
                 "ring, star, tree, line, mesh or grid"};
  }
  if (graph.links.size() > kMaxLinks)
    return Error{ErrorCode::kInvalid,
                 "a " + shape + " of " + std::to_string(routers) + " routers needs " +
                     std::to_string(graph.links.size()) + " links",
                 "at most " + std::to_string(kMaxLinks)};
  return graph;
}

Plan build(const Graph& graph, const ShapeOptions& given) {
  ShapeOptions options = given;
  if (graph.routers > kManyRouters) {
    options.ip6 = false;
    options.lane.queues = 1;
    options.lane.flight = kShortFlight;
  }
  Plan plan;
  for (unsigned r = 0; r < graph.routers; ++r) {
    RouterPlan router{router_name(r), {}, {}, {}};
    if (r < graph.nodes.size()) {
      router.label = graph.nodes[r].label;
      router.place = graph.nodes[r].place;
    }
    plan.routers.push_back(std::move(router));
  }
  const Adjacency links = adjacency(graph);
  const std::vector<unsigned> edges = edge_routers(links, options.most_hosts);
  add_links(graph, options, plan);
  for (const unsigned router : edges) {
    if (options.hosts) add_host(router, options, plan);
    if (options.guests) add_guest(router, options, plan);
  }
  add_static_routes(graph, edges, options, plan);
  if (options.routing == Routing::kOspf) {
    add_ospf(options, plan);
    plan.write_off = kOspfWriteOff;
  }
  add_flows(links, edges, options, plan);
  return plan;
}

}  // namespace spanway::lab
