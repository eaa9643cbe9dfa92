// SPDX-License-Identifier: BSD-3-Clause
// The routes against those that follow from Boost.Graph's distances, by the words of RFC 2328
// sections 16.1 and 16.4, without regard to speed.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <limits>
#include <set>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "tests/unit/control/ospf/random_area.h"

namespace spanway::ospf {
namespace {

constexpr uint64_t kFar = std::numeric_limits<uint64_t>::max();
constexpr size_t kMost = 64;  // more hops than these areas have

class Oracle {
  using Boost =
      boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property,
                            boost::property<boost::edge_weight_t, uint64_t>>;
  using Hops = std::set<NextHop>;
  struct Edge {
    size_t from, to;
    uint64_t cost;
    size_t place;  // in the router-LSA
  };
  struct Found {
    uint64_t distance = kFar;
    Hops hops;
  };

 public:
  Oracle(const RandomArea::Database& database, const Root& root)
      : database_(database), known_(root) {
    for (const auto& [key, lsa] : database)
      if (key.type != LsaType::kExternal) lsas_.push_back(lsa.get());
    const auto at =
        std::ranges::find(lsas_, router_key(1), [](const Lsa* l) { return l->header.key; });
    if (at == lsas_.end()) return;
    root_ = static_cast<size_t>(at - lsas_.begin());
    for (size_t from = 0; from < lsas_.size(); ++from)
      for (size_t to = 0; to < lsas_.size(); ++to) join(from, to);
    find_vertices();
    inside();
    outside();
  }
  Routes routes() const {
    Routes all;
    for (const auto& [p, route] : routes_) all.emplace(p, route.first);
    return all;
  }

 private:
  // The links that `from` says it has to `to`.
  std::vector<std::pair<uint64_t, size_t>> said(size_t from, size_t to) const {
    std::vector<std::pair<uint64_t, size_t>> all;
    const LsaKey& key = lsas_[to]->header.key;
    const bool to_router = key.type == LsaType::kRouter;
    if (const auto* network = std::get_if<NetworkLsa>(&lsas_[from]->body)) {
      for (const RouterId id : network->attached)
        if (to_router && id == key.router) all.emplace_back(0, 0);
      return all;
    }
    const auto& links = std::get<RouterLsa>(lsas_[from]->body).links;
    for (size_t place = 0; place < links.size(); ++place)
      if (links[place].type == (to_router ? LinkType::kPointToPoint : LinkType::kTransit) &&
          links[place].id == key.id.value)
        all.emplace_back(links[place].metric, place);
    return all;
  }
  void join(size_t from, size_t to) {
    if (said(to, from).empty()) return;
    for (const auto& [cost, place] : said(from, to)) edges_.push_back({from, to, cost, place});
  }

  // From `from`, on paths that do not come back to this router.
  std::vector<uint64_t> distances(size_t from) const {
    Boost graph(lsas_.size());
    for (const Edge& edge : edges_)
      if (edge.to != root_) boost::add_edge(edge.from, edge.to, edge.cost, graph);
    std::vector<uint64_t> all(lsas_.size(), kFar);
    boost::dijkstra_shortest_paths(graph, from, boost::distance_map(all.data()).distance_inf(kFar));
    return all;
  }
  // A first hop is right when what it costs and what remains from there add up.
  void find_vertices() {
    const std::vector<uint64_t> best = distances(root_);
    found_.resize(lsas_.size());
    const auto begin = [&](uint64_t cost, size_t next, const Hops& hops) {
      const std::vector<uint64_t> rest = distances(next);
      for (size_t to = 0; to < lsas_.size(); ++to)
        if (rest[to] != kFar && cost + rest[to] == best[to])
          found_[to].hops.insert(hops.begin(), hops.end());
    };
    for (const Edge& edge : edges_) {
      if (edge.from != root_ || edge.to == root_) continue;
      const RootLink link =
          edge.place < known_.links.size() ? known_.links[edge.place] : RootLink();
      const auto hop = [&](Ip4Addr gateway) {
        return link.interface == kNoInterface ? Hops() : Hops{{link.interface, gateway}};
      };
      if (lsas_[edge.to]->header.key.type == LsaType::kRouter) {
        if (!link.neighbour.is_zero()) begin(edge.cost, edge.to, hop(link.neighbour));
        continue;
      }
      if (edge.cost == best[edge.to]) found_[edge.to].hops.merge(hop({}));
      for (const Edge& second : edges_)
        if (second.from == edge.to && second.to != root_)
          begin(edge.cost, second.to, hop(address(second.to, edge.to)));
    }
    for (size_t to = 0; to < lsas_.size(); ++to)
      if (!found_[to].hops.empty()) found_[to].distance = best[to];
    found_[root_].distance = 0;
  }
  // What a router calls itself on a network.
  Ip4Addr address(size_t router, size_t network) const {
    const size_t place = said(router, network).front().second;
    return Ip4Addr(std::get<RouterLsa>(lsas_[router]->body).links[place].data);
  }

