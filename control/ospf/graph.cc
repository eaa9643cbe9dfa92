// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/graph.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace spanway::ospf {

Graph GraphBuilder::build() {
  Graph all = sorted();
  Graph graph;
  graph.first_.reserve(all.first_.size());
  graph.edges_.reserve(all.edges_.size());
  for (Vertex vertex = 0; vertex < all.size(); ++vertex) {
    graph.first_.push_back(static_cast<uint32_t>(graph.edges_.size()));
    for (const Edge& edge : all.edges(vertex))
      if (std::ranges::binary_search(all.edges(edge.to), vertex, {}, &Edge::to))
        graph.edges_.push_back(edge);
  }
  graph.first_.push_back(static_cast<uint32_t>(graph.edges_.size()));
  graph.kinds_ = std::move(all.kinds_);
  return graph;
}

// All links, by counting those of each vertex: a whole sort takes ten times as long as the search
// for the paths.
Graph GraphBuilder::sorted() {
  Graph graph;
  graph.kinds_ = std::exchange(kinds_, {});
  graph.first_.assign(graph.size() + 1, 0);
  for (const Link& link : links_) ++graph.first_[link.from];
  uint32_t end = 0;  // of the vertex's edges, as long as there are none
  for (uint32_t& first : graph.first_) first = end += first;
  graph.edges_.resize(links_.size());
  for (const Link& link : links_) graph.edges_[--graph.first_[link.from]] = link.edge;
  for (Vertex vertex = 0; vertex < graph.size(); ++vertex)
    std::sort(graph.edges_.begin() + graph.first_[vertex],
              graph.edges_.begin() + graph.first_[vertex + 1], [](const Edge& a, const Edge& b) {
                return std::tie(a.to, a.cost, a.label) < std::tie(b.to, b.cost, b.label);
              });
  links_.clear();
  return graph;
}

}  // namespace spanway::ospf
