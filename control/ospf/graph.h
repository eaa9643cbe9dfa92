// SPDX-License-Identifier: BSD-3-Clause
// An area as the shortest-path calculation sees it (RFC 2328 16.1): routers and transit networks as
// vertices, their links as edges, in compact arrays. What the vertices are called and what a link's
// addresses are stays with whoever builds it.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spanway::ospf {

using Vertex = uint32_t;  // 0 up to the number of vertices

enum class VertexKind : uint8_t { kRouter, kNetwork };

struct Edge {
  Vertex to;
  uint32_t cost;
  uint32_t label;  // the builder's own: which link of an LSA this is
  auto operator<=>(const Edge&) const = default;
};

// Between two changes any number of threads may read it.
class Graph {
 public:
  [[nodiscard]] size_t size() const noexcept { return kinds_.size(); }
  [[nodiscard]] VertexKind kind(Vertex vertex) const noexcept { return kinds_[vertex]; }
  // By vertex at their other end, then by cost and label.
  [[nodiscard]] std::span<const Edge> edges(Vertex from) const noexcept {
    return std::span(edges_).subspan(runs_[from].first, runs_[from].count);
  }
  // In any order. That each is linked back is the caller's affair. Ends what edges() returned.
  void set_edges(Vertex from, std::vector<Edge> edges);

 private:
  friend class GraphBuilder;
  // Of edges_: a vertex's own ones, and how many fit there.
  struct Run {
    uint32_t first = 0, count = 0, room = 0;
  };
  void pack();

  std::vector<VertexKind> kinds_;
  std::vector<Run> runs_;  // by vertex
  std::vector<Edge> edges_;
  size_t left_behind_ = 0;  // places of edges_ that no run has any more
};

class GraphBuilder {
 public:
  Vertex add(VertexKind kind) {
    kinds_.push_back(kind);
    return static_cast<Vertex>(kinds_.size() - 1);
  }
  // One direction of a link, as one of its ends announces it. A network's links cost 0.
  void link(Vertex from, Vertex to, uint32_t cost, uint32_t label) {
    links_.push_back({from, {to, cost, label}});
  }
  // A link whose other end does not link back is left out (16.1, step 2 b). Leaves the builder
  // empty.
  Graph build();

 private:
  struct Link {
    Vertex from;
    Edge edge;
  };
  Graph sorted();

  std::vector<VertexKind> kinds_;
  std::vector<Link> links_;
};

}  // namespace spanway::ospf
