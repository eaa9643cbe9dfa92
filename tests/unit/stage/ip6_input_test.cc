// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/ip6_input.h"

#include "tests/unit/stage/traffic.h"

namespace spanway::stage {
namespace {

Bytes from6(const char* source) {
  return frame6(kFromLeft, udp6(with(kThrough6, &Ip6::from, test::ip6_of(source))));
}
Bytes to6(const char* destination, const Ether& ether = kFromLeft) {
  return frame6(ether, udp6(with(kThrough6, &Ip6::to, test::ip6_of(destination))));
}
Bytes with_hop_by_hop(Ip6 ip, const Bytes& options, const Ether& ether = kFromLeft) {
  const Bytes message = test::udp(ip, 1, 2, {});
  ip.next = 0;
  return frame6(ether, packet6(ip, test::extension(17, options) + message));
}

TEST(Ip6Input, DropsWhatTheScopesForbid) {
  const Bytes good = frame6(kFromLeft, udp6(kThrough6));
  const Ether group{test::mac_of("33:33:00:00:00:01"), Road::kLeftPeer};
  using enum DropReason;
  expect_drops({
      {"39 bytes", cut(good, 0, 53), kIp6Truncated},
      {"a wrong version", spoiled(good, 14, 0x40), kIp6BadVersion},
      {"a payload past the frame", spoiled(good, 18, 1), kIp6BadPayloadLength},
      {"hop-by-hop options past the packet", spoiled(with_hop_by_hop(kThrough6, Bytes(6)), 55, 9),
       kIp6BadExtension},
      {"a group as source", from6("ff02::1"), kIp6MartianSource},
      {"loopback as source", from6("::1"), kIp6MartianSource},
      {"nobody as source", from6("::"), kIp6MartianSource},
      {"loopback as destination", to6("::1"), kIp6MartianDestination},
      {"nobody as destination", to6("::"), kIp6MartianDestination},
      {"a group of reserved scope", to6("ff00::1", group), kIp6MartianDestination},
      {"a group of interface scope", to6("ff01::1", group), kIp6MartianDestination},
      {"a group of the link that we are not in", to6("ff02::1:ff00:99", group), kIp6NotForwardable},
      {"a routed group", to6("ff0e::1234", group), kIp6NotForwardable},
      {"unicast to a group MAC", to6("2001:db8:2::2", group), kIp6NotForwardable},
      {"another's link-local address", to6("fe80::99"), kIp6NotForwardable},
      {"an option that says: discard", with_hop_by_hop(kThrough6, {0x40 | 0x1e, 0, 1, 2, 0, 0}),
       kIp6BadExtension},
      {"an option past its header, to a group",
       with_hop_by_hop(with(kThrough6, &Ip6::to, test::ip6_of("ff02::1")), {5, 9, 0, 0, 0, 0},
                       group),
       kIp6BadExtension},
      {"an option 11 to a group",
       with_hop_by_hop(with(kThrough6, &Ip6::to, test::ip6_of("ff02::1")), {0xc2, 4, 0, 0, 0, 0},
                       group),
       kIp6BadExtension},
  });
}

// The sender hears of it on its own link, from our address there: RFC 4443 section 3.1 code 2.
TEST(Ip6Input, SourceOfOneLinkIsNotForwarded) {
  Road road;
  const Bytes offender = from6("fe80::22");
  road.receive(Road::kLeftPort, offender);
  EXPECT_EQ(road.drops(DropReason::kIp6NotForwardable), 1u);
  EXPECT_EQ(road.all_drops(), 1u);
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  const Ip6 ip{test::ip6_of("fe80::1"), test::ip6_of("fe80::22"), 58};
  EXPECT_EQ(sent[0].bytes,
            frame6(kToLeft, packet6(ip, test::icmp6(ip, 1, 2, 0, cut(offender, 14)))));
  expect_sound(road);
}

// RFC 8200 section 4.2: what the two top bits of an unknown option ask for.
TEST(Ip6Input, ObeysTheActionsOfUnknownOptions) {
  struct Case {
    const char* what;
    uint8_t type;
    const char* to;
    bool kept, told;
  };
  const Case cases[] = {
      {"skip", 0x1e, "2001:db8:2::2", true, false},
      {"discard", 0x5e, "2001:db8:2::2", false, false},
      {"discard and tell", 0x9e, "2001:db8:2::2", false, true},
      {"discard and tell, group too", 0x9e, "ff02::1", false, true},
      {"discard and tell but for groups", 0xde, "2001:db8:2::2", false, true},
      {"discard and tell but for groups: group", 0xde, "ff02::1", false, false},
      {"router alert", 5, "2001:db8:2::2", true, false},
  };
  for (const Case& c : cases) {
    Road road;
    const Ip6 ip = with(kThrough6, &Ip6::to, test::ip6_of(c.to));
    road.receive(Road::kLeftPort, with_hop_by_hop(ip, {1, 0, c.type, 2, 0, 0}));
    EXPECT_EQ(road.drops(DropReason::kIp6BadExtension), c.kept ? 0u : 1u) << c.what;
    const auto sent = road.sent();
    ASSERT_EQ(sent.size(), c.kept || c.told ? 1u : 0u) << c.what;
    if (c.told) {
      EXPECT_EQ(sent[0].port, Road::kLeftPort) << c.what;
      EXPECT_EQ(cut(sent[0].bytes, 54, 2), (Bytes{4, 2})) << c.what;
      EXPECT_EQ(cut(sent[0].bytes, 58, 4), test::be32(44)) << c.what;
    }
    expect_sound(road);
  }
}

TEST(Ip6Input, CutsEthernetPadding) {
  Road road;
  road.receive(Road::kLeftPort, frame6(kFromLeft, udp6(kThrough6, 0)) + Bytes(9, 0xbb));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].bytes, frame6(kToRight, udp6(with(kThrough6, &Ip6::hop_limit, 63), 0)));
  expect_sound(road);
}

}  // namespace
}  // namespace spanway::stage
