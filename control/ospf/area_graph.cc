// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/area_graph.h"

#include <algorithm>
#include <variant>

namespace spanway::ospf {

AreaGraph::AreaGraph(std::span<const Lsa* const> lsas) {
  GraphBuilder builder;
  for (const Lsa* lsa : lsas) {
    const LsaKey& key = lsa->header.key;
    if (std::holds_alternative<RouterLsa>(lsa->body) && key.id.value == key.router.value)
      routers_[key.router.value] = builder.add(VertexKind::kRouter);
    else if (std::holds_alternative<NetworkLsa>(lsa->body))
      networks_.emplace(key.id.value, builder.add(VertexKind::kNetwork));
    else
      continue;
    lsas_.push_back(lsa);
  }
  for (Vertex vertex = 0; vertex < lsas_.size(); ++vertex) add_links(builder, vertex);
  graph_ = builder.build();
}

void AreaGraph::add_links(GraphBuilder& builder, Vertex from) const {
  if (const auto* network = std::get_if<NetworkLsa>(&lsas_[from]->body)) {
    for (const RouterId id : network->attached)
      if (const auto to = router(id)) builder.link(from, *to, 0, *to);
    return;
  }
  const std::vector<RouterLink>& links = std::get<RouterLsa>(lsas_[from]->body).links;
  for (uint32_t place = 0; place < links.size(); ++place) {
    const RouterLink& link = links[place];
    if (link.type == LinkType::kPointToPoint) {
      if (const auto to = router(RouterId{link.id})) builder.link(from, *to, link.metric, place);
    } else if (link.type == LinkType::kTransit) {
      const auto [first, last] = networks_.equal_range(link.id);
      for (auto at = first; at != last; ++at) builder.link(from, at->second, link.metric, place);
    }
  }
}

std::optional<Vertex> AreaGraph::router(RouterId id) const {
  const auto at = routers_.find(id.value);
  if (at == routers_.end()) return std::nullopt;
  return at->second;
}

std::optional<Ip4Addr> AreaGraph::gateway(Vertex root, const FirstHop& hop) const {
  if (hop.gateway >= lsas_.size()) return std::nullopt;  // there is none, or the neighbour knows
  const uint32_t network = std::get<RouterLsa>(lsas_[root]->body).links[hop.link].id;
  const std::vector<RouterLink>& links = std::get<RouterLsa>(lsas_[hop.gateway]->body).links;
  const auto there = std::ranges::find_if(links, [network](const RouterLink& link) {
    return link.type == LinkType::kTransit && link.id == network;
  });
  if (there == links.end()) return std::nullopt;
  return Ip4Addr(there->data);
}

}  // namespace spanway::ospf
