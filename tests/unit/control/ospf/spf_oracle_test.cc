// SPDX-License-Identifier: BSD-3-Clause
// The shortest paths against those of Boost.Graph.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "control/ospf/graph.h"
#include "dataplane/base/random.h"
#include "tests/unit/control/ospf/first_hops.h"

namespace spanway::ospf {
namespace {

// Random areas against Boost.Graph, which knows distances: a first hop is right when what it costs
// and what remains from there add up to the distance.
class Oracle {
  using Boost =
      boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property,
                            boost::property<boost::edge_weight_t, uint64_t>>;

 public:
  struct Link {
    Vertex from;
    Edge edge;
  };

  explicit Oracle(uint64_t seed) : random_(seed) {
    const size_t routers = 1 + random_.below(25), networks = random_.below(8);
    for (size_t i = 0; i < routers; ++i) add(kRouter);
    for (size_t i = 0; i < networks; ++i) add(kNetwork);
    const auto any_router = [&] { return static_cast<Vertex>(random_.below(routers)); };
    for (size_t i = random_.below(3 * routers); i != 0; --i) {
      const Vertex a = any_router(), b = any_router();
      if (a == b) continue;
      const auto cost = static_cast<uint32_t>(1 + random_.below(6));
      link(a, b, cost);
      if (random_.below(10) != 0) link(b, a, random_.below(2) == 0 ? cost : cost + 1);
    }
    for (size_t i = 0; i < networks; ++i)
      for (size_t k = 1 + random_.below(5); k != 0; --k) {
        const Vertex a = any_router(), lan = static_cast<Vertex>(routers + i);
        if (random_.below(15) != 0) link(a, lan, static_cast<uint32_t>(1 + random_.below(6)));
        if (random_.below(15) != 0) link(lan, a, 0);
      }
    for (const Link& one : links_) pairs_.insert({one.from, one.edge.to});
    std::erase_if(links_, [&](const Link& l) { return !pairs_.contains({l.edge.to, l.from}); });
  }
  Graph build() const {
    GraphBuilder copy = builder_;
    return copy.build();
  }
  size_t size() const { return kinds_.size(); }
  VertexKind kind(Vertex vertex) const { return kinds_[vertex]; }

  static constexpr uint64_t kFar = std::numeric_limits<uint64_t>::max();
  std::vector<uint64_t> distances(Vertex from) const {
    Boost graph(size());
    for (const Link& one : links_) boost::add_edge(one.from, one.edge.to, one.edge.cost, graph);
    std::vector<uint64_t> all(size(), kFar);
    boost::dijkstra_shortest_paths(graph, from, boost::distance_map(all.data()).distance_inf(kFar));
    return all;
  }
  // The right first hops from `root` to every vertex.
  std::vector<std::vector<FirstHop>> first_hops(Vertex root) const {
    const std::vector<uint64_t> best = distances(root);
    std::vector<std::vector<FirstHop>> right(size());
    const auto begins = [&](const FirstHop& hop, uint64_t cost, Vertex next) {
      const std::vector<uint64_t> rest = distances(next);
      for (Vertex to = 0; to < size(); ++to)
        if (to != root && rest[to] != kFar && cost + rest[to] == best[to]) right[to].push_back(hop);
    };
    for (const Link& first : links_) {
      if (first.from != root) continue;
      const Vertex next = first.edge.to;
      if (kind(next) == kRouter) {
        begins({first.edge.label, kNeighbour}, first.edge.cost, next);
        continue;
      }
      if (first.edge.cost == best[next]) right[next].push_back({first.edge.label, kAttached});
      for (const Link& second : links_)
        if (second.from == next && second.edge.to != root)
          begins({first.edge.label, second.edge.label}, first.edge.cost, second.edge.to);
    }
    for (auto& hops : right) std::ranges::sort(hops);
    return right;
  }

 private:
  void add(VertexKind kind) {
    builder_.add(kind);
    kinds_.push_back(kind);
    labels_.push_back(0);
  }
  void link(Vertex from, Vertex to, uint32_t cost) {
    const Edge edge{to, cost, labels_[from]++};
    builder_.link(from, to, cost, edge.label);
    links_.push_back({from, edge});
  }

  Random random_;
  GraphBuilder builder_;
  std::vector<VertexKind> kinds_;
  std::vector<uint32_t> labels_;
  std::vector<Link> links_;
  std::set<std::pair<Vertex, Vertex>> pairs_;
};

TEST(SpfOracle, AgreesWithBoostOnRandomAreas) {
  size_t several = 0;  // vertices with more than one first hop
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const Oracle oracle(seed);
    const Graph graph = oracle.build();
    HopSets sets(kMost);
    for (const Vertex root : {Vertex{0}, static_cast<Vertex>(seed % oracle.size())}) {
      if (oracle.kind(root) != kRouter) continue;
      const Tree tree = shortest_paths(graph, root, sets);
      const std::vector<uint64_t> best = oracle.distances(root);
      const auto right = oracle.first_hops(root);
      for (Vertex to = 0; to < oracle.size(); ++to) {
        const uint64_t far = best[to] == Oracle::kFar ? kUnreachable : best[to];
        ASSERT_EQ(tree.distances[to], far) << "seed " << seed << ", " << root << " to " << to;
        const auto hops = sets.hops(tree.hops[to]);
        ASSERT_EQ(std::vector<FirstHop>(hops.begin(), hops.end()), right[to])
            << "seed " << seed << ", " << root << " to " << to;
        several += hops.size() > 1;
      }
    }
  }
  EXPECT_GT(several, 500u);
}

}  // namespace
}  // namespace spanway::ospf
