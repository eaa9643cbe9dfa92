// SPDX-License-Identifier: BSD-3-Clause
// Trees of shortest paths from several routers of one graph, side by side on the cores of an arena:
// what each neighbour would do is the ground for loop-free alternates (RFC 5286 section 3.1), and
// no tree waits for another. Any thread; the graph is only read.
#pragma once

#include <oneapi/tbb/task_arena.h>

#include <cstddef>
#include <span>
#include <vector>

#include "control/ospf/graph.h"
#include "control/ospf/hop_sets.h"
#include "control/ospf/spf.h"

namespace spanway::ospf {

// Hops are numbers of a tree's own sets, so that nothing is shared while they grow.
struct RootedTree {
  HopSets sets;
  Tree tree;
};

// In the order of `roots`. max_hops: equal paths kept, see HopSets. Returns when all are there.
std::vector<RootedTree> shortest_paths_from(const Graph& graph, std::span<const Vertex> roots,
                                            size_t max_hops, oneapi::tbb::task_arena& arena);

}  // namespace spanway::ospf
