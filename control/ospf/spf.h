// SPDX-License-Identifier: BSD-3-Clause
// The tree of shortest paths from one router (RFC 2328 16.1, first stage), a function of the graph
// alone. What prefixes the vertices carry is a stage of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "control/ospf/graph.h"
#include "control/ospf/hop_sets.h"

namespace spanway::ospf {

inline constexpr uint32_t kUnreachable = ~uint32_t{0};

struct Tree {
  std::vector<uint32_t> distances;  // by vertex; kUnreachable where no path leads
  std::vector<HopSet> hops;         // by vertex; the root's is empty
};

// All paths of equal cost count, also those by parallel links; `sets` receives their first hops. At
// equal distance networks are settled before routers, as the RFC demands, since from a network the
// next router costs nothing. A path longer than 2^32 - 2 does not lead anywhere. O((V + E) log V).
Tree shortest_paths(const Graph& graph, Vertex root, HopSets& sets);

}  // namespace spanway::ospf
