// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/icmp_error.h"

#include "tests/unit/stage/traffic.h"

namespace spanway::stage {
namespace {

constexpr uint16_t kSpent = 1;  // a TTL that ends here, so that an error is due

const Ip4 kExpiring4 = with(kThrough4, &Ip4::ttl, kSpent);
const Ip6 kExpiring6 = with(kThrough6, &Ip6::hop_limit, kSpent);

TEST(IcmpError, IsAWholeMessageFromTheArrivalInterface4) {
  Road road;
  const Bytes offender = udp4(kExpiring4, 30);
  road.receive(Road::kLeftPort, frame4(kFromLeft, offender));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  Ip4 ip{Ip4Addr(10, 0, 1, 1), kThrough4.from, 1, 64};
  ip.dscp = 0xc0;
  ip.id = 0;
  EXPECT_EQ(sent[0].port, Road::kLeftPort);
  EXPECT_EQ(sent[0].bytes, frame4(kToLeft, packet4(ip, test::icmp4(11, 0, 0, offender))));
  EXPECT_EQ(road.counters.originated.get(), 1u);
  expect_sound(road);
}

TEST(IcmpError, IsAWholeMessageFromTheArrivalInterface6) {
  Road road;
  const Bytes offender = udp6(kExpiring6, 31);
  road.receive(Road::kLeftPort, frame6(kFromLeft, offender));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  const Ip6 ip{test::ip6_of("2001:db8:1::1"), kThrough6.from, 58};
  EXPECT_EQ(sent[0].bytes, frame6(kToLeft, packet6(ip, test::icmp6(ip, 3, 0, 0, offender))));
  expect_sound(road);
}

// RFC 1812 section 4.3.2.3 and RFC 4443 section 2.4 (c).
TEST(IcmpError, QuotesAsMuchAsFits) {
  Road road;
  const Bytes long4 = udp4(kExpiring4, 1400);
  const Bytes long6 = udp6(kExpiring6, 1400);
  road.receive(Road::kLeftPort, frame4(kFromLeft, long4));
  road.receive(Road::kLeftPort, frame6(kFromLeft, long6));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].bytes.size(), 14u + 576);
  EXPECT_EQ(cut(sent[0].bytes, 42), cut(long4, 0, 548));
  EXPECT_EQ(test::plain_checksum(cut(sent[0].bytes, 34)), 0);
  EXPECT_EQ(sent[1].bytes.size(), 14u + 1280);
  EXPECT_EQ(cut(sent[1].bytes, 62), cut(long6, 0, 1232));
  const Ip6 ip{test::ip6_of("2001:db8:1::1"), kThrough6.from, 58};
  EXPECT_EQ(test::plain_checksum(test::pseudo(ip, 58, 1240) + cut(sent[1].bytes, 54)), 0);
  expect_sound(road);
}

// RFC 1812 section 4.3.2.7 and RFC 4443 section 2.4 (e): what never causes an error.
TEST(IcmpError, KeepsSilentWhereItMust) {
  const auto icmp = [](uint8_t type) {
    return frame4(kFromLeft, packet4(with(kExpiring4, &Ip4::protocol, 1),
                                     test::icmp4(type, 0, 0, udp4(kThrough4))));
  };
  const auto icmp_6 = [](uint8_t type) {
    const Ip6 ip = with(kExpiring6, &Ip6::next, 58);
    return frame6(kFromLeft, packet6(ip, test::icmp6(ip, type, 0, 0, udp6(kThrough6))));
  };
  const auto fragment = [](int field) {
    return frame4(kFromLeft, packet4(with(kExpiring4, &Ip4::fragment, field), counting(64)));
  };
  const Bytes broadcaster =
      frame4(kFromLeft, udp4(with(kExpiring4, &Ip4::from, Ip4Addr(10, 0, 1, 255))));
  struct Case {
    const char* what;
    Bytes bytes;
    bool told;
  };
  const std::vector<Case> cases = {
      {"unreachable", icmp(3), false},
      {"source quench", icmp(4), false},
      {"redirect", icmp(5), false},
      {"time exceeded", icmp(11), false},
      {"parameter problem", icmp(12), false},
      {"echo request", icmp(8), true},
      {"a stump of ICMP",
       frame4(kFromLeft, packet4(with(kExpiring4, &Ip4::protocol, 1), counting(3))), false},
      {"first fragment", fragment(0x2000), true},
      {"later fragment", fragment(4), false},
      {"from a subnet's broadcast address", broadcaster, false},
      {"ICMPv6 unreachable", icmp_6(1), false},
      {"ICMPv6 unknown error", icmp_6(100), false},
      {"ICMPv6 redirect", icmp_6(137), false},
      {"ICMPv6 echo request", icmp_6(128), true},
      {"a later IPv6 fragment",
       frame6(kFromLeft, packet6(with(kExpiring6, &Ip6::next, 44),
                                 test::fragment_header(17, 800, false, 7) + counting(32))),
       true},  // RFC 4443 makes no exception for it
  };
  for (const Case& c : cases) {
    Road road;
    road.receive(Road::kLeftPort, c.bytes);
    EXPECT_EQ(road.all_drops(), 1u) << c.what;
    EXPECT_EQ(road.sent().size(), c.told ? 1u : 0u) << c.what;
    EXPECT_EQ(road.counters.originated.get(), c.told ? 1u : 0u) << c.what;
    expect_sound(road);
  }
}

