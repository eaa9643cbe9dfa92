// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/routes.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tests/unit/control/ospf/areas.h"

namespace spanway::ospf {
namespace {

constexpr IfIndex kOne{1}, kTwo{2}, kThree{3};

// Router 1 is this one.
class RoutesTest : public testing::Test {
 protected:
  void router(uint32_t id, std::vector<RouterLink> links, bool border = false) {
    table_.put(made(router_key(id), RouterLsa{.external = border, .links = std::move(links)}));
  }
  void root(std::vector<RouterLink> links, std::vector<RootLink> places,
            std::vector<Ip4Addr> own = {}) {
    router(1, std::move(links));
    table_.set_root({std::move(places), std::move(own)});
  }
  void network(Ip4Addr dr, uint32_t by, std::vector<RouterId> attached,
               Ip4Addr mask = {255, 255, 255, 0}) {
    table_.put(made(network_key(dr, by), NetworkLsa{mask, std::move(attached)}));
  }
  void external(const char* network, uint32_t by, ExternalLsa body) {
    const Prefix4 p = prefix(network);
    body.mask = Ip4Addr(mask4(p.length()));
    table_.put(made(external_key(p.addr(), by), body));
  }
  // Two neighbours, 2 and 3, and router 4 behind both: by 2 for 20, by 3 for 25.
  void diamond() {
    root({to_router(2, 10), to_router(3, 15)},
         {{kOne, addr("10.0.12.2")}, {kTwo, addr("10.0.13.3")}});
    router(2, {to_router(1, 10), to_router(4, 10)}, true);
    router(3, {to_router(1, 15), to_router(4, 10)}, true);
    router(4, {to_router(2, 10), to_router(3, 10)}, true);
  }
  // What changed, checked against what is there.
  Routes changes() {
    Routes all;
    last_ = table_.calculate();
    for (const RouteChange& change : last_.changes)
      if (change.route != nullptr)
        EXPECT_TRUE(all.emplace(change.prefix, *change.route).second);
      else
        gone_.push_back(change.prefix);
    return all;
  }
  std::optional<Route> route(const char* network) {
    if (table_.pending()) table_.calculate();
    const Routes all = routes_of(table_);
    const auto at = all.find(prefix(network));
    return at == all.end() ? std::nullopt : std::optional(at->second);
  }

