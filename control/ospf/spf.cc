// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/spf.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace spanway::ospf {
namespace {

// A vertex that waits with the distance it had then: one with a shorter one by now is passed over.
// Ordered by distance, networks first, then by vertex.
class Waiting {
 public:
  Waiting(uint32_t distance, VertexKind kind, Vertex vertex) noexcept
      : key_(uint64_t{distance} << 32 | (kind == VertexKind::kRouter ? kRouterBit : 0) | vertex) {}
  [[nodiscard]] uint32_t distance() const noexcept { return static_cast<uint32_t>(key_ >> 32); }
  [[nodiscard]] Vertex vertex() const noexcept {
    return static_cast<Vertex>(key_ & (kRouterBit - 1));
  }
  auto operator<=>(const Waiting&) const = default;

 private:
  static constexpr uint64_t kRouterBit = uint64_t{1} << 31;
  uint64_t key_;
};

class Search {
 public:
  Search(const Graph& graph, Vertex root, HopSets& sets) : graph_(graph), root_(root), sets_(sets) {
    tree_.distances.assign(graph.size(), kUnreachable);
    tree_.hops.assign(graph.size(), kNoHops);
  }

  Tree run() {
    tree_.distances[root_] = 0;
    wait(0, root_);
    while (!heap_.empty()) {
      const Waiting next = take();
      if (next.distance() == tree_.distances[next.vertex()]) settle(next.vertex());
    }
    return std::move(tree_);
  }

 private:
  void settle(Vertex vertex) {
    const uint32_t distance = tree_.distances[vertex];
    for (const Edge& edge : graph_.edges(vertex)) {
      if (edge.to == root_ || edge.cost >= kUnreachable - distance) continue;
      const uint32_t reached = distance + edge.cost;
      uint32_t& best = tree_.distances[edge.to];
      if (reached > best) continue;
      const HopSet hops = hops_by(vertex, edge);
      if (reached == best) {
        const HopSet before =
            std::exchange(tree_.hops[edge.to], sets_.join(tree_.hops[edge.to], hops));
        // By a link of cost 0, which no router should announce, it may have been settled already.
        if (edge.cost == 0 && tree_.hops[edge.to] != before) wait(reached, edge.to);
        continue;
      }
      best = reached;
      tree_.hops[edge.to] = hops;
      wait(reached, edge.to);
    }
  }
  // 16.1.1.
  HopSet hops_by(Vertex from, const Edge& edge) {
    if (from == root_) {
      const bool network = graph_.kind(edge.to) == VertexKind::kNetwork;
      return sets_.of({edge.label, network ? FirstHop::kAttached : FirstHop::kNeighbour});
    }
    if (graph_.kind(from) == VertexKind::kNetwork)
      return sets_.through(tree_.hops[from], edge.label);
    return tree_.hops[from];
  }
  void wait(uint32_t distance, Vertex vertex) {
    heap_.emplace_back(distance, graph_.kind(vertex), vertex);
    std::ranges::push_heap(heap_, std::greater());
  }
  Waiting take() {
    std::ranges::pop_heap(heap_, std::greater());
    const Waiting next = heap_.back();
    heap_.pop_back();
    return next;
  }

  const Graph& graph_;
  const Vertex root_;
  HopSets& sets_;
  Tree tree_;
  std::vector<Waiting> heap_;
};

}  // namespace

Tree shortest_paths(const Graph& graph, Vertex root, HopSets& sets) {
  return Search(graph, root, sets).run();
}

}  // namespace spanway::ospf
