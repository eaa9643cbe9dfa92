// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/inject.h"

#include "tests/unit/stage/traffic.h"

namespace spanway::stage {
namespace {

const Ether kNoEther{};  // what stands before a kRouted packet does not matter

TEST(Inject, AFrameLeavesAsItIs) {
  Road road;
  const Bytes hello =
      frame4({test::mac_of("01:00:5e:00:00:05"), Road::kRightMac},
             packet4({Ip4Addr(10, 0, 2, 1), Ip4Addr(224, 0, 0, 5), 89, 1}, Bytes(44)));
  road.inject(How::kFrame, Road::kRight, hello);
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].port, Road::kRightPort);
  EXPECT_EQ(sent[0].bytes, hello);
  EXPECT_EQ(road.counters.injected.get(), 1u);
  expect_sound(road);
}

TEST(Inject, AFrameGetsTheTagOfItsInterface) {
  Road road;
  road.interfaces[1].vlan = 300;
  road.publish_interfaces();
  const Bytes arp = test::arp_request(Road::kRightMac, Ip4Addr(10, 0, 2, 1), Ip4Addr(10, 0, 2, 9));
  road.inject(How::kFrame, Road::kRight, arp);
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  const Bytes tag = {0x81, 0, 1, 44};
  EXPECT_EQ(sent[0].bytes, cut(arp, 0, 12) + tag + cut(arp, 12));
  expect_sound(road);
}

TEST(Inject, AFrameWithoutAnInterfaceIsDropped) {
  Road road;
  const Bytes arp = test::arp_request(Road::kRightMac, Ip4Addr(10, 0, 2, 1), Ip4Addr(10, 0, 2, 9));
  road.inject(How::kFrame, IfIndex(99), arp);
  EXPECT_EQ(road.drops(DropReason::kInterfaceDown), 1u);
  road.interfaces[1].up = false;
  road.publish_interfaces();
  road.inject(How::kFrame, Road::kRight, arp);
  EXPECT_EQ(road.drops(DropReason::kInterfaceDown), 2u);
  road.inject(How::kFrame, Road::kRight, Bytes(13));
  EXPECT_EQ(road.drops(DropReason::kFrameTruncated), 1u);
  expect_sound(road);
}

// A packet of our own is routed with the hop limit that it was given.
TEST(Inject, APacketIsRouted) {
  Road road;
  const Bytes p4 = udp4({Ip4Addr(10, 0, 1, 1), Ip4Addr(10, 0, 2, 2), 17, 1});
  const Bytes p6 = udp6({test::ip6_of("2001:db8:1::1"), test::ip6_of("2001:db8:2::2"), 17, 1});
  road.inject(How::kRouted, kNoInterface, frame4(kNoEther, p4));
  road.inject(How::kRouted, kNoInterface, frame6(kNoEther, p6));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].bytes, frame4(kToRight, p4));
  EXPECT_EQ(sent[1].bytes, frame6(kToRight, p6));
  expect_sound(road);
}

TEST(Inject, APacketWaitsForItsNeighbour) {
  Road road;
  road.inject(How::kRouted, kNoInterface,
              frame4(kNoEther, udp4({Ip4Addr(10, 0, 2, 1), Ip4Addr(10, 0, 2, 66)})));
  EXPECT_EQ(road.counters.held.get(), 1u);
  EXPECT_EQ(road.punted().size(), 1u);
  EXPECT_EQ(road.imbalance(), 0);
}

TEST(Inject, ALongPacketIsFragmented) {
  Road road;
  road.route("10.0.2.2/32", road.to_neighbour(Road::kRight, Road::kRightPeer, Family::kIp4, 600));
  road.inject(How::kRouted, kNoInterface,
              frame4(kNoEther, udp4({Ip4Addr(10, 0, 2, 1), Ip4Addr(10, 0, 2, 2)}, 1000)));
  EXPECT_EQ(road.sent().size(), 2u);
  expect_sound(road);
}

TEST(Inject, ToOurselvesComesBackByThePuntRing) {
  Road road;
  const Ip4 ip{Ip4Addr(10, 0, 1, 1), Ip4Addr(10, 0, 2, 1), 1};
  road.inject(How::kRouted, kNoInterface, frame4(kNoEther, packet4(ip, test::icmp4(8, 0, 5, {}))));
  const auto punted = road.punted();
  ASSERT_EQ(punted.size(), 1u);
  EXPECT_EQ(punted[0].punt.reason, seam::PuntReason::kEchoReply);
  EXPECT_EQ(road.counters.local.get(), 1u);
  expect_sound(road);
}

// Control's own packets cause no ICMP errors, and control's mistakes are drops like any other.
TEST(Inject, WhatCanNotGoIsDroppedInSilence) {
  struct Case {
    const char* what;
    Bytes bytes;
    DropReason reason;
  };
  const Ip4 nowhere{Ip4Addr(10, 0, 1, 1), Ip4Addr(198, 51, 100, 1)};
  const std::vector<Case> cases = {
      {"no route", frame4(kNoEther, udp4(nowhere)), DropReason::kNoRoute},
      {"no packet at all", Bytes(14), DropReason::kFrameTruncated},
      {"less than space for a header", Bytes(5), DropReason::kFrameTruncated},
      {"half a header", Bytes(14) + Bytes{0x45, 0, 0, 0}, DropReason::kIp4Truncated},
      {"neither version", Bytes(14) + Bytes(40, 0x33), DropReason::kIp4BadVersion},
      {"a closed port of ours", frame4(kNoEther, udp4({nowhere.from, Ip4Addr(10, 0, 2, 1)})),
       DropReason::kLocalUnknownProtocol},
  };
  for (const Case& c : cases) {
    Road road;
    road.inject(How::kRouted, kNoInterface, c.bytes);
    EXPECT_EQ(road.drops(c.reason), 1u) << c.what;
    EXPECT_TRUE(road.sent().empty()) << c.what;
    expect_sound(road);
  }
}

}  // namespace
}  // namespace spanway::stage