  static std::optional<Prefix4> named(uint32_t address, Ip4Addr mask) {
    const auto length = mask_length(mask);
    if (!length || (*length >= 8 && address >> 24 == 127)) return std::nullopt;
    return Prefix4(Ip4Addr(address), *length);
  }
  // Keeps the better of what is there and this, or both.
  void offer(const std::optional<Prefix4>& p, Route route, const Hops& hops, bool here) {
    if (!p) return;
    route.hops.assign(hops.begin(), hops.end());
    const auto rank = [](const Route& r) { return std::tie(r.type, r.type2_cost, r.cost); };
    const auto [at, fresh] = routes_.try_emplace(*p, route, here);
    if (fresh) return;
    auto& [best, best_here] = at->second;
    if (rank(best) < rank(route)) return;
    if (rank(route) < rank(best)) {
      at->second = {route, here};
      return;
    }
    best_here |= here;
    Hops all(best.hops.begin(), best.hops.end());
    all.insert(hops.begin(), hops.end());
    best.hops.assign(all.begin(), all.end());
    if (best_here) best.hops.clear();
    best.tag = std::min(best.tag, route.tag);
  }
  // 16.1: transit networks, then stubs.
  void inside() {
    for (size_t at = 0; at < lsas_.size(); ++at) {
      const Lsa& lsa = *lsas_[at];
      const Found& found = found_[at];
      if (found.distance == kFar) continue;
      const auto cost = static_cast<uint32_t>(found.distance);
      if (const auto* network = std::get_if<NetworkLsa>(&lsa.body)) {
        offer(named(lsa.header.key.id.value, network->mask), {PathType::kIntraArea, cost},
              found.hops, false);
        continue;
      }
      const auto& links = std::get<RouterLsa>(lsa.body).links;
      for (size_t place = 0; place < links.size(); ++place) {
        if (links[place].type != LinkType::kStub) continue;
        Hops hops = found.hops;
        if (at == root_ && place < known_.links.size() &&
            known_.links[place].interface != kNoInterface)
          hops = {{known_.links[place].interface, {}}};
        offer(named(links[place].id, Ip4Addr(links[place].data)),
              {PathType::kIntraArea, cost + links[place].metric}, hops, hops.empty());
      }
    }
  }
  // 16.4.
  void outside() {
    const auto routes_inside = routes_;
    for (const auto& [key, lsa] : database_) {
      const auto* external = std::get_if<ExternalLsa>(&lsa->body);
      if (external == nullptr || external->metric == kLsInfinity || key.router == RouterId{1})
        continue;
      Found way = border(key.router);
      if (way.distance != kFar && !external->forwarding.is_zero())
        way = forwarded(routes_inside, external->forwarding);
      if (way.distance == kFar) continue;
      Route route{external->type2 ? PathType::kExternal2 : PathType::kExternal1,
                  static_cast<uint32_t>(way.distance), 0, external->tag};
      (external->type2 ? route.type2_cost : route.cost) += external->metric;
      offer(named(key.id.value, external->mask), route, way.hops, false);
    }
  }
  Found border(RouterId id) const {
    for (size_t at = 0; at < lsas_.size(); ++at)
      if (const auto* router = std::get_if<RouterLsa>(&lsas_[at]->body))
        if (lsas_[at]->header.key.router == id && router->external) return found_[at];
    return {};
  }
  Found forwarded(const std::map<Prefix4, std::pair<Route, bool>>& inside, Ip4Addr to) const {
    const Route* best = nullptr;
    unsigned length = 0;
    for (const auto& [p, route] : inside)
      if (p.contains(to) && (best == nullptr || p.length() > length))
        best = &route.first, length = p.length();
    if (best == nullptr || best->hops.empty() || std::ranges::count(known_.addresses, to) != 0)
      return {};
    Found found{best->cost, {}};
    for (const NextHop& hop : best->hops)
      found.hops.insert({hop.interface, hop.gateway.is_zero() ? to : hop.gateway});
    return found;
  }

  const RandomArea::Database& database_;
  const Root& known_;
  std::vector<const Lsa*> lsas_;  // by vertex
  size_t root_ = 0;
  std::vector<Edge> edges_;
  std::vector<Found> found_;
  std::map<Prefix4, std::pair<Route, bool>> routes_;  // second: this router itself
};

TEST(RoutesOracle, AgreesWithBoostThroughoutRandomLives) {
  size_t externals = 0, several = 0, all = 0;
  for (uint64_t seed = 1; seed <= 600; ++seed) {
    RandomArea area(seed);
    RouteTable table(RouterId{1}, kMost);
    area.feed(table);
    area.tell = [&](const LsaKey& key, const std::shared_ptr<const Lsa>& lsa) {
      if (lsa)
        table.put(lsa);
      else
        table.remove(key);
    };
    area.tell_root = [&](const Root& root) { table.set_root(root); };
    for (size_t step = 0; step < 12; ++step) {
      table.calculate();
      const Routes right = Oracle(area.database(), area.root()).routes();
      ASSERT_EQ(routes_of(table), right)
          << "not those of the database, seed " << seed << ", step " << step;
      for (const auto& [p, route] : right) {
        externals += route.type != PathType::kIntraArea;
        several += route.hops.size() > 1;
        ++all;
      }
      for (size_t i = 0; i < 1 + step % 3; ++i) area.step();
    }
  }
  EXPECT_GT(all, 20'000u);
  EXPECT_GT(externals, 4'000u);
  EXPECT_GT(several, 3'000u);
}

}  // namespace
}  // namespace spanway::ospf
