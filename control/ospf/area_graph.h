// SPDX-License-Identifier: BSD-3-Clause
// What an area's router- and network-LSAs say of its shape (RFC 2328 16.1): the graph for the
// shortest paths, and the way back from its vertices and first hops to the LSAs.
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
  // Those that have not reached MaxAge; they outlive this object. Others than router- and
  // network-LSAs are passed over, as are router-LSAs whose ID is not their router's.
  explicit AreaGraph(std::span<const Lsa* const> lsas);

  [[nodiscard]] const Graph& graph() const noexcept { return graph_; }
  [[nodiscard]] const Lsa& lsa(Vertex vertex) const noexcept { return *lsas_[vertex]; }
  // nullopt: it has no router-LSA.
  [[nodiscard]] std::optional<Vertex> router(RouterId id) const;

  // Labels: of a router's edge the place of the link in its LSA, of a network's edge the vertex
  // that it leads to. So a first hop from `root` names one of the root's links, and beyond a
  // network this address: what the next router calls its own there (16.1.1), true or not.
  [[nodiscard]] std::optional<Ip4Addr> gateway(Vertex root, const FirstHop& hop) const;

 private:
  void add_links(GraphBuilder& builder, Vertex from) const;

  Graph graph_;
  std::vector<const Lsa*> lsas_;  // by vertex
  std::unordered_map<uint32_t, Vertex> routers_;
  std::unordered_multimap<uint32_t, Vertex> networks_;  // by the DR's address, which two may claim
};

}  // namespace spanway::ospf
