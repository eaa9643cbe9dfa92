// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/inject.h"

#include "dataplane/stage/icmp_error.h"
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

// What control could make nothing of comes back, so that its sender hears of it.
TEST(Inject, ARefusedFrameIsAnsweredAndDropped) {
  struct Case {
    const char* what;
    Bytes bytes;
    DropReason reason;
    IcmpError error;
    uint32_t value;
    size_t at;      // of the ICMP type in the answer's frame; 0: no answer
    Bytes message;  // type and code
    Bytes rest;     // the third word
  };
  const Bytes first4 =
      frame4(kFromLeft, packet4(with(kToUs4, &Ip4::fragment, 0x2000), counting(64)));
  const Bytes later4 =
      frame4(kFromLeft, packet4(with(kToUs4, &Ip4::fragment, 0x2001), counting(64)));
  const auto first6 = [](Ip6 ip) {
    ip.next = 44;
    return frame6(kFromLeft, packet6(ip, test::fragment_header(200, 0, true, 1) + counting(16)));
  };
  const Ip6 link{test::ip6_of("fe80::2"), test::ip6_of("fe80::1")};
  using enum DropReason;
  const std::vector<Case> cases = {
      {"IPv4, time",
       first4,
       kLocalReassembly,
       IcmpError::kReassemblyTime,
       0,
       34,
       {11, 1},
       test::be32(0)},
      {"IPv6, time",
       first6(kToUs6),
       kLocalReassembly,
       IcmpError::kReassemblyTime,
       0,
       54,
       {3, 1},
       test::be32(0)},
      {"a link-local sender",
       first6(link),
       kLocalReassembly,
       IcmpError::kReassemblyTime,
       0,
       54,
       {3, 1},
       test::be32(0)},
      {"IPv6, a bad field",
       first6(kToUs6),
       kLocalReassembly,
       IcmpError::kParameterProblem,
       42,
       54,
       {4, 0},
       test::be32(42)},
      {"a port",
       first4,
       kLocalUnknownProtocol,
       IcmpError::kPortUnreachable,
       0,
       34,
       {3, 3},
       test::be32(0)},
      {"an unknown next header",
       first6(kToUs6),
       kLocalUnknownProtocol,
       IcmpError::kProtocolUnreachable,
       0,
       54,
       {4, 1},
       test::be32(40)},
      {"a later fragment of IPv4",
       later4,
       kLocalReassembly,
       IcmpError::kReassemblyTime,
       0,
       0,
       {},
       {}},
      {"no packet at all", Bytes(5), kFrameTruncated, IcmpError::kReassemblyTime, 0, 0, {}, {}},
      {"not IP",
       test::arp_request(Road::kLeftPeer, kToUs4.from, kToUs4.to),
       kLocalReassembly,
       IcmpError::kReassemblyTime,
       0,
       0,
       {},
       {}},
  };
  for (const Case& c : cases) {
    Road road;
    road.inject(seam::Inject{.how = How::kRefused,
                             .interface = Road::kLeft,
                             .packet = test::packet_of(c.bytes),
                             .reason = c.reason,
                             .icmp_error = static_cast<uint8_t>(c.error),
                             .icmp_value = c.value});
    EXPECT_EQ(road.drops(c.reason), 1u) << c.what;
    EXPECT_EQ(road.all_drops(), 1u) << c.what;
    EXPECT_EQ(road.counters.injected.get(), 1u) << c.what;
    const auto sent = road.sent();
    ASSERT_EQ(sent.size(), c.at == 0 ? 0u : 1u) << c.what;
    expect_sound(road);
    if (c.at == 0) continue;
    EXPECT_EQ(cut(sent[0].bytes, c.at, 2), c.message) << c.what;
    EXPECT_EQ(cut(sent[0].bytes, c.at + 4, 4), c.rest) << c.what;
    EXPECT_EQ(cut(sent[0].bytes, c.at + 8), cut(c.bytes, 14)) << c.what;
    const bool v4 = c.at == 34;  // it speaks from the address that was spoken to
    EXPECT_EQ(v4 ? cut(sent[0].bytes, 26, 4) : cut(sent[0].bytes, 22, 16),
              v4 ? cut(c.bytes, 30, 4) : cut(c.bytes, 38, 16))
        << c.what;
  }
}

}  // namespace
}  // namespace spanway::stage
