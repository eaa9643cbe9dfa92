// SPDX-License-Identifier: BSD-3-Clause
// Packets of our own, on ports whose card writes sums and on ports whose card does not: the same
// bytes arrive, and the card was asked for what it can do.
#include "dataplane/stage/open_sums.h"

#include "tests/unit/stage/traffic.h"

namespace spanway::stage {
namespace {

const Ether kNoEther{};
const Ip4 kOurs4{Ip4Addr(10, 0, 1, 1), Ip4Addr(10, 0, 2, 2)};
const Ip6 kOurs6{test::ip6_of("2001:db8:1::1"), test::ip6_of("2001:db8:2::2")};

constexpr uint16_t kNone = 0, kIp = Meta::kOpenIp4Sum, kL4 = Meta::kOpenL4Sum,
                   kAll = Meta::kOpenSums;
constexpr uint64_t kAskIp4 = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
constexpr uint64_t kAskUdp4 = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM;
constexpr uint64_t kAskUdp6 = RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_UDP_CKSUM;
constexpr uint64_t kAskTcp4 = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM;
constexpr uint64_t kAskTcp6 = RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_TCP_CKSUM;

// The packet as control writes it: rubbish where sums are open, so that whoever adds it is seen.
Bytes opened(Bytes packet, uint16_t sums) {
  const bool six = packet[0] >> 4 == 6;
  if (!six && (sums & kIp) != 0) packet[10] = 0xba, packet[11] = 0xad;
  const size_t l4 = six ? 40 : (packet[0] & 15u) * 4u;
  const uint8_t protocol = six ? packet[6] : packet[9];
  const size_t at = l4 + (protocol == 6 ? 16 : 6);
  if ((sums & kL4) != 0 && protocol != 1) packet[at] = 0xbe, packet[at + 1] = 0xef;
  return packet;
}

struct Case {
  const char* what;
  Bytes packet;  // right to the last bit
  uint16_t open, card;
  uint64_t asked;
};

std::vector<Case> cases() {
  const Bytes udp4_odd = udp4(kOurs4, 101), udp6_odd = udp6(kOurs6, 101);
  const Bytes tcp4 = packet4(with(kOurs4, &Ip4::protocol, 6), test::tcp(kOurs4, 179, 4000));
  const Bytes tcp6 = packet6(with(kOurs6, &Ip6::next, 6), test::tcp(kOurs6, 179, 4000));
  const Ip4 with_options = with(kOurs4, &Ip4::options, Bytes{148, 4, 0, 0});
  const Bytes udp4_options = packet4(with_options, test::udp(kOurs4, 1, 2, counting(9)));
  const Bytes udp6_extended =
      packet6(with(kOurs6, &Ip6::next, 60),
              test::extension(17, Bytes(6)) + test::udp(kOurs6, 1, 2, counting(9)));
  const Bytes echo = packet4(with(kOurs4, &Ip4::protocol, 1), test::icmp4(8, 0, 5, counting(11)));
  const Bytes trailing = packet4(kOurs4, test::udp(kOurs4, 1, 2, counting(9)) + Bytes{1, 2, 3, 4});
  return {
      {"nothing open", udp4_odd, kNone, kAll, 0},
      {"no such card", udp4_odd, kAll, kNone, 0},
      {"UDP over IPv4", udp4_odd, kAll, kAll, kAskIp4 | kAskUdp4},
      {"UDP over IPv4, the card knows transport only", udp4_odd, kAll, kL4, kAskUdp4},
      {"UDP over IPv4, the card knows IP only", udp4_odd, kAll, kIp, kAskIp4},
      {"UDP over IPv4, only the segment open", udp4_odd, kL4, kAll, kAskUdp4},
      {"UDP over IPv4, only the header open", udp4_odd, kIp, kAll, kAskIp4},
      {"UDP over IPv6", udp6_odd, kAll, kAll, kAskUdp6},
      {"UDP over IPv6, no such card", udp6_odd, kAll, kIp, 0},
      {"TCP over IPv4", tcp4, kAll, kAll, kAskIp4 | kAskTcp4},
      {"TCP over IPv6", tcp6, kAll, kAll, kAskTcp6},
      {"TCP over IPv6, no such card", tcp6, kAll, kNone, 0},
      {"IPv4 options", udp4_options, kAll, kAll, kAskIp4 | kAskUdp4},
      {"IPv6 extensions: cards read no chains", udp6_extended, kL4, kAll, 0},
      {"bytes behind the segment: cards sum to the end", trailing, kAll, kAll, kAskIp4},
      {"ICMP: its maker has summed it", echo, kAll, kAll, kAskIp4},
  };
}

TEST(OpenSums, TheCardAndWeWriteTheSameBytes) {
  for (const Case& c : cases()) {
    const bool six = c.packet[0] >> 4 == 6;
    Road road;
    road.card_sums = c.card;
    const bool chain = six && c.packet[6] == 60;
    Bytes given = chain ? c.packet : opened(c.packet, c.open);
    if (chain) given[54] = 0xbe, given[55] = 0xef;
    road.inject(How::kRouted, kNoInterface, frame4(kNoEther, given), c.open);
    const auto sent = road.sent();
    ASSERT_EQ(sent.size(), 1u) << c.what;
    EXPECT_EQ(sent[0].bytes, six ? frame6(kToRight, c.packet) : frame4(kToRight, c.packet))
        << c.what;
    EXPECT_EQ(sent[0].card_flags, c.asked) << c.what;
    expect_sound(road);
  }
}

// RFC 768: a sum that comes out as zero goes as all ones, for zero means that there is none.
TEST(OpenSums, ZeroIsSentAsAllOnes) {
  for (const uint16_t card : {kNone, kAll}) {
    const Bytes plain = udp4(kOurs4, 2);
    // Adding what the sum says to the two bytes of payload makes it zero.
    Bytes packet = udp4(kOurs4, 2);
    const unsigned word = (plain[28] * 256u + plain[29]) + (plain[26] * 256u + plain[27]);
    const unsigned folded = (word & 0xffff) + (word >> 16);
    packet[28] = static_cast<uint8_t>(folded >> 8);
    packet[29] = static_cast<uint8_t>(folded);
    packet[26] = packet[27] = 0xff;
    Road road;
    road.card_sums = card;
    road.inject(How::kRouted, kNoInterface, frame4(kNoEther, opened(packet, kAll)), kAll);
    const auto sent = road.sent();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].bytes, frame4(kToRight, packet)) << card;
    expect_sound(road);
  }
}

