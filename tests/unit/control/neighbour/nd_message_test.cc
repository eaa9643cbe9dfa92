// SPDX-License-Identifier: BSD-3-Clause
// The wire form of neighbour discovery, and every check that a frame must pass.
#include "control/neighbour/nd_message.h"

#include <gtest/gtest.h>

#include <functional>

#include "dataplane/packet/checksum.h"
#include "tests/unit/control/neighbour/recorder.h"

namespace spanway::neighbour::test {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr size_t kIp = 14, kIcmp = kIp + 40;

NdMessage solicit() {
  return {.frame_source = kPeerMac,
          .frame_destination = group_mac(ip("ff02::1:ff00:1").v6()),
          .source = ip("fe80::2").v6(),
          .destination = ip("ff02::1:ff00:1").v6(),
          .type = icmp6_type::kSolicit,
          .target = ip("fe80::1").v6(),
          .source_mac = kPeerMac,
          .target_mac = {},
          .nonce = {}};
}

// Mends the checksum after a change, so that only the change can be what is refused.
void mend(Bytes& frame) {
  Ip6Header header;
  std::memcpy(&header, frame.data() + kIp, sizeof header);
  frame[kIcmp + 2] = frame[kIcmp + 3] = 0;
  const std::span<const uint8_t> icmp =
      std::span(frame).subspan(kIcmp, header.payload_length.host());
  const Be16 sum = Be16::from_raw(checksum_finish(checksum_add(
      pseudo_sum(header, ip_proto::kIcmp6, static_cast<uint32_t>(icmp.size())), icmp)));
  std::memcpy(frame.data() + kIcmp + 2, &sum, 2);
}

TEST(NdMessage, IsRfc4861OnTheWire) {
  // The bytes that scapy makes of the same message, checksum included.
  const Bytes expected = {
      0x33, 0x33, 0xff, 0x00, 0x00, 0x01, 2,  0,   0, 0, 0, 2, 0x86, 0xdd,        // Ethernet
      0x60, 0,    0,    0,    0,    32,   58, 255,                                // IPv6
      0xfe, 0x80, 0,    0,    0,    0,    0,  0,   0, 0, 0, 0, 0,    0,    0, 2,  // from
      0xff, 2,    0,    0,    0,    0,    0,  0,   0, 0, 0, 1, 0xff, 0,    0, 1,  // to
      135,  0,    0x7a, 0x97, 0,    0,    0,  0,                                  // solicitation
      0xfe, 0x80, 0,    0,    0,    0,    0,  0,   0, 0, 0, 0, 0,    0,    0, 1,  // target
      1,    1,    2,    0,    0,    0,    0,  2};                                 // source MAC
  EXPECT_EQ(write_nd(solicit()), expected);
}

TEST(NdMessage, CarriesTheThreeFlags) {
  for (unsigned flags = 0; flags < 8; ++flags) {
    NdMessage message = solicit();
    message.type = icmp6_type::kAdvert;
    message.destination = ip("fe80::1").v6();
    message.router = (flags & 4) != 0;
    message.solicited = (flags & 2) != 0;
    message.override_mac = (flags & 1) != 0;
    const Bytes frame = write_nd(message);
    EXPECT_EQ(frame[kIcmp + 4], flags << 5);
    const auto back = parse_nd(frame);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->router, message.router);
    EXPECT_EQ(back->solicited, message.solicited);
    EXPECT_EQ(back->override_mac, message.override_mac);
  }
}

TEST(NdMessage, RefusesEveryTruncation) {
  NdMessage advert = solicit();
  advert.type = icmp6_type::kAdvert;
  for (const NdMessage& message : {solicit(), advert}) {
    const Bytes good = write_nd(message);
    ASSERT_TRUE(parse_nd(good));
    for (size_t bytes = 0; bytes < good.size(); ++bytes)
      EXPECT_FALSE(parse_nd(std::span(good).first(bytes))) << bytes;
    // Cut short with a header that admits it, down to the fixed part.
    for (size_t payload = 0; payload < good.size() - kIcmp; ++payload) {
      Bytes cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(kIcmp + payload));
      cut[kIp + 5] = static_cast<uint8_t>(payload);
      if (payload >= 8) mend(cut);
      EXPECT_EQ(parse_nd(cut).has_value(), payload == 24) << payload;
    }
  }
}

TEST(NdMessage, PaddingBehindThePacketIsNoPartOfIt) {
  Bytes frame = write_nd(solicit());
  frame.resize(frame.size() + 40, 0xee);
  EXPECT_TRUE(parse_nd(frame));
}

TEST(NdMessage, RefusesWhatRfc4861RulesOut) {
  struct Case {
    const char* why;
    std::function<void(Bytes&)> change;
    bool mend = true;
  };
  const auto byte = [](size_t at, uint8_t value) {
    return [=](Bytes& frame) { frame[at] = value; };
  };
  const Case cases[] = {
      {"hop limit 254", byte(kIp + 7, 254)},
      {"code not 0", byte(kIcmp + 1, 1)},
      {"bad checksum", byte(kIcmp + 2, 0x12), false},
      {"another ether type", byte(12, 0x08), false},
      {"IP version 4", byte(kIp, 0x45), false},
      {"next header TCP", byte(kIp + 6, 6), false},
      {"target multicast", byte(kIcmp + 8, 0xff)},
      {"option length 0", byte(kIcmp + 25, 0)},
      {"option past the end", byte(kIcmp + 25, 2)},
      {"source multicast", byte(kIp + 8, 0xff)},
      {"unknown type", byte(kIcmp, 200)},
      {"router advertisement too short for its options", byte(kIcmp, 134)},
      {"source unspecified with source MAC",
       [](Bytes& f) { std::fill_n(f.begin() + kIp + 8, 16, uint8_t{0}); }},
  };
  for (const Case& c : cases) {
    Bytes frame = write_nd(solicit());
    c.change(frame);
    if (c.mend) mend(frame);
    EXPECT_FALSE(parse_nd(frame)) << c.why;
  }
}

TEST(NdMessage, RefusesDetectionProbesToTheWrongGroup) {
  NdMessage message = solicit();
  message.source = {};
  message.source_mac.reset();
  EXPECT_TRUE(parse_nd(write_nd(message)));
  message.destination = kAllNodes;
  EXPECT_FALSE(parse_nd(write_nd(message)));
}

TEST(NdMessage, RefusesSolicitedAdvertisementsToAGroup) {
  NdMessage message = solicit();
  message.type = icmp6_type::kAdvert;
  message.destination = kAllNodes;
  EXPECT_TRUE(parse_nd(write_nd(message)));
  message.solicited = true;
  EXPECT_FALSE(parse_nd(write_nd(message)));
}

TEST(NdMessage, StepsOverUnknownOptions) {
  Bytes frame = write_nd(solicit());
  const uint8_t unknown[16] = {200, 2};
  frame.insert(frame.begin() + kIcmp + 24, std::begin(unknown), std::end(unknown));
  frame[kIp + 5] = 48;
  mend(frame);
  const auto message = parse_nd(frame);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->source_mac, kPeerMac);
}

TEST(LinkLocal, IsTheModifiedEui64) {
  EXPECT_EQ(link_local_of(*EtherAddr::parse("34:56:78:9a:bc:de")),
            ip("fe80::3656:78ff:fe9a:bcde").v6());
}

}  // namespace
}  // namespace spanway::neighbour::test
