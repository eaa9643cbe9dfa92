// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/route.h"

#include <map>

#include "tests/unit/stage/traffic.h"

namespace spanway::stage {
namespace {

// What each kind of next hop does to a packet.
TEST(Route, EveryKindEndsAsItSays) {
  struct Case {
    const char* what;
    NextHopKind kind;
    DropReason reason4, reason6;
    Bytes answer4, answer6;  // ICMP type and code, or none
  };
  using enum DropReason;
  const std::vector<Case> cases = {
      {"no route", NextHopKind::kNoRoute, kNoRoute, kNoRoute, {3, 0}, {1, 0}},
      {"blackhole", NextHopKind::kBlackhole, kBlackhole, kBlackhole, {}, {}},
      {"reject", NextHopKind::kReject, kReject, kReject, {3, 13}, {1, 6}},
      {"martian", NextHopKind::kMartian, kIp4MartianDestination, kIp6MartianDestination, {}, {}},
  };
  for (const Case& c : cases) {
    Road road;
    const NextHopId hop = road.add_hop(Road::to_kind(c.kind));
    road.route("10.9.0.0/16", hop);
    road.route("2001:db8:9::/48", hop);
    road.receive(Road::kLeftPort,
                 frame4(kFromLeft, udp4(with(kThrough4, &Ip4::to, test::ip4_of("10.9.1.1")))));
    EXPECT_EQ(road.drops(c.reason4), 1u) << c.what;
    auto sent = road.sent();
    ASSERT_EQ(sent.size(), c.answer4.empty() ? 0u : 1u) << c.what;
    if (!sent.empty()) {
      EXPECT_EQ(cut(sent[0].bytes, 34, 2), c.answer4) << c.what;
    }

    const uint64_t before = road.drops(c.reason6);
    road.receive(Road::kLeftPort,
                 frame6(kFromLeft, udp6(with(kThrough6, &Ip6::to, test::ip6_of("2001:db8:9::1")))));
    EXPECT_EQ(road.drops(c.reason6), before + 1) << c.what;
    sent = road.sent();
    ASSERT_EQ(sent.size(), c.answer6.empty() ? 0u : 1u) << c.what;
    if (!sent.empty()) {
      EXPECT_EQ(cut(sent[0].bytes, 54, 2), c.answer6) << c.what;
    }
    expect_sound(road);
  }
}

TEST(Route, NothingInTheTableIsNoRoute) {
  Road road;
  road.receive(Road::kLeftPort,
               frame4(kFromLeft, udp4(with(kThrough4, &Ip4::to, test::ip4_of("198.51.100.1")))));
  EXPECT_EQ(road.drops(DropReason::kNoRoute), 1u);
  expect_sound(road);
}

// A group of weights 3 and 1: flows keep to their member, and many flows meet the weights.
TEST(Route, GroupsSpreadFlowsByWeight) {
  Road road;
  const NextHopId a =
      road.add_hop(road.to_neighbour(Road::kRight, test::mac_of("02:00:00:00:02:0a")));
  const NextHopId b =
      road.add_hop(road.to_neighbour(Road::kRight, test::mac_of("02:00:00:00:02:0b")));
  table::NextHop group = Road::to_kind(NextHopKind::kGroup);
  group.bucket_bits = 2;
  group.buckets = {a, a, b, a};
  road.route("10.9.0.0/16", group);
  const auto member_of = [&](uint16_t port) {
    const Ip4 ip = with(kThrough4, &Ip4::to, test::ip4_of("10.9.1.1"));
    road.receive(Road::kLeftPort, frame4(kFromLeft, packet4(ip, test::udp(ip, port, 53, {}))));
    const auto sent = road.sent();
    return sent.size() == 1 ? sent[0].bytes.at(5) : uint8_t{0};
  };
  std::map<uint8_t, unsigned> count;
  constexpr unsigned kFlows = 4000;
  for (unsigned flow = 0; flow < kFlows; ++flow) {
    const auto port = static_cast<uint16_t>(1024 + flow);
    const uint8_t member = member_of(port);
    ++count[member];
    if (flow % 100 == 0) {
      EXPECT_EQ(member_of(port), member);
    }
  }
  EXPECT_EQ(count.size(), 2u);
  // Four standard deviations of a fair draw.
  EXPECT_NEAR(count[0x0a], kFlows * 3 / 4, 110);
  expect_sound(road);
}

// The first fragment has ports, the others have not: all must take one way.
TEST(Route, FragmentsOfAPacketTakeOneWay) {
  Road road;
  const NextHopId a =
      road.add_hop(road.to_neighbour(Road::kRight, test::mac_of("02:00:00:00:02:0a")));
  const NextHopId b =
      road.add_hop(road.to_neighbour(Road::kRight, test::mac_of("02:00:00:00:02:0b")));
  table::NextHop group = Road::to_kind(NextHopKind::kGroup);
  group.bucket_bits = 1;
  group.buckets = {a, b};
  road.route("10.9.0.0/16", group);
  for (unsigned host = 1; host < 60; ++host) {
    Ip4 ip = with(kThrough4, &Ip4::to, Ip4Addr(10, 9, 1, static_cast<uint8_t>(host)));
    ip.fragment = Ip4Header::kMoreFragments;
    road.receive(Road::kLeftPort, frame4(kFromLeft, packet4(ip, counting(64))));
    ip.fragment = 8;
    road.receive(Road::kLeftPort, frame4(kFromLeft, packet4(ip, counting(64))));
    const auto sent = road.sent();
    ASSERT_EQ(sent.size(), 2u);
    EXPECT_EQ(sent[0].bytes[5], sent[1].bytes[5]);
  }
  expect_sound(road);
}

TEST(Route, AGroupOfOneAndAGroupInAGroup) {
  Road road;
  const NextHopId one = road.add_hop(road.to_neighbour(Road::kRight, Road::kRightPeer));
  table::NextHop group = Road::to_kind(NextHopKind::kGroup);
  group.buckets = {one};
  const NextHopId outer = road.add_hop(group);
  road.route("10.9.0.0/16", outer);
  group.buckets = {outer};
  road.route("10.8.0.0/16", group);
  road.receive(Road::kLeftPort,
               frame4(kFromLeft, udp4(with(kThrough4, &Ip4::to, test::ip4_of("10.9.1.1")))));
  EXPECT_EQ(road.sent().size(), 1u);
  road.receive(Road::kLeftPort,
               frame4(kFromLeft, udp4(with(kThrough4, &Ip4::to, test::ip4_of("10.8.1.1")))));
  EXPECT_EQ(road.drops(DropReason::kNoRoute), 1u);
  expect_sound(road);
}

}  // namespace
}  // namespace spanway::stage
