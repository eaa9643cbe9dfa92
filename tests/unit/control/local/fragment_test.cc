// SPDX-License-Identifier: BSD-3-Clause
#include "control/local/fragment.h"

#include "tests/unit/control/local/pieces.h"

namespace spanway::local {
namespace {

Octets packet_of(const Octets& frame) { return slice(frame, 14, frame.size() - 14); }

TEST(ParseFragment, ReadsBothFamilies) {
  const Octets payload = counting(64);
  Ip4 ip = kToUs4;
  ip.options = {7, 7, 4, 0, 0, 0, 0, 1};
  const Octets four = packet_of(piece4(ip, payload, {16, 24, true}));
  const auto a = parse_fragment(four);
  ASSERT_TRUE(a);
  EXPECT_EQ(a->source, IpAddr(kToUs4.from));
  EXPECT_EQ(a->id, 0x1234u);
  EXPECT_EQ(a->protocol, 1);
  EXPECT_EQ(a->offset, 16u);
  EXPECT_TRUE(a->more);
  EXPECT_EQ(a->front.size(), 28u);
  EXPECT_EQ(Octets(a->payload.begin(), a->payload.end()), slice(payload, 16, 24));

  const Octets chain = test::extension(44, Octets(6)) +
                       test::fragment_header(58, 8, false, 0xabcdef01) + slice(payload, 8, 5);
  Ip6 first = kToUs6;
  first.next = 60;
  const Octets six = packet6(first, chain);
  const auto b = parse_fragment(six);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->id, 0xabcdef01u);
  EXPECT_EQ(b->protocol, 58);
  EXPECT_EQ(b->offset, 8u);
  EXPECT_FALSE(b->more);
  EXPECT_EQ(b->front.size(), 48u);
  EXPECT_EQ(b->next_at, 40u);
  EXPECT_EQ(b->payload.size(), 5u);
}

TEST(ParseFragment, RefusesWhatIsNone) {
  const Octets payload = counting(64);
  const Octets four = packet_of(piece4(kToUs4, payload, {0, 64, true}));
  const Octets six = packet_of(piece6(kToUs6, payload, {0, 64, true}));
  EXPECT_FALSE(parse_fragment({}));
  EXPECT_FALSE(parse_fragment(packet4(kToUs4, payload)));
  EXPECT_FALSE(parse_fragment(packet6(kToUs6, payload)));
  EXPECT_FALSE(parse_fragment(packet_of(piece6(kToUs6, payload, {0, 64, false}))));  // atomic
  for (size_t bytes = 0; bytes < four.size(); ++bytes)
    EXPECT_FALSE(parse_fragment(Bytes(four).first(bytes))) << bytes;
  for (size_t bytes = 0; bytes < six.size(); ++bytes)
    EXPECT_FALSE(parse_fragment(Bytes(six).first(bytes))) << bytes;
  // Extension headers that reach beyond the packet.
  Ip6 chained = kToUs6;
  chained.next = 60;
  EXPECT_FALSE(parse_fragment(packet6(chained, {44, 9, 0, 0, 0, 0, 0, 0})));
  EXPECT_FALSE(parse_fragment(packet6(chained, {44, 0, 0, 0, 0, 0, 0, 0, 58, 0, 0, 1})));
}

TEST(Cut, WhatFitsStaysWhole) {
  const Octets packet = packet4(kToUs4, counting(100));
  const auto pieces = cut(packet, packet.size(), 9);
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_EQ(pieces[0], packet);
}

TEST(Cut, PiecesAreThoseOfTheStandard) {
  const Octets payload = counting(200);
  Ip4 ip = kToUs4;
  ip.id = 0x7788;
  const auto four = cut(packet4(kToUs4, payload), 120, 0xffff7788);
  const auto six = cut(packet6(kToUs6, payload), 140, 0x11223344);
  ASSERT_EQ(four.size(), 3u);
  ASSERT_EQ(six.size(), 3u);
  const std::vector<Part> parts4 = parts_of(payload, 96), parts6 = parts_of(payload, 88);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(four[i], packet_of(piece4(ip, payload, parts4[i]))) << i;
    EXPECT_EQ(six[i], packet_of(piece6(kToUs6, payload, parts6[i], 0x11223344))) << i;
  }
}

}  // namespace
}  // namespace spanway::local
