// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/graph.h"

#include <algorithm>
#include <utility>

namespace spanway::ospf {

void Graph::set_edges(Vertex from, std::vector<Edge> edges) {
  std::ranges::sort(edges);
  Run& run = runs_[from];
  if (edges.size() > run.room) {
    left_behind_ += run.room;
    run.first = static_cast<uint32_t>(edges_.size());
    run.room = static_cast<uint32_t>(edges.size());
    edges_.resize(edges_.size() + run.room);
  }
  run.count = static_cast<uint32_t>(edges.size());
  std::ranges::copy(edges, edges_.begin() + run.first);
  if (left_behind_ > edges_.size() / 2) pack();
}

void Graph::pack() {
  std::vector<Edge> packed;
  packed.reserve(edges_.size() - left_behind_);
  for (Run& run : runs_) {
    const auto begin = edges_.begin() + run.first;
    run.first = static_cast<uint32_t>(packed.size());
    packed.insert(packed.end(), begin, begin + run.room);
  }
  edges_ = std::move(packed);
  left_behind_ = 0;
}

Graph GraphBuilder::build() {
  Graph all = sorted();
  Graph graph;
  graph.runs_.resize(all.size());
  graph.edges_.reserve(all.edges_.size());
  for (Vertex vertex = 0; vertex < all.size(); ++vertex) {
    Graph::Run& run = graph.runs_[vertex];
    run.first = static_cast<uint32_t>(graph.edges_.size());
    for (const Edge& edge : all.edges(vertex))
      if (std::ranges::binary_search(all.edges(edge.to), vertex, {}, &Edge::to))
        graph.edges_.push_back(edge);
    run.count = run.room = static_cast<uint32_t>(graph.edges_.size()) - run.first;
  }
  graph.kinds_ = std::move(all.kinds_);
  return graph;
}

// All links, by counting those of each vertex: a whole sort takes ten times as long as the search
// for the paths.
Graph GraphBuilder::sorted() {
  Graph graph;
  graph.kinds_ = std::exchange(kinds_, {});
  graph.runs_.resize(graph.size());
  for (const Link& link : links_) ++graph.runs_[link.from].count;
  uint32_t end = 0;
  for (Graph::Run& run : graph.runs_)
    run.first = end += run.count;  // its end, as long as it is empty
  graph.edges_.resize(links_.size());
  for (const Link& link : links_) graph.edges_[--graph.runs_[link.from].first] = link.edge;
  for (const Graph::Run& run : graph.runs_)
    std::sort(graph.edges_.begin() + run.first, graph.edges_.begin() + run.first + run.count);
  links_.clear();
  return graph;
}

}  // namespace spanway::ospf