TEST(IcmpError, IsRateLimited) {
  Road road;
  const Bytes bytes = frame4(kFromLeft, udp4(kExpiring4));
  const unsigned offered = tuning::kIcmpErrorBurst + 400;
  for (unsigned i = 0; i < offered; ++i) road.receive(Road::kLeftPort, bytes);
  EXPECT_EQ(road.sent().size(), tuning::kIcmpErrorBurst);
  EXPECT_EQ(road.drops(DropReason::kTtlExpired), offered);
  road.advance(millis(50));
  for (unsigned i = 0; i < offered; ++i) road.receive(Road::kLeftPort, bytes);
  EXPECT_EQ(road.sent().size(), tuning::kIcmpErrorsPerSecond / 20);
  expect_sound(road);
}

TEST(IcmpError, WithoutAnAddressOrABufferThereIsNone) {
  Road road;
  for (table::Interface& one : road.interfaces) one.addresses.clear();
  road.publish_interfaces();
  road.receive(Road::kLeftPort, frame4(kFromLeft, udp4(kExpiring4)));
  road.receive(Road::kLeftPort, frame6(kFromLeft, udp6(kExpiring6)));
  EXPECT_EQ(road.all_drops(), 2u);
  EXPECT_TRUE(road.sent().empty());
  expect_sound(road);

  Road dry;
  Packet* p = test::packet_of(frame4(kFromLeft, udp4(kExpiring4)));
  std::vector<Packet*> taken;
  while (Packet* one = dry.buffers.allocate()) taken.push_back(one);
  dry.receive(Road::kLeftPort, std::vector{p});
  for (Packet* one : taken) release(one);
  EXPECT_EQ(dry.drops(DropReason::kTtlExpired), 1u);
  expect_sound(dry);
}

TEST(IcmpError, SpeaksFromAnotherInterfaceWhenItsOwnHasNoAddress) {
  Road road;
  road.interfaces[0].addresses.clear();
  road.publish_interfaces();
  road.receive(Road::kLeftPort, frame4(kFromLeft, udp4(kExpiring4)));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(cut(sent[0].bytes, 26, 4), (Bytes{10, 0, 2, 1}));
  expect_sound(road);
}

// The error itself is a packet like any other: here its sender's MAC is unknown, so it waits.
TEST(IcmpError, WaitsForItsNeighbour) {
  Road road;
  road.receive(Road::kLeftPort,
               frame4(kFromLeft, udp4(with(kExpiring4, &Ip4::from, Ip4Addr(10, 0, 1, 50)))));
  EXPECT_EQ(road.counters.held.get(), 1u);
  EXPECT_EQ(road.imbalance(), 0);
  road.route("10.0.1.50/32", road.to_neighbour(Road::kLeft, Road::kLeftPeer));
  road.tell(Kind::kNeighbourResolved, Road::kLeft, Ip4Addr(10, 0, 1, 50));
  EXPECT_EQ(road.sent().size(), 1u);
  road.punted();
  expect_sound(road);
}

}  // namespace
}  // namespace spanway::stage
