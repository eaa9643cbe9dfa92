// SPDX-License-Identifier: BSD-3-Clause
// What the routers of a shape are told of ways: static routes along all shortest paths, or OSPF.
// Any thread; no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "control/lab/plan.h"
#include "control/lab/shape.h"

namespace spanway::lab {

struct GraphNeighbour {
  unsigned router;
  size_t link;
  unsigned far_end;  // 0 or 1: the end of the link that the neighbour holds
};
// By router.
using Adjacency = std::vector<std::vector<GraphNeighbour>>;
Adjacency adjacency(const Graph& graph);

// Routes to the edge subnets of `edges` and to all links; `plan` has the routers and their ports.
void add_static_routes(const Graph& graph, const std::vector<unsigned>& edges,
                       const ShapeOptions& options, Plan& plan);
// Every port but those at the edge speaks, point to point: Hello every second, dead after four.
void add_ospf(const ShapeOptions& options, Plan& plan);

// Both ends of the wire announce this cost. kNotFound when no port there speaks OSPF.
Status set_cost(Plan& plan, const std::string& wire, uint16_t cost);

}  // namespace spanway::lab
