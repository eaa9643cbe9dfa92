// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/area_graph.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "control/ospf/spf.h"
#include "tests/unit/control/ospf/first_hops.h"

namespace spanway::ospf {
namespace {

constexpr uint32_t ip(uint32_t network, uint32_t host) { return 10u << 24 | network << 8 | host; }

class AreaGraphTest : public testing::Test {
 protected:
  Lsa& router(uint32_t id, std::vector<RouterLink> links) {
    return add({LsaType::kRouter, LinkStateId{id}, RouterId{id}}, RouterLsa{.links = links});
  }
  Lsa& network(uint32_t address, uint32_t by, std::vector<RouterId> attached) {
    return add({LsaType::kNetwork, LinkStateId{address}, RouterId{by}},
               NetworkLsa{Ip4Addr(0xffffff00), attached});
  }
  Lsa& add(const LsaKey& key, LsaBody body) {
    Lsa& lsa = lsas_.emplace_back();
    lsa.header.key = key;
    lsa.body = std::move(body);
    return lsa;
  }
  AreaGraph area() const {
    std::vector<const Lsa*> all;
    for (const Lsa& lsa : lsas_) all.push_back(&lsa);
    return AreaGraph(all);
  }
  static RouterLink to_router(uint32_t id, uint16_t metric) {
    return {LinkType::kPointToPoint, id, ip(99, id), metric};
  }
  static RouterLink to_network(uint32_t dr, uint32_t own, uint16_t metric) {
    return {LinkType::kTransit, dr, own, metric};
  }
  static RouterLink stub() { return {LinkType::kStub, ip(50, 0), 0xffffff00, 1}; }
  std::vector<FirstHop> hops(const Tree& tree, Vertex to) const {
    const auto all = sets_.hops(tree.hops[to]);
    return {all.begin(), all.end()};
  }

  std::deque<Lsa> lsas_;
  HopSets sets_{16};
};

TEST_F(AreaGraphTest, RoutersByPointToPointLinks) {
  router(1, {stub(), to_router(2, 5), to_router(3, 20)});
  router(2, {to_router(1, 7), to_router(3, 5)});
  router(3, {to_router(1, 1), to_router(2, 1), to_router(9, 1)});  // 9 is not known
  const AreaGraph area = this->area();
  const Vertex root = *area.router(RouterId{1}), far = *area.router(RouterId{3});
  const Tree tree = shortest_paths(area.graph(), root, sets_);
  EXPECT_EQ(tree.distances[far], 10u);
  EXPECT_EQ(hops(tree, far), (std::vector<FirstHop>{{1, kNeighbour}})) << "the link's place";
  EXPECT_EQ(area.gateway(root, {1, kNeighbour}), std::nullopt);
  EXPECT_EQ(area.lsa(far)->header.key.router, RouterId{3});
  EXPECT_EQ(area.router(RouterId{9}), std::nullopt);
}

TEST_F(AreaGraphTest, ARouterOnANetworkIsReachedByItsAddressThere) {
  const uint32_t dr = ip(1, 2);
  router(1, {to_network(dr, ip(1, 1), 3)});
  router(2, {to_network(dr, ip(1, 2), 3), to_router(4, 1)});
  router(3, {stub(), to_network(ip(7, 7), ip(7, 3), 1), to_network(dr, ip(1, 3), 3)});
  router(4, {to_router(2, 1)});
  network(dr, 2, {RouterId{2}, RouterId{1}, RouterId{3}});
  const AreaGraph area = this->area();
  const Vertex root = *area.router(RouterId{1});
  const Tree tree = shortest_paths(area.graph(), root, sets_);
  const auto way = [&](uint32_t id) {
    const auto all = hops(tree, *area.router(RouterId{id}));
    return all.size() == 1 ? area.gateway(root, all[0]) : std::nullopt;
  };
  EXPECT_EQ(way(2), Ip4Addr(ip(1, 2)));
  EXPECT_EQ(way(3), Ip4Addr(ip(1, 3))) << "not its address on another network";
  EXPECT_EQ(way(4), Ip4Addr(ip(1, 2)));
  EXPECT_EQ(area.gateway(root, {0, kAttached}), std::nullopt) << "the network itself";
}

// What a liar or a leftover may put into the database.
TEST_F(AreaGraphTest, WhatDoesNotFitTogetherLeadsNowhere) {
  const uint32_t dr = ip(1, 2);
  router(1, {to_network(dr, ip(1, 1), 3), to_router(3, 1)});
  router(2, {to_network(dr, ip(1, 2), 3)});
  router(3, {});                                        // does not link back
  network(dr, 2, {RouterId{2}});                        // does not list router 1
  network(dr, 9, {RouterId{1}, RouterId{9}});           // claims the address as well
  add({LsaType::kRouter, LinkStateId{4}, RouterId{1}},  // not its own ID
      RouterLsa{.links = {to_router(1, 1)}});
  add({LsaType::kExternal, LinkStateId{0}, RouterId{2}}, ExternalLsa{});
  const AreaGraph area = this->area();
  EXPECT_EQ(area.graph().size(), 5u);
  const Vertex root = *area.router(RouterId{1});
  const Tree tree = shortest_paths(area.graph(), root, sets_);
  for (const uint32_t id : {2u, 3u})
    EXPECT_EQ(tree.distances[*area.router(RouterId{id})], kUnreachable) << id;
  EXPECT_EQ(area.router(RouterId{4}), std::nullopt);
}

TEST_F(AreaGraphTest, NothingAtAll) { EXPECT_EQ(area().graph().size(), 0u); }

}  // namespace
}  // namespace spanway::ospf
