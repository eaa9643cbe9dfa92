// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/area_graph.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace spanway::ospf {
namespace {

// The two highest IDs are no router's, as labels of these values have a meaning of their own.
bool may_be_label(RouterId id) { return id.value < FirstHop::kAttached; }

}  // namespace

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
    nodes_.push_back({key.id, lsa});
  }
  for (Vertex from = 0; from < nodes_.size(); ++from)
    each_link(from, [&](const Edge& edge) { builder.link(from, edge.to, edge.cost, edge.label); });
  graph_ = builder.build();
}

// As the LSA announces them, linked back or not.
template <class Visit>
void AreaGraph::each_link(Vertex from, Visit visit) const {
  const Lsa* lsa = nodes_[from].lsa;
  if (lsa == nullptr) return;
  if (const auto* network = std::get_if<NetworkLsa>(&lsa->body)) {
    for (const RouterId id : network->attached)
      if (const auto to = router(id); to && may_be_label(id)) visit(Edge{*to, 0, id.value});
    return;
  }
  const std::vector<RouterLink>& links = std::get<RouterLsa>(lsa->body).links;
  for (uint32_t place = 0; place < links.size(); ++place) {
    const RouterLink& link = links[place];
    if (link.type == LinkType::kPointToPoint) {
      if (const auto to = router(RouterId{link.id})) visit(Edge{*to, link.metric, place});
    } else if (link.type == LinkType::kTransit) {
      const auto [first, last] = networks_.equal_range(link.id);
      for (auto at = first; at != last; ++at) visit(Edge{at->second, link.metric, place});
    }
  }
}

// The question that each_link() answers for all.
bool AreaGraph::links_to(Vertex from, Vertex to) const {
  const Lsa* lsa = nodes_[from].lsa;
  if (lsa == nullptr) return false;
  const uint32_t id = nodes_[to].id.value;
  const bool to_router = graph_.kind(to) == VertexKind::kRouter;
  if (const auto* network = std::get_if<NetworkLsa>(&lsa->body))
    return to_router && may_be_label(RouterId{id}) &&
           std::ranges::find(network->attached, RouterId{id}) != network->attached.end();
  const LinkType type = to_router ? LinkType::kPointToPoint : LinkType::kTransit;
  return std::ranges::any_of(std::get<RouterLsa>(lsa->body).links, [&](const RouterLink& link) {
    return link.type == type && link.id == id;
  });
}

void AreaGraph::replace(Vertex vertex, const Lsa* lsa) {
  nodes_[vertex].lsa = lsa;
  std::vector<Edge> edges;
  each_link(vertex, [&](const Edge& edge) { edges.push_back(edge); });
  std::ranges::sort(edges);
  std::optional<Vertex> asked;  // a neighbour is asked once, however many links lead to it
  bool answer = false;
  std::erase_if(edges, [&](const Edge& edge) {
    if (std::exchange(asked, edge.to) != edge.to) answer = links_to(edge.to, vertex);
    return !answer;
  });
  const auto leads = [](std::span<const Edge> all, Vertex to) {
    return std::ranges::binary_search(all, to, {}, &Edge::to);
  };
  // set_edges() below ends the span, so that of before is copied.
  const auto span = graph_.edges(vertex);
  const std::vector<Edge> before(span.begin(), span.end());
  for (const Edge& edge : before)
    if (!leads(edges, edge.to)) remove_way_back(edge.to, vertex);
  Vertex last = vertex;  // parallel links need one way back
  for (const Edge& edge : edges)
    if (edge.to != last && !leads(before, edge.to)) add_way_back(last = edge.to, vertex);
  graph_.set_edges(vertex, std::move(edges));
}

void AreaGraph::add_way_back(Vertex from, Vertex to) {
  const auto span = graph_.edges(from);
  std::vector<Edge> edges(span.begin(), span.end());
  each_link(from, [&](const Edge& edge) {
    if (edge.to == to) edges.push_back(edge);
  });
  graph_.set_edges(from, std::move(edges));
}

void AreaGraph::remove_way_back(Vertex from, Vertex to) {
  const auto span = graph_.edges(from);
  std::vector<Edge> edges;
  std::ranges::copy_if(span, std::back_inserter(edges),
                       [to](const Edge& edge) { return edge.to != to; });
  graph_.set_edges(from, std::move(edges));
}

std::optional<Vertex> AreaGraph::router(RouterId id) const {
  const auto at = routers_.find(id.value);
  if (at == routers_.end()) return std::nullopt;
  return at->second;
}

std::optional<Ip4Addr> AreaGraph::gateway(Vertex root, const FirstHop& hop) const {
  const auto next = router(RouterId{hop.gateway});
  if (!may_be_label(RouterId{hop.gateway}) || !next || lsa(*next) == nullptr) return std::nullopt;
  const uint32_t network = std::get<RouterLsa>(lsa(root)->body).links[hop.link].id;
  const std::vector<RouterLink>& links = std::get<RouterLsa>(lsa(*next)->body).links;
  const auto there = std::ranges::find_if(links, [network](const RouterLink& link) {
    return link.type == LinkType::kTransit && link.id == network;
  });
  if (there == links.end()) return std::nullopt;
  return Ip4Addr(there->data);
}

}  // namespace spanway::ospf