TEST(OpenSums, BehindAVlanTag) {
  Road road;
  road.card_sums = kAll;
  road.interfaces[1].vlan = 300;
  road.publish_interfaces();
  road.route("10.0.2.2/32", road.to_neighbour(Road::kRight, Road::kRightPeer));
  const Ether tagged{Road::kRightPeer, Road::kRightMac, 300};
  const Bytes packet = udp4(kOurs4, 33);
  road.inject(How::kRouted, kNoInterface, frame4(kNoEther, opened(packet, kAll)), kAll);
  road.inject(How::kFrame, Road::kRight, frame4(kToRight, opened(packet, kAll)), kAll);
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 2u);
  for (const Sent& one : sent) {
    EXPECT_EQ(one.bytes, frame4(tagged, packet));
    EXPECT_EQ(one.card_flags, kAskIp4 | kAskUdp4);
  }
  expect_sound(road);
}

TEST(OpenSums, WhatTheRouterMakesItself) {
  struct Made {
    const char* what;
    Bytes cause;
    uint64_t asked;
    size_t count;
  };
  const Bytes ping = packet4(with(kToUs4, &Ip4::protocol, 1), test::icmp4(8, 0, 5, counting(11)));
  const Made all[] = {
      {"an echo reply", frame4(kFromLeft, ping), kAskIp4, 1},
      {"an ICMP error", frame4(kFromLeft, udp4(with(kThrough4, &Ip4::ttl, 1))), kAskIp4, 1},
      {"an ICMPv6 error: no sum that a card knows",
       frame6(kFromLeft, udp6(with(kThrough6, &Ip6::hop_limit, 1))), 0, 1},
      {"fragments", frame4(kFromLeft, udp4(kThrough4, 1200)), kAskIp4, 3},
      {"a packet that passes through", frame4(kFromLeft, udp4(kThrough4, 100)), 0, 1},
  };
  for (const Made& made : all) {
    std::vector<Bytes> by_us;
    for (const uint16_t card : {kNone, kAll}) {
      Road road;
      road.card_sums = card;
      road.route("10.0.2.2/32",
                 road.to_neighbour(Road::kRight, Road::kRightPeer, Family::kIp4, 600));
      road.receive(Road::kLeftPort, made.cause);
      const auto sent = road.sent();
      ASSERT_EQ(sent.size(), made.count) << made.what;
      for (size_t i = 0; i < sent.size(); ++i) {
        if (card == kNone) by_us.push_back(sent[i].bytes);
        EXPECT_EQ(sent[i].bytes, by_us[i]) << made.what;
        EXPECT_EQ(sent[i].card_flags, card == kNone ? 0 : made.asked) << made.what;
        if (sent[i].bytes[12] != 8) continue;
        EXPECT_EQ(test::plain_checksum(cut(sent[i].bytes, 14, 20)), 0) << made.what;
      }
      expect_sound(road);
    }
  }
}

