// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/ip4_input.h"

#include "tests/unit/stage/traffic.h"

namespace spanway::stage {
namespace {

Bytes from4(const char* source) {
  return frame4(kFromLeft, udp4(with(kThrough4, &Ip4::from, test::ip4_of(source))));
}
Bytes to4(const char* destination, const Ether& ether = kFromLeft) {
  return frame4(ether, udp4(with(kThrough4, &Ip4::to, test::ip4_of(destination))));
}
Bytes with_options(const Bytes& options) {
  return frame4(kFromLeft, udp4(with(kThrough4, &Ip4::options, options)));
}

// RFC 1812 section 5.2.2 and 5.3.7, one line a rule.
TEST(Ip4Input, DropsWhatRfc1812Forbids) {
  const Bytes good = frame4(kFromLeft, udp4(kThrough4));
  const Ether group{test::mac_of("01:00:5e:00:00:05"), Road::kLeftPeer};
  const Ether everyone{EtherAddr::broadcast(), Road::kLeftPeer};
  using enum DropReason;
  expect_drops({
      {"19 bytes", cut(good, 0, 33), kIp4Truncated},
      {"a wrong version", spoiled(good, 14, 0x55), kIp4BadVersion},
      {"a short header length", spoiled(good, 14, 0x44), kIp4BadHeaderLength},
      {"a total length past the frame", spoiled(good, 16, 1), kIp4BadTotalLength},
      {"a bad checksum", spoiled(good, 25, good[25] ^ 1), kIp4BadChecksum},
      {"this network as source", from4("0.1.2.3"), kIp4MartianSource},
      {"nobody as source", from4("0.0.0.0"), kIp4MartianSource},
      {"loopback as source", from4("127.0.0.1"), kIp4MartianSource},
      {"a group as source", from4("224.1.1.1"), kIp4MartianSource},
      {"class E as source", from4("240.0.0.1"), kIp4MartianSource},
      {"everyone as source", from4("255.255.255.255"), kIp4MartianSource},
      {"this network as destination", to4("0.0.0.1"), kIp4MartianDestination},
      {"loopback as destination", to4("127.0.0.1"), kIp4MartianDestination},
      {"class E as destination", to4("250.0.0.1"), kIp4MartianDestination},
      {"a routed group", to4("239.1.1.1", group), kIp4NotForwardable},
      {"unicast to a group MAC", to4("10.0.2.2", group), kIp4NotForwardable},
      {"unicast to the broadcast MAC", to4("10.0.2.2", everyone), kIp4NotForwardable},
      {"our own address by the broadcast MAC", to4("10.0.1.1", everyone), kIp4NotForwardable},
      {"loose source route", with_options({131, 7, 4, 10, 0, 9, 9, 0}), kIp4BadOptions},
      {"strict source route", with_options({137, 7, 4, 10, 0, 9, 9, 0}), kIp4BadOptions},
      {"bad options with a bad checksum", spoiled(with_options({7, 0, 0, 0}), 25, 0),
       kIp4BadChecksum},
      {"a directed broadcast", to4("10.0.2.255"), kIp4NotForwardable},
      {"the old directed broadcast", to4("10.0.2.0"), kIp4NotForwardable},
  });
}

TEST(Ip4Input, TakesTheCardsVerdict) {
  struct Case {
    const char* what;
    uint64_t flags;
    bool spoil, forwarded;
  };
  const Case cases[] = {
      {"good: not looked at again", RTE_MBUF_F_RX_IP_CKSUM_GOOD, true, true},
      {"bad: believed", RTE_MBUF_F_RX_IP_CKSUM_BAD, false, false},
      {"unknown, right", RTE_MBUF_F_RX_IP_CKSUM_UNKNOWN, false, true},
      {"unknown, wrong", RTE_MBUF_F_RX_IP_CKSUM_UNKNOWN, true, false},
      {"no verdict, wrong", RTE_MBUF_F_RX_IP_CKSUM_NONE, true, false},
  };
  for (const Case& c : cases) {
    Road road;
    Bytes bytes = frame4(kFromLeft, udp4(kThrough4));
    if (c.spoil) bytes[25] ^= 1;
    Packet* p = test::packet_of(bytes);
    p->ol_flags |= c.flags;
    road.receive(Road::kLeftPort, std::vector{p});
    EXPECT_EQ(road.sent().size(), c.forwarded ? 1u : 0u) << c.what;
    EXPECT_EQ(road.drops(DropReason::kIp4BadChecksum), c.forwarded ? 0u : 1u) << c.what;
    expect_sound(road);
  }
}

TEST(Ip4Input, CutsEthernetPadding) {
  Road road;
  road.receive(Road::kLeftPort, frame4(kFromLeft, udp4(kThrough4, 1)) + Bytes(17, 0xaa));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].bytes, frame4(kToRight, udp4(with(kThrough4, &Ip4::ttl, 63), 1)));
  expect_sound(road);
}

TEST(Ip4Input, ForwardsHarmlessOptionsAsTheyAre) {
  for (const Bytes& options :
       {Bytes{148, 4, 0, 0}, Bytes{7, 7, 4, 0, 0, 0, 0, 0}, Bytes{1, 1, 1, 0}, Bytes{0, 9, 9, 9}}) {
    Road road;
    road.receive(Road::kLeftPort, with_options(options));
    const auto sent = road.sent();
    ASSERT_EQ(sent.size(), 1u);
    const Ip4 out = with(with(kThrough4, &Ip4::options, options), &Ip4::ttl, 63);
    EXPECT_EQ(sent[0].bytes, frame4(kToRight, udp4(out)));
    expect_sound(road);
  }
}

TEST(Ip4Input, TellsTheSenderOfBadOptions) {
  Road road;
  road.receive(Road::kLeftPort, with_options({1, 7, 9, 0}));
  EXPECT_EQ(road.drops(DropReason::kIp4BadOptions), 1u);
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].bytes[34], 12);  // parameter problem
  EXPECT_EQ(sent[0].bytes[38], 21);  // the option behind the no-op
  expect_sound(road);
}

}  // namespace
}  // namespace spanway::stage
