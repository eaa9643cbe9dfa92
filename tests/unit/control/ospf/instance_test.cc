// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/instance.h"

#include <gtest/gtest.h>

#include "control/ospf/update.h"
#include "tests/support/ospf_net.h"

namespace spanway::ospf {
namespace {

const InterfaceSettings kPoint = OspfNet::quick(NetworkType::kPointToPoint, 10);

TEST(Instance, TwoRoutersOnAPointToPointLinkBecomeFullAndKnowTheRoute) {
  OspfNet net;
  const size_t a = net.add_router(), b = net.add_router();
  net.add_wire({a, b}, kPoint);
  const size_t stub = net.add_wire({b}, kPoint);
  const auto full = net.run_until(seconds(5), [&] {
    return net.state_between(a, b) == NeighbourState::kFull &&
           net.state_between(b, a) == NeighbourState::kFull;
  });
  ASSERT_TRUE(full);
  EXPECT_LT(*full, millis(1500));
  const Prefix4 there(net.address_on(b, stub), 24);
  const auto routed = net.run_until(seconds(5), [&] { return net.routes(a).contains(there); });
  ASSERT_TRUE(routed);
  EXPECT_LE(routed->ns(), millis(1'300).ns());
  EXPECT_EQ(net.database(a), net.database(b));
}

TEST(Instance, ALanElectsAndEverybodyHasTheSameDatabase) {
  OspfNet net;
  std::vector<size_t> all;
  for (int i = 0; i < 4; ++i) all.push_back(net.add_router());
  net.add_wire(all);
  const auto done = net.run_until(seconds(20), [&] { return net.all_adjacent(); });
  ASSERT_TRUE(done);
  net.run(seconds(6));
  for (const size_t router : all) EXPECT_EQ(net.database(router), net.database(all[0]));
  EXPECT_EQ(net.instance(0).interfaces(net.now())[0].designated_router,
            net.instance(3).interfaces(net.now())[0].designated_router);
}

TEST(Instance, ACutLinkIsLeftAtOnce) {
  OspfNet net;
  for (int i = 0; i < 3; ++i) net.add_router();
  const size_t ab = net.add_wire({0, 1}, kPoint);
  net.add_wire({1, 2}, kPoint);
  net.add_wire({2, 0}, kPoint);
  const size_t stub = net.add_wire({1}, kPoint);
  const Prefix4 there(net.address_on(1, stub), 24);
  ASSERT_TRUE(net.run_until(seconds(10), [&] { return net.all_adjacent(); }));
  net.run(seconds(5));
  ASSERT_EQ(net.routes(0).at(there).hops.size(), 1u);
  EXPECT_EQ(net.routes(0).at(there).hops[0].gateway, net.address_on(1, ab));
  net.set_wire(ab, false);
  const auto mended = net.run_until(seconds(5), [&] {
    const auto at = net.routes(0).find(there);
    return at != net.routes(0).end() && at->second.cost == 30;
  });
  ASSERT_TRUE(mended);
  EXPECT_LE(*mended, millis(10));
  // And taken again at once: the router-LSA that brings it back does not wait behind one that says
  // no more than that the port is up.
  net.run(seconds(5));
  net.set_wire(ab, true);
  const auto back = net.run_until(seconds(5), [&] { return net.routes(0).at(there).cost == 20; });
  ASSERT_TRUE(back);
  EXPECT_LE(*back, millis(100));
}

// A network on which nobody answers is announced all the same, a little later.
TEST(Instance, ALinkWithoutANeighbourIsAnnouncedAlone) {
  OspfNet net;
  for (int i = 0; i < 2; ++i) net.add_router();
  net.add_wire({0, 1}, kPoint);
  const size_t lonely = net.add_wire({1}, kPoint);
  net.set_wire(lonely, false);
  ASSERT_TRUE(net.run_until(seconds(10), [&] { return net.all_adjacent(); }));
  net.run(seconds(5));
  net.set_wire(lonely, true);
  const Prefix4 there(net.address_on(1, lonely), 24);
  const auto known = net.run_until(seconds(5), [&] { return net.routes(0).contains(there); });
  ASSERT_TRUE(known);
  EXPECT_GE(*known, millis(900));
  EXPECT_LE(*known, millis(1'100));
}

// Section 14: nobody refreshes what a dead router said, and after an hour it is gone everywhere.
TEST(Instance, WhatTheDeadSaidIsForgottenAfterAnHour) {
  OspfNet net;
  for (int i = 0; i < 3; ++i) net.add_router();
  net.add_wire({0, 1, 2});
  ASSERT_TRUE(net.run_until(seconds(20), [&] { return net.all_adjacent(); }));
  net.run(seconds(5));
  const size_t lsas = net.database(0).size();
  net.kill(2);
  net.run(seconds(3'000));
  EXPECT_GE(net.database(0).size(), lsas);
  net.run(seconds(700));
  EXPECT_LT(net.database(0).size(), lsas);
  EXPECT_EQ(net.database(0), net.database(1));
}

TEST(Instance, OwnLsasAreRefreshedBeforeTheyAreOld) {
  OspfNet net;
  for (int i = 0; i < 2; ++i) net.add_router();
  net.add_wire({0, 1}, kPoint);
  net.run(seconds(3'600 * 5));
  EXPECT_EQ(net.state_between(0, 1), NeighbourState::kFull);
  EXPECT_EQ(net.database(0), net.database(1));
  net.instance(0).each_lsa(net.now(), [](const Lsa& lsa) {
    EXPECT_LE(lsa.header.age_s, 1'800);
    EXPECT_GE(lsa.header.sequence, LsSequence{INT32_MIN + 1 + 9});
  });
  EXPECT_EQ(net.instance(0).neighbours(net.now())[0].retransmissions, 0u);
}

TEST(Instance, ARouterThatLeavesIsForgottenAtOnce) {
  OspfNet net;
  for (int i = 0; i < 3; ++i) net.add_router();
  net.add_wire({0, 1}, kPoint);
  net.add_wire({1, 2}, kPoint);
  ASSERT_TRUE(net.run_until(seconds(20), [&] { return net.all_adjacent(); }));
  net.run(seconds(5));
  net.instance(2).leave(net.now());
  net.kill(2);
  net.run(millis(300));
  EXPECT_EQ(net.state_between(1, 2), NeighbourState::kInit);
  net.run(seconds(3));
  for (const std::string& line : net.database(0)) EXPECT_EQ(line.find("by 0.0.0.3"), line.npos);
}

TEST(Instance, TheBackupLeadsWhenTheDesignatedRouterDies) {
  OspfNet net;
  for (int i = 0; i < 4; ++i) net.add_router();
  net.add_wire({0, 1, 2, 3});
  ASSERT_TRUE(net.run_until(seconds(20), [&] { return net.all_adjacent(); }));
  const auto leader = [&](size_t router, bool backup) {
    const InterfaceView view = net.instance(router).interfaces(net.now())[0];
    return backup ? view.backup_router : view.designated_router;
  };
  const RouterId led = leader(0, false), next = leader(0, true);
  const size_t dead = led.value - 1, witness = dead == 0 ? 1 : 0;
  net.kill(dead);
  net.run(seconds(8));
  EXPECT_EQ(leader(witness, false), next);
  EXPECT_TRUE(net.all_adjacent());
  net.start(dead);
  net.run(seconds(15));
  EXPECT_EQ(leader(witness, false), next) << "who comes back displaces nobody";
  EXPECT_TRUE(net.all_adjacent());
}

TEST(Instance, APassiveInterfaceIsAnnouncedAndSilent) {
  OspfNet net;
  for (int i = 0; i < 2; ++i) net.add_router();
  net.add_wire({0, 1}, kPoint);
  InterfaceSettings passive = OspfNet::quick();
  passive.passive = true;
  const size_t quiet = net.add_wire({0, 1}, passive);
  net.run(seconds(10));
  EXPECT_EQ(net.state_between(0, 1), NeighbourState::kFull);
  for (const InterfaceView& view : net.instance(0).interfaces(net.now())) {
    if (view.interface != net.interface_on(0, quiet)) continue;
    EXPECT_EQ(view.state, InterfaceState::kLoopback);
    EXPECT_EQ(view.sent, PacketCounts{});
    EXPECT_EQ(view.neighbours, 0u);
  }
  EXPECT_TRUE(net.routes(1).contains(Prefix4(net.address_on(0, quiet), 24)));
}

// Section 10.6: who may send us more than our link takes is kept at ExStart.
TEST(Instance, ALargerMtuKeepsTheExchangeFromBeginning) {
  for (const bool ignore : {false, true}) {
    OspfNet net;
    for (int i = 0; i < 2; ++i) net.add_router();
    InterfaceSettings settings = kPoint;
    settings.mtu_ignore = ignore;
    const size_t wire = net.add_wire({0, 1}, settings);
    net.instance(1).set_link(
        net.interface_on(1, wire),
        {.up = true, .mtu_bytes = 9'000, .addresses = {{net.address_on(1, wire), 24}}}, net.now());
    net.run(seconds(20));
    EXPECT_EQ(net.state_between(0, 1) == NeighbourState::kFull, ignore);
    EXPECT_EQ(net.state_between(0, 1) < NeighbourState::kExchange, !ignore);
  }
}

// An LSA that follows within MinLSArrival is not dropped but looked at again.
TEST(Instance, AnEarlyLsaWaitsForItsSecond) {
  OspfNet net;
  for (int i = 0; i < 3; ++i) net.add_router();
  net.add_wire({0, 1}, kPoint);
  net.add_wire({1, 2}, kPoint);
  ASSERT_TRUE(net.run_until(seconds(20), [&] { return net.all_adjacent(); }));
  net.run(seconds(5));
  // In 1's name, so that 0 gets two instances in the same moment.
  const auto flood = [&](int32_t sequence, uint16_t metric) {
    const Lsa lsa{.header = {.options = options::kExternal,
                             .key = {LsaType::kExternal, LinkStateId{0x14000000}, RouterId{77}},
                             .sequence = LsSequence{sequence}},
                  .body = ExternalLsa{.mask = Ip4Addr(mask4(24)), .metric = metric}};
    UpdateWriter writer({.router = OspfNet::id_of(1), .area = AreaId{0}});
    ASSERT_TRUE(writer.add(*write_lsa(lsa), 1));
    net.instance(0).receive(net.interface_on(0, 0), net.address_on(1, 0), kAllSpfRouters,
                            std::move(writer).finish(), net.now());
  };
  const auto metric = [&] {
    uint32_t found = 0;
    net.instance(0).each_lsa(net.now(), [&found](const Lsa& lsa) {
      if (lsa.header.key.router == RouterId{77}) found = std::get<ExternalLsa>(lsa.body).metric;
    });
    return found;
  };
  flood(5, 1);
  flood(6, 2);
  flood(8, 4);
  flood(7, 3);
  EXPECT_EQ(metric(), 1u);
  net.run(millis(990));
  EXPECT_EQ(metric(), 1u);
  net.run(millis(20));
  EXPECT_EQ(metric(), 4u);
}

TEST(Instance, AnnouncesDestinationsOutsideAndTakesThemBack) {
  OspfNet net;
  for (int i = 0; i < 2; ++i) net.add_router();
  net.add_wire({0, 1}, kPoint);
  const Prefix4 outside(Ip4Addr(192, 0, 2, 0), 24), wide(Ip4Addr(192, 0, 2, 0), 23);
  net.instance(0).announce(outside, {.metric = 7, .tag = 5}, net.now());
  net.instance(0).announce(wide, {.type2 = false, .metric = 9}, net.now());
  net.run(seconds(5));
  ASSERT_TRUE(net.routes(1).contains(outside));
  EXPECT_EQ(net.routes(1).at(outside).type, PathType::kExternal2);
  EXPECT_EQ(net.routes(1).at(outside).type2_cost, 7u);
  EXPECT_EQ(net.routes(1).at(outside).tag, 5u);
  EXPECT_EQ(net.routes(1).at(wide).type, PathType::kExternal1);
  EXPECT_EQ(net.routes(1).at(wide).cost, 19u);
  net.instance(0).withdraw(outside, net.now());
  net.run(seconds(3));
  EXPECT_FALSE(net.routes(1).contains(outside));
  EXPECT_TRUE(net.routes(1).contains(wide));
  EXPECT_EQ(net.database(0), net.database(1));
  // Gone, not only too old.
  for (const std::string& line : net.database(1)) EXPECT_EQ(line.find("MaxAge"), line.npos);
}

TEST(Instance, ManyExternalsArriveInGoodTime) {
  OspfNet net;
  for (int i = 0; i < 2; ++i) net.add_router();
  net.add_wire({0, 1}, kPoint);
  net.run(seconds(5));
  constexpr uint32_t kMany = 20'000;
  for (uint32_t i = 0; i < kMany; ++i)
    net.instance(0).announce(Prefix4(Ip4Addr(0x14000000 + i * 256), 24), {}, net.now());
  const auto done = net.run_until(seconds(10), [&] { return net.routes(1).size() >= kMany; });
  ASSERT_TRUE(done);
  EXPECT_LE(done->ns(), seconds(1).ns());
  EXPECT_EQ(net.instance(0).view(net.now()).retransmitted, 0u);
}

}  // namespace
}  // namespace spanway::ospf