  RouteTable table_{RouterId{1}, 16};
  Calculation last_;
  std::vector<Prefix4> gone_;
};

const std::vector<NextHop> kBy2{{kOne, Ip4Addr(10, 0, 12, 2)}}, kBy3{{kTwo, Ip4Addr(10, 0, 13, 3)}},
    kByBoth{kBy2[0], kBy3[0]};

Route intra(uint32_t cost, std::vector<NextHop> hops) {
  return {PathType::kIntraArea, cost, 0, 0, std::move(hops)};
}

TEST_F(RoutesTest, NothingAtAll) {
  EXPECT_FALSE(table_.pending());
  EXPECT_TRUE(changes().empty());
  router(2, {stub("10.2.0.0/16", 1)});
  EXPECT_TRUE(table_.pending());
  EXPECT_TRUE(changes().empty()) << "no router-LSA of our own";
  EXPECT_FALSE(table_.pending());
  EXPECT_EQ(table_.routers(), 0u);
}

TEST_F(RoutesTest, StubsOfOthers) {
  diamond();
  router(2, {to_router(1, 10), stub("10.2.0.0/16", 7), to_router(4, 10), stub("10.9.0.0/16", 1)});
  router(4, {to_router(2, 10), to_router(3, 10), stub("10.4.0.4/32", 0)});
  EXPECT_EQ(changes(), (Routes{{prefix("10.2.0.0/16"), intra(17, kBy2)},
                               {prefix("10.4.0.4/32"), intra(20, kBy2)},
                               {prefix("10.9.0.0/16"), intra(11, kBy2)}}));
  EXPECT_TRUE(last_.tree);
  EXPECT_EQ(table_.size(), 3u);
  EXPECT_EQ(table_.routers(), 4u);
  EXPECT_EQ(table_.networks(), 0u);
}

TEST_F(RoutesTest, EqualPathsMergeUpToTheMost) {
  diamond();
  router(3, {to_router(1, 15), to_router(4, 5)});
  router(4, {to_router(2, 10), to_router(3, 10), stub("10.4.0.4/32", 1)});
  EXPECT_EQ(route("10.4.0.4/32"), intra(21, kByBoth));
  router(2, {to_router(1, 10), to_router(4, 10), stub("10.5.0.0/16", 10)});
  router(3, {to_router(1, 15), to_router(4, 5), stub("10.5.0.0/16", 5)});
  EXPECT_EQ(route("10.5.0.0/16"), intra(20, kByBoth)) << "of two routers";

  RouteTable one(RouterId{1}, 1);
  one.put(made(router_key(1), RouterLsa{.links = {to_router(2, 1), to_router(2, 1)}}));
  one.put(made(router_key(2), RouterLsa{.links = {to_router(1, 1), stub("10.2.0.0/16", 1)}}));
  one.set_root({{{kTwo, addr("10.0.0.2")}, {kOne, addr("10.0.1.2")}}, {}});
  one.calculate();
  EXPECT_EQ(routes_of(one).at(prefix("10.2.0.0/16")).hops.size(), 1u);
}

TEST_F(RoutesTest, OwnNetworksAreOnTheirLinks) {
  root({to_router(2, 10), stub("10.0.12.0/24", 10), stub("10.1.1.1/32", 0), stub("10.8.0.0/16", 3)},
       {{kOne, addr("10.0.12.2")}, {kOne, {}}, {}, {kTwo, {}}});
  router(2, {to_router(1, 10), stub("10.0.12.0/24", 10), stub("10.1.1.1/32", 0)});
  EXPECT_EQ(changes(), (Routes{{prefix("10.0.12.0/24"), intra(10, {{kOne, {}}})},
                               {prefix("10.1.1.1/32"), intra(0, {})},
                               {prefix("10.8.0.0/16"), intra(3, {{kTwo, {}}})}}));
}

// What is ours is not sent to another who claims it for the same cost.
TEST_F(RoutesTest, ThisRouterItselfIsNotMerged) {
  root({to_router(2, 10), stub("10.1.1.1/32", 15)}, {{kOne, addr("10.0.12.2")}, {}});
  router(2, {to_router(1, 10), stub("10.1.1.1/32", 5)});
  EXPECT_EQ(route("10.1.1.1/32"), intra(15, {}));
  router(2, {to_router(1, 10), stub("10.1.1.1/32", 4)});
  EXPECT_EQ(route("10.1.1.1/32"), intra(14, kBy2));
}

TEST_F(RoutesTest, TransitNetworks) {
  const Ip4Addr dr = addr("10.0.5.3");
  root({to_network(dr, addr("10.0.5.1"), 4)}, {{kThree, {}}});
  router(2, {to_network(dr, addr("10.0.5.2"), 1), stub("10.2.0.0/16", 1), to_router(4, 1)});
  router(3, {to_network(dr, addr("10.0.5.3"), 1)});
  router(4, {to_router(2, 1), to_network(addr("10.0.6.4"), addr("10.0.6.4"), 9)});
  network(dr, 3, {RouterId{1}, RouterId{2}, RouterId{3}});
  network(addr("10.0.6.4"), 4, {RouterId{4}}, {255, 255, 255, 128});
  const std::vector<NextHop> by2{{kThree, addr("10.0.5.2")}};
  EXPECT_EQ(changes(), (Routes{{prefix("10.0.5.0/24"), intra(4, {{kThree, {}}})},
                               {prefix("10.0.6.0/25"), intra(14, by2)},
                               {prefix("10.2.0.0/16"), intra(5, by2)}}));
  EXPECT_EQ(table_.networks(), 2u);
  network(addr("10.0.6.4"), 4, {RouterId{4}}, {255, 255, 255, 0});
  EXPECT_EQ(changes(), (Routes{{prefix("10.0.6.0/24"), intra(14, by2)}}));
  EXPECT_EQ(gone_, std::vector<Prefix4>{prefix("10.0.6.0/25")});
  EXPECT_FALSE(last_.tree) << "a mask is no part of the graph";
}

TEST_F(RoutesTest, OnlyDifferencesAreTold) {
  diamond();
  router(4, {to_router(2, 10), to_router(3, 10), stub("10.4.0.4/32", 0)});
  changes();
  diamond();  // of router 4 without its stub
  changes();
  EXPECT_EQ(gone_, std::vector<Prefix4>{prefix("10.4.0.4/32")});
  EXPECT_FALSE(last_.tree);
  router(4, {to_router(2, 10), stub("10.4.0.4/32", 0), to_router(3, 10)});
  EXPECT_EQ(changes().size(), 1u);
  EXPECT_FALSE(last_.tree);
  router(3, {to_router(1, 15), to_router(4, 11)}, true);  // a worse way gets worse yet
  EXPECT_TRUE(changes().empty());
  EXPECT_TRUE(last_.tree);
  const uint64_t news = table_.news();
  router(3, {to_router(1, 15), to_router(4, 11)}, true);
  EXPECT_FALSE(table_.pending()) << "a refreshed LSA";
  EXPECT_EQ(table_.news(), news);
  table_.remove(router_key(77));
  EXPECT_EQ(table_.news(), news) << "was never there";
  router(4, {to_router(2, 10), stub("10.4.0.4/32", 0), to_router(3, 12)});
  router(4, {to_router(2, 10), stub("10.4.0.4/32", 0), to_router(3, 10)});
  EXPECT_EQ(table_.news(), news + 2) << "and all is as it was";
  EXPECT_TRUE(changes().empty());
  router(2, {to_router(1, 10)}, true);
  EXPECT_EQ(changes(), (Routes{{prefix("10.4.0.4/32"), intra(26, kBy3)}}));
  table_.remove(router_key(3));
  gone_.clear();
  EXPECT_TRUE(changes().empty());
  EXPECT_EQ(gone_, std::vector<Prefix4>{prefix("10.4.0.4/32")});
  EXPECT_EQ(table_.size(), 0u);
  EXPECT_EQ(table_.routers(), 2u);
}

TEST_F(RoutesTest, ANeighbourWithoutAnAddressLeadsNowhere) {
  root({to_router(2, 10)}, {{kOne, {}}});
  router(2, {to_router(1, 10), stub("10.2.0.0/16", 7)});
  EXPECT_TRUE(changes().empty());
  table_.set_root({{{kOne, addr("10.0.12.2")}}, {}});
  EXPECT_EQ(changes(), (Routes{{prefix("10.2.0.0/16"), intra(17, kBy2)}}));
  table_.set_root({{{kOne, addr("10.0.12.9")}}, {}});
  EXPECT_EQ(changes().at(prefix("10.2.0.0/16")).hops[0].gateway, addr("10.0.12.9"));
  table_.set_root({});
  changes();
  EXPECT_EQ(table_.size(), 0u);
}

// Hops that no route has any more are forgotten, others are not taken for them.
TEST_F(RoutesTest, ManyNeighboursOverTime) {
  diamond();
  const auto neighbours = [&](Ip4Addr two, const char* three) {
    root({to_router(2, 10), to_router(3, 15), stub("10.8.0.0/16", 1)},
         {{kOne, two}, {kTwo, addr(three)}, {kThree, {}}});
  };
  router(2, {to_router(1, 10), stub("10.2.0.0/16", 7), stub("10.8.0.0/16", 7)}, true);
  router(3, {to_router(1, 15), stub("10.3.0.0/16", 7)}, true);
  external("192.0.2.0/24", 3, {.type2 = true, .metric = 1});
  neighbours(addr("10.0.12.2"), "10.0.13.99");
  changes();
  const Route inside = intra(22, kBy3), outside{PathType::kExternal2, 15, 1, 0, kBy3};
  for (uint32_t i = 1; i <= 5'000; ++i) {
    const Route moved = intra(17, {{kOne, Ip4Addr(0x0a00'0000 + i)}});
    neighbours(moved.hops[0].gateway, "10.0.13.3");
    Routes right{{prefix("10.2.0.0/16"), moved}};
    const Routes changed = changes();
    ASSERT_TRUE(i == 1 || changed == right) << "not those of the database, neighbour " << i;
    right.insert({{prefix("10.3.0.0/16"), inside},
                  {prefix("10.8.0.0/16"), intra(1, {{kThree, {}}})},
                  {prefix("192.0.2.0/24"), outside}});
    ASSERT_EQ(routes_of(table_), right) << "not those of the database, neighbour " << i;
  }
}

// The same two links in another order, and nothing else is new.
TEST_F(RoutesTest, PlacesNameOurLinks) {
  root({stub("10.8.0.0/16", 1), to_router(2, 10)}, {{kTwo, {}}, {kOne, addr("10.0.12.2")}});
  router(2, {to_router(1, 10), stub("10.2.0.0/16", 7)});
  EXPECT_EQ(route("10.2.0.0/16"), intra(17, kBy2));
  router(1, {to_router(2, 10), stub("10.8.0.0/16", 1)});
  EXPECT_EQ(route("10.2.0.0/16"), std::nullopt) << "no neighbour is known on that link";
  EXPECT_EQ(route("10.8.0.0/16"), intra(1, {{kOne, {}}}));
}

TEST_F(RoutesTest, OurOwnLsaGoes) {
  diamond();
  router(2, {to_router(1, 10), stub("10.2.0.0/16", 7)}, true);
  external("192.0.2.0/24", 2, {.metric = 1});
  EXPECT_EQ(changes().size(), 2u);
  table_.remove(router_key(1));
  changes();
  EXPECT_EQ(gone_.size(), 2u);
  EXPECT_EQ(table_.size(), 0u);
}

// RFC 2328 16.4.
class ExternalRoutes : public RoutesTest {
 protected:
  static constexpr const char* kOut = "192.0.2.0/24";
};

TEST_F(ExternalRoutes, TypesAndMetrics) {
  diamond();
  external(kOut, 4, {.type2 = true, .metric = 20, .tag = 9});
  EXPECT_EQ(changes(), (Routes{{prefix(kOut), {PathType::kExternal2, 20, 20, 9, kBy2}}}));
  external(kOut, 3, {.type2 = true, .metric = 20, .tag = 8});
  EXPECT_EQ(route(kOut), (Route{PathType::kExternal2, 15, 20, 8, kBy3})) << "the nearer router";
  external(kOut, 4, {.type2 = true, .metric = 19, .tag = 9});
  EXPECT_EQ(route(kOut), (Route{PathType::kExternal2, 20, 19, 9, kBy2})) << "the lower metric";
  external(kOut, 3, {.type2 = false, .metric = 1'000, .tag = 8});
  EXPECT_EQ(route(kOut), (Route{PathType::kExternal1, 1'015, 0, 8, kBy3})) << "type 1 first";
  external(kOut, 4, {.type2 = false, .metric = 995, .tag = 9});
  EXPECT_EQ(route(kOut), (Route{PathType::kExternal1, 1'015, 0, 8, kByBoth})) << "equal ones";
  external(kOut, 4, {.type2 = false, .metric = 994});
  EXPECT_EQ(route(kOut), (Route{PathType::kExternal1, 1'014, 0, 0, kBy2}));
  external(kOut, 4, {.type2 = false, .metric = kLsInfinity});
  EXPECT_EQ(route(kOut), (Route{PathType::kExternal1, 1'015, 0, 8, kBy3})) << "out of reach";
  table_.remove(external_key(prefix(kOut).addr(), 3));
  EXPECT_EQ(route(kOut), std::nullopt);
}

TEST_F(ExternalRoutes, InsideComesFirst) {
  diamond();
  external(kOut, 2, {.type2 = false, .metric = 0});
  EXPECT_EQ(route(kOut)->type, PathType::kExternal1);
  router(4, {to_router(2, 10), stub(kOut, 60'000), to_router(3, 10)}, true);
  EXPECT_EQ(changes(), (Routes{{prefix(kOut), intra(60'020, kBy2)}}));
  router(4, {to_router(2, 10), to_router(3, 10)}, true);
  EXPECT_EQ(changes(), (Routes{{prefix(kOut), {PathType::kExternal1, 10, 0, 0, kBy2}}}));
}

TEST_F(ExternalRoutes, OnlyOfBorderRouters) {
  diamond();
  external(kOut, 4, {.metric = 1});
  external("198.51.100.0/24", 9, {.metric = 1});  // unknown
  external("203.0.113.0/24", 1, {.metric = 1});   // our own
  EXPECT_EQ(changes().size(), 1u);
  router(4, {to_router(2, 10), to_router(3, 10)}, false);
  changes();
  EXPECT_EQ(gone_, std::vector<Prefix4>{prefix(kOut)});
  EXPECT_FALSE(last_.tree) << "its E bit alone";
  router(4, {to_router(2, 10), to_router(3, 10)}, true);
  EXPECT_EQ(changes().size(), 1u);
  router(4, {}, true);
  changes();
  EXPECT_EQ(table_.size(), 0u) << "unreachable";
}

TEST_F(ExternalRoutes, TwoLsasOfOneRouterForOnePrefix) {
  diamond();
  table_.put(made(external_key(addr("192.0.2.0"), 2),
                  ExternalLsa{.mask = addr("255.255.255.0"), .metric = 9}));
  table_.put(made(external_key(addr("192.0.2.255"), 2),
                  ExternalLsa{.mask = addr("255.255.255.0"), .metric = 5}));
  EXPECT_EQ(route(kOut)->cost, 15u);
  table_.remove(external_key(addr("192.0.2.255"), 2));
  EXPECT_EQ(route(kOut)->cost, 19u);
}

TEST_F(ExternalRoutes, AForwardingAddressIsLookedUpInside) {
  const Ip4Addr dr = addr("10.0.5.3"), outside = addr("10.0.5.77");
  root({to_router(2, 10), to_network(dr, addr("10.0.5.1"), 4)},
       {{kOne, addr("10.0.12.2")}, {kThree, {}}}, {addr("10.0.5.1")});
  router(2, {to_router(1, 10), stub("10.2.0.0/16", 1)});
  router(3, {to_network(dr, addr("10.0.5.3"), 1)}, true);
  network(dr, 3, {RouterId{1}, RouterId{3}});
  const auto by = [&](Ip4Addr forwarding) {
    external(kOut, 3, {.type2 = true, .metric = 7, .forwarding = forwarding});
    return route(kOut);
  };
  EXPECT_EQ(by(outside), (Route{PathType::kExternal2, 4, 7, 0, {{kThree, outside}}}))
      << "on our own link: not by the router that says so";
  EXPECT_EQ(by(addr("10.2.9.9")), (Route{PathType::kExternal2, 11, 7, 0, kBy2}));
  EXPECT_EQ(by(addr("10.3.9.9")), std::nullopt) << "no way inside";
  EXPECT_EQ(by(addr("10.0.5.1")), std::nullopt) << "ourselves";
  EXPECT_EQ(by(addr("192.0.2.1")), std::nullopt) << "not by itself";
  by(addr("10.2.9.9"));
  changes();
  // A network inside that is nearer to the address takes it over; then it goes again.
  root({to_router(2, 10), stub("10.2.9.0/24", 3), to_network(dr, addr("10.0.5.1"), 4)},
       {{kOne, addr("10.0.12.2")}, {kTwo, {}}, {kThree, {}}});
  EXPECT_EQ(changes().at(prefix(kOut)),
            (Route{PathType::kExternal2, 3, 7, 0, {{kTwo, addr("10.2.9.9")}}}));
  router(3, {to_network(dr, addr("10.0.5.3"), 1), stub("10.2.9.8/31", 2)}, true);
  EXPECT_EQ(changes().at(prefix(kOut)).hops, (std::vector<NextHop>{{kThree, addr("10.0.5.3")}}));
  EXPECT_FALSE(last_.tree) << "one stub";
  router(3, {to_network(dr, addr("10.0.5.3"), 1)}, false);
  changes();
  EXPECT_EQ(route(kOut), std::nullopt) << "who says so is no border router";
}

TEST_F(RoutesTest, EachVertex) {
  diamond();
  table_.calculate();
  std::vector<std::pair<uint32_t, uint32_t>> distances;
  table_.each_vertex([&](const Lsa& lsa, uint32_t distance, std::span<const NextHop> hops) {
    distances.emplace_back(lsa.header.key.router.value, distance);
    EXPECT_EQ(hops.empty(), distance == 0);
  });
  EXPECT_EQ(distances, (decltype(distances){{1, 0}, {2, 10}, {3, 15}, {4, 20}}));
}

}  // namespace
}  // namespace spanway::ospf
