// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/many_trees.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "dataplane/base/random.h"

namespace spanway::ospf {
namespace {

Graph random_graph(Random& random, size_t routers) {
  GraphBuilder builder;
  for (size_t i = 0; i < routers; ++i) builder.add(VertexKind::kRouter);
  for (uint32_t link = 0; link < 3 * routers; ++link) {
    const auto a = static_cast<Vertex>(random.below(routers)),
               b = static_cast<Vertex>(random.below(routers));
    const auto cost = static_cast<uint32_t>(1 + random.below(5));
    builder.link(a, b, cost, link);
    builder.link(b, a, cost, link);
  }
  return builder.build();
}

TEST(ManyTrees, AreThoseThatGrowAlone) {
  Random random(5);
  const Graph graph = random_graph(random, 200);
  std::vector<Vertex> roots(graph.size());
  std::iota(roots.begin(), roots.end(), 0);
  oneapi::tbb::task_arena arena(2);
  const auto together = shortest_paths_from(graph, roots, 8, arena);
  ASSERT_EQ(together.size(), roots.size());
  for (const Vertex root : roots) {
    HopSets sets(8);
    const Tree alone = shortest_paths(graph, root, sets);
    ASSERT_EQ(together[root].tree.distances, alone.distances);
    for (Vertex to = 0; to < graph.size(); ++to) {
      const auto a = together[root].sets.hops(together[root].tree.hops[to]);
      const auto b = sets.hops(alone.hops[to]);
      ASSERT_TRUE(std::ranges::equal(a, b)) << "from " << root << " to " << to;
    }
  }
}

}  // namespace
}  // namespace spanway::ospf
