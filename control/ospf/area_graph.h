// SPDX-License-Identifier: BSD-3-Clause
// What an area's router- and network-LSAs say of its shape (RFC 2328 16.1): the graph for the
// shortest paths, and the way back from its vertices and first hops to the LSAs. One thread.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "control/ospf/graph.h"
#include "control/ospf/hop_sets.h"
#include "control/ospf/lsa.h"
#include "dataplane/base/ip_addr.h"

namespace spanway::ospf {

class AreaGraph {
 public:
  AreaGraph() = default;
  // Those that have not reached MaxAge; they outlive this object or their replace(). Vertices are
  // numbered in their order. Others than router- and network-LSAs are passed over, as are
  // router-LSAs whose ID is not their router's.
  explicit AreaGraph(std::span<const Lsa* const> lsas);

  // Another instance of the vertex's LSA, or nullptr: there is none any more, and nothing leads
  // there until there is one again. Touches the edges of the vertex and of those that it gains or
  // loses, no others.
  void replace(Vertex vertex, const Lsa* lsa);

  [[nodiscard]] const Graph& graph() const noexcept { return graph_; }
  [[nodiscard]] const Lsa* lsa(Vertex vertex) const noexcept { return nodes_[vertex].lsa; }
  // nullopt: the area was built without a router-LSA of this router.
  [[nodiscard]] std::optional<Vertex> router(RouterId id) const;

  // Labels: of a router's edge the place of the link in its LSA, of a network's edge the ID of the
  // router that it leads to; they do not depend on the order in which LSAs came. So a first hop
  // from `root` names one of the root's links, and beyond a network this address: what the next
  // router calls its own there (16.1.1), true or not.
  [[nodiscard]] std::optional<Ip4Addr> gateway(Vertex root, const FirstHop& hop) const;

 private:
  struct Node {
    LinkStateId id;  // of its LSA, present or not; a router's own ID
    const Lsa* lsa;
  };
  template <class Visit>
  void each_link(Vertex from, Visit visit) const;
  [[nodiscard]] bool links_to(Vertex from, Vertex to) const;
  void add_way_back(Vertex from, Vertex to);
  void remove_way_back(Vertex from, Vertex to);

  Graph graph_;
  std::vector<Node> nodes_;  // by vertex
  std::unordered_map<uint32_t, Vertex> routers_;
  std::unordered_multimap<uint32_t, Vertex> networks_;  // by the DR's address, which two may claim
};

}  // namespace spanway::ospf
