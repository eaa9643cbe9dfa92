// SPDX-License-Identifier: BSD-3-Clause
#include "control/ping/probe_packet.h"

#include <gtest/gtest.h>

#include "dataplane/base/random.h"
#include "tests/unit/control/ping/world.h"

namespace spanway::ping {
namespace {

using test::Bytes;
using test::icmp4;
using test::icmp6;
using test::ip;

ProbePacket probe4(uint16_t payload = 4) {
  return {.source = ip("10.0.0.1"),
          .destination = ip("10.0.0.2"),
          .mark = {0x1234, 7},
          .payload_bytes = payload};
}
ProbePacket probe6() {
  return {.source = ip("2001:db8::1"),
          .destination = ip("2001:db8::2"),
          .mark = {0x1234, 7},
          .payload_bytes = 4};
}

// But for the sum of the IPv4 header (26 db), which the sender writes.
TEST(ProbePacket, Echo4IsWhatScapyMakes) {
  const Bytes expected = {0x45, 0, 0, 32, 0, 0, 0x40, 0,    64,   1,    0, 0, 10, 0, 0,  1,
                          10,   0, 0, 2,  8, 0, 0xd3, 0xb0, 0x12, 0x34, 0, 7, 8,  9, 10, 11};
  EXPECT_EQ(write_probe(probe4()), expected);
}

TEST(ProbePacket, HasTheSumOfIcmpAndZeroForTheOthers) {
  for (const bool udp : {false, true})
    for (ProbePacket probe : {probe4(), probe4(0), probe4(57), probe6()}) {
      probe.udp = udp;
      const Bytes packet = write_probe(probe);
      EXPECT_EQ(packet.size(), packet_bytes(probe));
      const bool four = probe.source.is4();
      const auto body = std::span(packet).subspan(four ? 20 : 40);
      if (four) {
        EXPECT_EQ(packet[10] | packet[11], 0);
      }
      if (udp) {
        EXPECT_EQ(body[6] | body[7], 0);
        continue;
      }
      Ip6Header header;
      if (!four) std::memcpy(&header, packet.data(), sizeof header);
      const uint64_t pseudo =
          four ? 0 : pseudo_sum(header, ip_proto::kIcmp6, static_cast<uint32_t>(body.size()));
      EXPECT_EQ(checksum_finish(checksum_add(pseudo, body)), 0);
    }
}

TEST(ProbePacket, DontFragmentIsAChoice) {
  ProbePacket probe = probe4();
  EXPECT_EQ(write_probe(probe)[6], 0x40);
  probe.dont_fragment = false;
  EXPECT_EQ(write_probe(probe)[6], 0);
}

TEST(Answer, EchoReply) {
  const auto four = parse_answer(test::reply_to(write_probe(probe4())));
  ASSERT_TRUE(four);
  EXPECT_EQ(four->kind, AnswerKind::kEchoReply);
  EXPECT_EQ(four->mark, (Mark{0x1234, 7}));
  EXPECT_EQ(four->from, ip("10.0.0.2"));
  EXPECT_EQ(four->ttl, 60);
  EXPECT_EQ(four->bytes, 12);
  const auto six = parse_answer(test::reply_to(write_probe(probe6())));
  ASSERT_TRUE(six);
  EXPECT_EQ(six->from, ip("2001:db8::2"));
  EXPECT_EQ(six->mark, (Mark{0x1234, 7}));
}

TEST(Answer, EveryErrorByTypeAndCode) {
  struct Case {
    uint8_t type, code;
    AnswerKind kind;
  };
  const Case four[] = {{3, 0, AnswerKind::kNetUnreachable},
                       {3, 1, AnswerKind::kHostUnreachable},
                       {3, 2, AnswerKind::kProtocolUnreachable},
                       {3, 3, AnswerKind::kPortUnreachable},
                       {3, 4, AnswerKind::kTooBig},
                       {3, 5, AnswerKind::kOtherError},
                       {3, 13, AnswerKind::kProhibited},
                       {11, 0, AnswerKind::kTtlExpired}};
  for (const Case& c : four) {
    const auto answer =
        parse_answer(icmp4("10.0.9.9", "10.0.0.1", c.type, c.code, 1400, write_probe(probe4())));
    ASSERT_TRUE(answer) << int{c.type} << "/" << int{c.code};
    EXPECT_EQ(answer->kind, c.kind) << int{c.type} << "/" << int{c.code};
    EXPECT_EQ(answer->mark, (Mark{0x1234, 7}));
    EXPECT_EQ(answer->destination, ip("10.0.0.2"));
    EXPECT_EQ(answer->from, ip("10.0.9.9"));
    EXPECT_EQ(answer->mtu, c.kind == AnswerKind::kTooBig ? 1400u : 0u);
  }
  const Case six[] = {{1, 0, AnswerKind::kNetUnreachable},  {1, 1, AnswerKind::kProhibited},
                      {1, 3, AnswerKind::kHostUnreachable}, {1, 4, AnswerKind::kPortUnreachable},
                      {2, 0, AnswerKind::kTooBig},          {3, 0, AnswerKind::kTtlExpired}};
  for (const Case& c : six) {
    const auto answer = parse_answer(
        icmp6("2001:db8::9", "2001:db8::1", c.type, c.code, 1280, write_probe(probe6())));
    ASSERT_TRUE(answer) << int{c.type} << "/" << int{c.code};
    EXPECT_EQ(answer->kind, c.kind) << int{c.type} << "/" << int{c.code};
    EXPECT_EQ(answer->destination, ip("2001:db8::2"));
  }
}

TEST(Answer, AQuoteOfUdpTellsThePorts) {
  ProbePacket probe = probe4();
  probe.udp = true;
  const auto answer = parse_answer(icmp4("10.0.0.2", "10.0.0.1", 3, 3, 0, write_probe(probe)));
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->udp);
  EXPECT_EQ(answer->mark, (Mark{0x1234, 7}));
}

TEST(Answer, EightQuotedBytesAreEnoughAndFewerAreNot) {
  Bytes quote = write_probe(probe4());
  quote.resize(28);
  EXPECT_TRUE(parse_answer(icmp4("10.0.9.9", "10.0.0.1", 11, 0, 0, quote)));
  for (size_t bytes = 0; bytes < 28; ++bytes) {
    quote.resize(bytes);
    EXPECT_FALSE(parse_answer(icmp4("10.0.9.9", "10.0.0.1", 11, 0, 0, quote))) << bytes;
  }
}

TEST(Answer, RefusesTruncationDamageAndStrangers) {
  for (const Bytes& good :
       {test::reply_to(write_probe(probe4())), test::reply_to(write_probe(probe6())),
        icmp4("10.0.9.9", "10.0.0.1", 11, 0, 0, write_probe(probe4()))}) {
    ASSERT_TRUE(parse_answer(good));
    for (size_t bytes = 0; bytes < good.size(); ++bytes)
      EXPECT_FALSE(parse_answer(std::span(good).first(bytes))) << bytes;
    Bytes damaged = good;
    damaged.back() ^= 1;
    EXPECT_FALSE(parse_answer(damaged)) << "checksum";
  }
  Bytes fragment = test::reply_to(write_probe(probe4()));
  fragment[7] = 1;  // offset 8
  EXPECT_FALSE(parse_answer(fragment)) << "a later fragment has no ICMP header";
  EXPECT_FALSE(parse_answer(write_probe(probe4()))) << "a request is no answer";
  EXPECT_FALSE(parse_answer(icmp4("10.0.9.9", "10.0.0.1", 5, 0, 0, write_probe(probe4()))))
      << "a redirect is no answer";
}

TEST(Answer, SurvivesNoise) {
  Random random(3);
  const Bytes seeds[] = {test::reply_to(write_probe(probe4())),
                         test::reply_to(write_probe(probe6())),
                         icmp4("10.0.9.9", "10.0.0.1", 11, 0, 0, write_probe(probe4())),
                         icmp6("2001:db8::9", "2001:db8::1", 3, 0, 0, write_probe(probe6()))};
  size_t parsed = 0;
  for (int i = 0; i < 20'000; ++i) {
    Bytes packet = seeds[random.below(std::size(seeds))];
    for (uint64_t n = random.below(4); n != 0; --n)
      packet[random.below(packet.size())] = static_cast<uint8_t>(random());
    packet.resize(random.below(packet.size() + 1));
    packet.shrink_to_fit();
    parsed += parse_answer(packet).has_value();
  }
  EXPECT_LT(parsed, 20'000u);
}

}  // namespace
}  // namespace spanway::ping
