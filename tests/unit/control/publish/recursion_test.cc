// SPDX-License-Identifier: BSD-3-Clause
// Recursive next hops: gateways that lie on no subnet and follow other routes.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/unit/control/publish/bench.h"

namespace spanway::publish {
namespace {

using rib::Origin;
using rib::Target;
using rib::TargetKind;
using table::NextHop;
using table::NextHopKind;
using test::ip;
using test::prefix;
using test::via;

class Recursion : public test::Bench {
 protected:
  void SetUp() override {
    table::Interface a, b;
    a.index = IfIndex{1};
    b.index = IfIndex{2};
    a.up = b.up = true;
    a.addresses = {*IpWithLength::parse("10.0.1.1/24"), *IpWithLength::parse("2001:db8:1::1/64")};
    b.addresses = {*IpWithLength::parse("10.0.2.1/24")};
    interfaces_ = {a, b};
    ASSERT_TRUE(publisher_.set_interfaces(interfaces_, Nanos()));
  }
  void add(const char* to, const Target& target, uint8_t preference = 1) {
    EXPECT_TRUE(set(to, target, preference)) << to;
    settle();
  }
  void drop(const char* to) {
    EXPECT_TRUE(remove(to)) << to;
    settle();
  }
  void settle() {
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(publisher_.step());
    EXPECT_FALSE(publisher_.waits());
  }
  // Where packets go: the last characters of the gateways, a bucket each; "none": to no neighbour.
  std::string way(const char* to) const {
    const NextHop& hop = at(to);
    if (hop.kind == NextHopKind::kResolve || hop.kind == NextHopKind::kForward)
      return std::string(1, hop.gateway.to_string().back());
    return hop.kind == NextHopKind::kGroup ? members(to) : "none";
  }

