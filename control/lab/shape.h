// SPDX-License-Identifier: BSD-3-Clause
// Networks by shape: star, ring, tree, line, mesh, grid. Any thread; no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/lab/plan.h"
#include "dataplane/base/result.h"

namespace spanway::lab {

// Links between routers, numbered from 0.
struct Graph {
  struct Node {
    std::string label;
    std::optional<std::pair<double, double>> place;  // x to the right, y upwards
  };
  unsigned routers = 0;
  std::vector<std::pair<unsigned, unsigned>> links;
  std::vector<Node> nodes;  // by router, for pictures; may be empty
};

inline constexpr unsigned kMaxRouters = 2000;  // of any graph; of a shape by name kMaxShape
inline constexpr unsigned kMaxShape = 200;

// "ring" of at least 3, "star" (router 0 in the middle), "tree" (binary), "line", "mesh" (full),
// "grid" (nearest to a square).
Result<Graph> make_graph(const std::string& shape, unsigned routers);

struct ShapeOptions {
  sim::LaneOptions lane;
  bool hosts = true;    // a simulated host at each router at the edge (with the fewest links)
  bool guests = false;  // a Linux host at the same routers; needs root
  size_t most_hosts = SIZE_MAX;  // and guests; more routers at the edge have none
  bool ip6 = true;
  Routing routing = Routing::kStatic;
  uint16_t cost = 10;              // of every port, under OSPF
  std::string tap_prefix = "spw";  // TAPs are called <prefix>h1, <prefix>h2, ...
};

// Routers r1.., wires "r1-r2", subnets, and static routes of both families along all shortest
// paths, or OSPF for IPv4. More than 200 routers have no IPv6.
//   links   10.255.0.0/16 and 2001:db8:ffff::/48, a /30 and a /64 each
//   hosts   10.1.N.0/24 and 2001:db8:1:N::/64 behind router N: the router is .1, the host .2
//   guests  10.2.N.0/24 and 2001:db8:2:N::/64, likewise; from router 256 on see addresses.h
//   OSPF    router ID 10.254.0.N
Plan build(const Graph& graph, const ShapeOptions& options);

}  // namespace spanway::lab
