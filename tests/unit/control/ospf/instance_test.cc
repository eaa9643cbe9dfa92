// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/instance.h"

#include <gtest/gtest.h>

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
}

}  // namespace
}  // namespace spanway::ospf
