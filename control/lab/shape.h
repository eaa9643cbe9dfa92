// SPDX-License-Identifier: BSD-3-Clause
// Networks by shape: star, ring, tree, line, mesh. Any thread; no state.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "control/lab/plan.h"
#include "dataplane/base/result.h"

namespace spanway::lab {

// Links between routers, numbered from 0.
struct Graph {
  unsigned routers = 0;
  std::vector<std::pair<unsigned, unsigned>> links;
};

// "ring" of at least 3, "star" (router 0 in the middle), "tree" (binary), "line", "mesh" (full).
Result<Graph> make_graph(const std::string& shape, unsigned routers);

struct ShapeOptions {
  sim::LaneOptions lane;
  bool hosts = true;    // a simulated host at each router at the edge (with the fewest links)
  bool guests = false;  // a Linux host at the same routers; needs root
  std::string tap_prefix = "spw";  // TAPs are called <prefix>h1, <prefix>h2, ...
};

// Routers r1.., wires "r1-r2", subnets, and static routes of both families along all shortest
// paths.
//   links   10.255.0.0/16 and 2001:db8:ffff::/48, a /30 and a /64 each
//   hosts   10.1.N.0/24 and 2001:db8:1:N::/64 behind router N: the router is .1, the host .2
//   guests  10.2.N.0/24 and 2001:db8:2:N::/64, likewise
Plan build(const Graph& graph, const ShapeOptions& options);

}  // namespace spanway::lab
