// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/many_trees.h"

#include <oneapi/tbb/parallel_for.h>

namespace spanway::ospf {

std::vector<RootedTree> shortest_paths_from(const Graph& graph, std::span<const Vertex> roots,
                                            size_t max_hops, oneapi::tbb::task_arena& arena) {
  std::vector<RootedTree> trees;
  for (size_t place = 0; place < roots.size(); ++place) trees.push_back({HopSets(max_hops), {}});
  arena.execute([&] {
    oneapi::tbb::parallel_for(size_t{0}, roots.size(), [&](size_t place) {
      RootedTree& one = trees[place];
      one.tree = shortest_paths(graph, roots[place], one.sets);
    });
  });
  return trees;
}

}  // namespace spanway::ospf