// The segment's sum is over all of it, so it is written before the packet is cut.
TEST(OpenSums, AreWrittenBeforeFragmentation) {
  const Bytes packet = udp4(kOurs4, 1000);
  Road road;
  road.card_sums = kAll;
  road.route("10.0.2.2/32", road.to_neighbour(Road::kRight, Road::kRightPeer, Family::kIp4, 600));
  road.inject(How::kRouted, kNoInterface, frame4(kNoEther, opened(packet, kAll)), kAll);
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(cut(sent[0].bytes, 34) + cut(sent[1].bytes, 34), cut(packet, 20));
  for (const Sent& one : sent) {
    EXPECT_EQ(cut(one.bytes, 0, 14), frame4(kToRight, {}));
    EXPECT_EQ(test::plain_checksum(cut(one.bytes, 14, 20)), 0);
    EXPECT_EQ(one.card_flags, kAskIp4);
  }
  expect_sound(road);
}

TEST(OpenSums, WaitForTheNeighbour) {
  const Ip4 late{Ip4Addr(10, 0, 2, 1), Ip4Addr(10, 0, 2, 66)};
  const Bytes packet = udp4(late, 20);
  Road road;
  road.card_sums = kAll;
  road.inject(How::kRouted, kNoInterface, frame4(kNoEther, opened(packet, kAll)), kAll);
  road.route("10.0.2.66/32", road.to_neighbour(Road::kRight, Road::kRightPeer));
  road.tell(Kind::kNeighbourResolved, Road::kRight, late.to);
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].bytes, frame4(kToRight, packet));
  EXPECT_EQ(sent[0].card_flags, kAskIp4 | kAskUdp4);
  road.punted();
  expect_sound(road);
}

// A capture that reported bad sums for every packet of ours, as on Linux, would be of little use.
TEST(OpenSums, ACaptureShowsThemWritten) {
  const Bytes packet = udp4(kOurs4, 20);
  Road road;
  road.card_sums = kAll;
  seam::Watch watch;
  watch.capture_id = 7;
  watch.snap_bytes = seam::CaptureRecord::kSnap;
  road.watch(watch);
  road.inject(How::kRouted, kNoInterface, frame4(kNoEther, opened(packet, kAll)), kAll);
  seam::CaptureRecord record;
  ASSERT_TRUE(road.channels.capture.pop(record));
  EXPECT_TRUE(record.outbound);
  EXPECT_EQ(Bytes(record.data.begin(), record.data.begin() + record.bytes),
            frame4(kToRight, packet));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].bytes, frame4(kToRight, packet));
  EXPECT_EQ(sent[0].card_flags, 0u);
  expect_sound(road);
}

// Round to ourselves without a wire: no sum is asked for, and control gets the packet whole.
TEST(OpenSums, BackToOurselves) {
  Road road;
  road.card_sums = kAll;
  const Ip4 to_self{Ip4Addr(10, 0, 1, 1), Ip4Addr(10, 0, 2, 1), 1};
  const Bytes ping = packet4(to_self, test::icmp4(8, 0, 5, counting(9)));
  road.inject(How::kRouted, kNoInterface, frame4(kNoEther, opened(ping, kAll)), kAll);
  const auto punted = road.punted();
  ASSERT_EQ(punted.size(), 1u);
  EXPECT_EQ(test::plain_checksum(cut(punted[0].bytes, 14, 20)), 0);
  EXPECT_EQ(test::plain_checksum(cut(punted[0].bytes, 34)), 0);

  const Ip4 udp_to_self = with(to_self, &Ip4::protocol, 17);
  road.inject(How::kRouted, kNoInterface, frame4(kNoEther, opened(udp4(udp_to_self), kAll)), kAll);
  EXPECT_EQ(road.drops(DropReason::kLocalBadChecksum), 0u);
  EXPECT_EQ(road.drops(DropReason::kLocalUnknownProtocol), 1u);
  expect_sound(road);
}

// Control asks for what is not there, or in a frame that can not be read: it goes as it came.
TEST(OpenSums, WhatIsNotThereIsPassedOver) {
  const Bytes arp = test::arp_request(Road::kRightMac, Ip4Addr(10, 0, 2, 1), Ip4Addr(10, 0, 2, 9));
  const Bytes good = frame4(kToRight, udp4(kOurs4));
  const Bytes frames[] = {
      arp,
      cut(good, 0, 33),                                                           // half a header
      spoiled(good, 14, 0x41),                                                    // bad length
      frame4(kToRight, packet4(with(kOurs4, &Ip4::fragment, 0x2000), Bytes(7))),  // no UDP header
      frame6(kToRight, packet6(kOurs6, Bytes(3))),
  };
  for (const Bytes& frame : frames) {
    Road road;
    road.card_sums = kL4;
    road.inject(How::kFrame, Road::kRight, frame, kAll);
    const auto sent = road.sent();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].bytes, frame);
    EXPECT_EQ(sent[0].card_flags, 0u);
    expect_sound(road);
  }
}

}  // namespace
}  // namespace spanway::stage
