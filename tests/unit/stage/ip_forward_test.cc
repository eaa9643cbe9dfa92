// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/ip_forward.h"

#include "tests/unit/stage/traffic.h"

namespace spanway::stage {
namespace {

Bytes hops4(int ttl) { return udp4(with(kThrough4, &Ip4::ttl, ttl)); }
Bytes hops6(int limit) { return udp6(with(kThrough6, &Ip6::hop_limit, limit)); }

struct Case {
  const char* what;
  Bytes in;
  PortId port;
  Bytes out;
};

TEST(IpForward, LowersTheHopLimitAndNothingElse) {
  const std::vector<Case> cases = {
      {"IPv4", frame4(kFromLeft, hops4(64)), Road::kRightPort, frame4(kToRight, hops4(63))},
      {"IPv4 with a TTL of 2", frame4(kFromLeft, hops4(2)), Road::kRightPort,
       frame4(kToRight, hops4(1))},
      {"IPv6", frame6(kFromLeft, hops6(255)), Road::kRightPort, frame6(kToRight, hops6(254))},
      {"IPv6 with a limit of 2", frame6(kFromLeft, hops6(2)), Road::kRightPort,
       frame6(kToRight, hops6(1))},
      {"back out where it came in",
       frame4(kFromLeft, udp4(with(kThrough4, &Ip4::to, Ip4Addr(10, 0, 1, 2)))), Road::kLeftPort,
       frame4(kToLeft, udp4(with(with(kThrough4, &Ip4::to, Ip4Addr(10, 0, 1, 2)), &Ip4::ttl, 63)))},
      {"a header as short as can be", frame4(kFromLeft, packet4(kThrough4, {})), Road::kRightPort,
       frame4(kToRight, packet4(with(kThrough4, &Ip4::ttl, 63), {}))},
  };
  for (const Case& c : cases) {
    Road road;
    road.receive(Road::kLeftPort, c.in);
    const auto sent = road.sent();
    ASSERT_EQ(sent.size(), 1u) << c.what;
    EXPECT_EQ(sent[0].port, c.port) << c.what;
    EXPECT_EQ(sent[0].bytes, c.out) << c.what;
    expect_sound(road);
  }
}

// Every TTL and many identifications: RFC 1624 has a corner at 0xffff.
TEST(IpForward, ChecksumIsRightForEveryHeader) {
  Road road;
  for (unsigned i = 0; i < 20'000; ++i) {
    Ip4 ip = with(kThrough4, &Ip4::id, i * 7919);
    ip.ttl = static_cast<uint8_t>(2 + i % 254);
    road.receive(Road::kLeftPort, frame4(kFromLeft, udp4(ip, 0)));
    const auto sent = road.sent();
    ASSERT_EQ(sent.size(), 1u);
    ASSERT_EQ(test::plain_checksum(cut(sent[0].bytes, 14, 20)), 0);
  }
  expect_sound(road);
}

TEST(IpForward, TellsOfSpentHopLimits) {
  for (const int limit : {0, 1}) {
    Road road;
    road.receive(Road::kLeftPort, frame4(kFromLeft, hops4(limit)));
    road.receive(Road::kLeftPort, frame6(kFromLeft, hops6(limit)));
    EXPECT_EQ(road.drops(DropReason::kTtlExpired), 1u);
    EXPECT_EQ(road.drops(DropReason::kHopLimitExpired), 1u);
    const auto sent = road.sent();
    ASSERT_EQ(sent.size(), 2u);
    EXPECT_EQ(cut(sent[0].bytes, 34, 2), (Bytes{11, 0}));
    EXPECT_EQ(cut(sent[1].bytes, 54, 2), (Bytes{3, 0}));
    expect_sound(road);
  }
}

TEST(IpForward, SpentBeforeResolved) {
  Road road;
  road.receive(Road::kLeftPort, frame4(kFromLeft, udp4(with(with(kThrough4, &Ip4::ttl, 1), &Ip4::to,
                                                            Ip4Addr(10, 0, 2, 77)))));
  EXPECT_EQ(road.drops(DropReason::kTtlExpired), 1u);
  EXPECT_EQ(road.counters.held.get(), 0u);
  expect_sound(road);
}

// RFC 1191 section 4 and RFC 4443 section 3.2: the sender learns the next link's MTU.
TEST(IpForward, TellsTheMtu) {
  struct Size {
    size_t payload;
    bool fits;
  };
  for (const Size size : {Size{572, true}, Size{573, false}, Size{1400, false}}) {
    Road road;
    road.route("10.0.2.2/32", road.to_neighbour(Road::kRight, Road::kRightPeer, Family::kIp4, 600));
    const Ip4 ip = with(kThrough4, &Ip4::fragment, Ip4Header::kDontFragment);
    road.receive(Road::kLeftPort, frame4(kFromLeft, udp4(ip, size.payload)));
    const auto sent = road.sent();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].port, size.fits ? Road::kRightPort : Road::kLeftPort);
    EXPECT_EQ(road.drops(DropReason::kMtuExceeded), size.fits ? 0u : 1u);
    if (!size.fits) {
      EXPECT_EQ(cut(sent[0].bytes, 34, 2), (Bytes{3, 4}));
      EXPECT_EQ(cut(sent[0].bytes, 38, 4), test::be32(600));
      // The quoted header is the one that came, its TTL untouched.
      EXPECT_EQ(sent[0].bytes[42 + 8], 64);
    }
    expect_sound(road);
  }
  Road road;
  road.route("2001:db8:2::2/128",
             road.to_neighbour(Road::kRight, Road::kRightPeer, Family::kIp6, 1280));
  road.receive(Road::kLeftPort, frame6(kFromLeft, udp6(kThrough6, 1233)));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(cut(sent[0].bytes, 54, 2), (Bytes{2, 0}));
  EXPECT_EQ(cut(sent[0].bytes, 58, 4), test::be32(1280));
  expect_sound(road);
}

TEST(IpForward, TagsWhatLeavesByAVlan) {
  Road road;
  road.interfaces[1].vlan = 200;
  road.publish_interfaces();
  road.route("10.0.2.2/32", road.to_neighbour(Road::kRight, Road::kRightPeer));
  road.receive(Road::kLeftPort, frame4(kFromLeft, hops4(9)));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].bytes, frame4({Road::kRightPeer, Road::kRightMac, 200}, hops4(8)));
  EXPECT_EQ(road.counters.interfaces[Road::kRight.value].tx_packets.get(), 1u);
  EXPECT_EQ(road.counters.interfaces[Road::kRight.value].tx_bytes.get(), 18u + 54);
  expect_sound(road);
}

}  // namespace
}  // namespace spanway::stage