  std::vector<table::Interface> interfaces_;
};

TEST_F(Recursion, FollowsTheRouteToTheGateway) {
  add("20.0.0.0/8", via({"192.0.2.9"}));
  EXPECT_EQ(way("20.1.1.1"), "none");
  add("192.0.2.0/24", via({"10.0.1.7"}));
  EXPECT_EQ(way("20.1.1.1"), "77");
  const NextHopId before = slot("20.1.1.1");
  add("192.0.2.0/28", via({"10.0.2.8"}));  // more specific
  EXPECT_EQ(way("20.1.1.1"), "88");
  EXPECT_EQ(slot("20.1.1.1"), before) << "the FIB entry never moved";
  drop("192.0.2.0/28");
  EXPECT_EQ(way("20.1.1.1"), "77");
  drop("192.0.2.0/24");
  EXPECT_EQ(way("20.1.1.1"), "none");
  EXPECT_FALSE(rib_.candidates(prefix("20.0.0.0/8")).at(0).usable);
}

TEST_F(Recursion, ABackupTakesOverWhenTheGatewayIsLost) {
  add("192.0.2.0/24", via({"10.0.1.7"}));
  add("20.0.0.0/8", via({"192.0.2.9"}));
  add("20.0.0.0/8", via({"10.0.2.8"}), 200);
  EXPECT_EQ(way("20.1.1.1"), "77");
  drop("192.0.2.0/24");
  EXPECT_EQ(way("20.1.1.1"), "8");
  add("192.0.2.0/24", via({"10.0.1.7"}));
  EXPECT_EQ(way("20.1.1.1"), "77");
}

TEST_F(Recursion, OneStoreMovesAllRoutesOfAGateway) {
  add("192.0.2.0/24", via({"10.0.1.7"}));
  const Target target = via({"192.0.2.9"});
  const rib::TargetId id = rib_.hold(target);
  constexpr uint32_t kRoutes = 500'000;
  std::vector<rib::Announcement> all;
  for (uint32_t i = 0; i < kRoutes; ++i)
    all.push_back({Prefix4(Ip4Addr(0x14000000 + (i << 8)), 24), {Origin::kStatic, 1, 0}, id});
  ASSERT_TRUE(rib_.apply(all, Nanos()));
  rib_.release(id);
  settle();
  const uint64_t before = publisher_.stats().version;
  add("192.0.2.9/32", via({"10.0.2.8"}));
  EXPECT_LT(publisher_.stats().version - before, 10u) << "not an edit a route";
  EXPECT_EQ(way("20.0.0.1"), "88");
  EXPECT_EQ(way("27.161.31.1"), "88");  // the last of them
  EXPECT_GE(publisher_.stats().routes4, kRoutes);
}

TEST_F(Recursion, SharesFollowTheWeightsOfBothLevels) {
  Target two = via({"10.0.1.7", "10.0.2.8"});
  two.via[1].weight = 3;
  add("192.0.2.0/24", two);
  add("20.0.0.0/8", via({"192.0.2.9"}));
  EXPECT_EQ(way("20.1.1.1"), "7888");
  Target both = via({"192.0.2.9", "10.0.1.6"});
  add("20.0.0.0/8", both);
  EXPECT_EQ(way("20.1.1.1"), "78886666");
}

TEST_F(Recursion, NeverThroughItselfAnotherRecursiveOrTheDefault) {
  add("0.0.0.0/0", via({"10.0.1.7"}));
  add("20.0.0.0/8", via({"20.1.1.1"}));
  EXPECT_EQ(way("20.1.1.1"), "7");  // by the default route itself
  EXPECT_FALSE(rib_.candidates(prefix("20.0.0.0/8")).at(0).usable);
  // Two that lead to each other.
  add("30.0.0.0/8", via({"40.1.1.1"}));
  add("40.0.0.0/8", via({"30.1.1.1"}));
  EXPECT_FALSE(rib_.candidates(prefix("30.0.0.0/8")).at(0).usable);
  EXPECT_FALSE(rib_.candidates(prefix("40.0.0.0/8")).at(0).usable);
  // A covering route with a neighbour for a gateway serves both, the recursive ones are passed
  // over.
  add("32.0.0.0/3", via({"10.0.2.8"}));
  EXPECT_EQ(way("30.1.1.1"), "88");
  EXPECT_EQ(way("40.1.1.1"), "8");  // 40/8 is not usable: 30/8 is recursive itself
}

TEST_F(Recursion, ALocalOrBlackholeRouteIsNoWay) {
  add("192.0.0.0/16", via({"10.0.1.7"}));
  add("20.0.0.0/8", via({"192.0.2.9"}));
  EXPECT_EQ(way("20.1.1.1"), "77");
  add("192.0.2.0/24", {TargetKind::kBlackhole, kNoInterface, {}});
  EXPECT_EQ(way("20.1.1.1"), "none");
  drop("192.0.2.0/24");
  EXPECT_EQ(way("20.1.1.1"), "77");
  add("21.0.0.0/8", via({"10.0.1.1"}));  // ourselves
  EXPECT_EQ(way("21.1.1.1"), "none");
}

TEST_F(Recursion, AGatewayThatLosesItsSubnetFollowsRoutes) {
  add("10.0.0.0/16", via({"10.0.2.8"}));
  add("20.0.0.0/8", via({"10.0.1.7"}));
  EXPECT_EQ(way("20.1.1.1"), "7");
  auto down = interfaces_;
  down[0].up = false;
  ASSERT_TRUE(publisher_.set_interfaces(down, Nanos()));
  settle();
  EXPECT_EQ(way("20.1.1.1"), "88");
  EXPECT_TRUE(publisher_.via_state({ip("10.0.1.7"), kNoInterface, 1}).recursive);
  ASSERT_TRUE(publisher_.set_interfaces(interfaces_, Nanos()));
  settle();
  EXPECT_EQ(way("20.1.1.1"), "77");
  EXPECT_FALSE(publisher_.via_state({ip("10.0.1.7"), kNoInterface, 1}).recursive);
}

TEST_F(Recursion, ServesIp6) {
  add("2001:db8:f::/48", via({"2001:db8:1::7"}));
  add("2001:db8:20::/48", via({"2001:db8:f::1"}));
  EXPECT_EQ(way("2001:db8:20::5"), "77");
  EXPECT_EQ(publisher_.stats().recursive, 1u);
  drop("2001:db8:20::/48");
  drop("2001:db8:f::/48");
  EXPECT_EQ(publisher_.stats().adjacencies, 0u);
  EXPECT_EQ(publisher_.stats().groups, 0u);
}

TEST_F(Recursion, TheTimeToQuietIsMeasured) {
  const uint64_t before = publisher_.stats().quiet.count;
  qsbr_.online(WorkerId{0});
  EXPECT_TRUE(set("20.0.0.0/8", via({"10.0.1.7"})));
  ASSERT_TRUE(publisher_.step());
  ASSERT_TRUE(publisher_.step());
  EXPECT_TRUE(publisher_.waits()) << "a worker has not been quiet yet";
  EXPECT_EQ(publisher_.stats().quiet.count, before);
  qsbr_.quiet(WorkerId{0});
  ASSERT_TRUE(publisher_.step());
  EXPECT_FALSE(publisher_.waits());
  EXPECT_EQ(publisher_.stats().quiet.count, before + 1);
  EXPECT_GT(publisher_.stats().quiet.last, Nanos());
  EXPECT_GE(publisher_.stats().quiet.longest, publisher_.stats().quiet.last);
  qsbr_.offline(WorkerId{0});
}

TEST_F(Recursion, TheLastChangeHasAnAge) {
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point then) {
    return Nanos(std::chrono::nanoseconds(Clock::now() - then).count());
  };
  const Clock::time_point before = Clock::now();
  EXPECT_TRUE(set("20.0.0.0/8", via({"10.0.1.7"})));
  ASSERT_TRUE(publisher_.step());
  const Clock::time_point after = Clock::now();
  ASSERT_TRUE(publisher_.stats().quiet.age);
  EXPECT_LE(*publisher_.stats().quiet.age, since(before));
  ASSERT_TRUE(publisher_.step());  // nothing has changed
  const Nanos least = since(after);
  EXPECT_GE(*publisher_.stats().quiet.age, least);
}

}  // namespace
}  // namespace spanway::publish
