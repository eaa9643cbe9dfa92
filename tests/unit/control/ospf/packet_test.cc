// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/packet.h"

#include "tests/unit/control/ospf/samples.h"

namespace spanway::ospf::test {
namespace {

// RFC 2328 appendix A.3.1: version, type, length; router; area; checksum, type of authentication;
// eight bytes of authentication. Then four bytes of body, and two that belong to nobody.
constexpr std::string_view kPacket =
    "02 01 001c 0a000001 00000102 0000 0002 1112131415161718 cafebabe f00d";

TEST(Packet, HeaderIsReadFieldByField) {
  const Buffer bytes = hex(kPacket);
  const Parsed<Packet> packet = parse_packet(bytes);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->type, PacketType::kHello);
  EXPECT_EQ(packet->router, RouterId(0x0a000001));
  EXPECT_EQ(packet->area, AreaId(0x102));
  EXPECT_EQ(packet->auth_type, 2);
  EXPECT_EQ(Buffer(packet->auth_data.begin(), packet->auth_data.end()), hex("1112131415161718"));
  EXPECT_EQ(Buffer(packet->body.begin(), packet->body.end()), hex("cafebabe"));
  EXPECT_EQ(Buffer(packet->trailer.begin(), packet->trailer.end()), hex("f00d"));
  EXPECT_EQ(packet->bytes.size(), 28u);
}

TEST(Packet, BadHeaderIsRefusedByName) {
  struct Case {
    const char* what;
    size_t at;
    uint8_t value;
    Refusal refusal;
  };
  constexpr Case kCases[] = {
      {"version 1", 0, 1, Refusal::kBadVersion},
      {"version 3", 0, 3, Refusal::kBadVersion},
      {"type 0", 1, 0, Refusal::kUnknownPacket},
      {"type 6", 1, 6, Refusal::kUnknownPacket},
      {"length of less than a header", 3, 23, Refusal::kBadPacketLength},
      {"length of one more than there is", 3, 31, Refusal::kBadPacketLength},
      {"length of 256 more", 2, 1, Refusal::kBadPacketLength},
      {"length of all there is", 3, 30, Refusal::kCount},
      {"length of a header", 3, 24, Refusal::kCount},
  };
  for (const Case& c : kCases) {
    Buffer bytes = hex(kPacket);
    bytes[c.at] = c.value;
    EXPECT_EQ(refusal_of(parse_packet(bytes)), c.refusal) << c.what;
  }
  const Buffer bytes = hex(kPacket);
  EXPECT_EQ(refusal_of(parse_packet(std::span(bytes).first(23))), Refusal::kTruncatedHeader);
  EXPECT_EQ(refusal_of(parse_packet({})), Refusal::kTruncatedHeader);
}

TEST(Packet, WrittenHeaderSaysWhoAndHowLong) {
  Buffer packet = begin_packet(PacketType::kAck, kFrom);
  packet.insert(packet.end(), {1, 2, 3, 4});
  finish_packet(packet);
  // 0205 + 001c + 0a00 + 0001 + 0000 + 0102 + 0102 + 0304 = 112a, inverted (section D.4.1).
  EXPECT_EQ(packet, hex("0205 001c 0a000001 00000102 eed5 0000 0000000000000000 01020304"));
}

TEST(Packet, ChecksumLeavesTheAuthenticationOut) {
  Buffer packet = begin_packet(PacketType::kHello, kFrom);
  finish_packet(packet);
  EXPECT_EQ(packet_checksum(packet), 0);
  packet[offset::kAuthData] = 0x55;
  EXPECT_EQ(packet_checksum(packet), 0);
  packet[offset::kAuthType] = 0x55;
  EXPECT_NE(packet_checksum(packet), 0);
}

TEST(Packet, RoomIsWhatIpAndTheDigestLeave) {
  EXPECT_EQ(room_in(1500, 0), 1480u);
  EXPECT_EQ(room_in(1500, 64), 1416u);
  EXPECT_EQ(room_in(65'535, 16), kMaxPacketBytes - 16);
  EXPECT_EQ(room_in(100'000, 16), kMaxPacketBytes - 16);
  EXPECT_EQ(room_in(20, 64), 0u);
}

}  // namespace
}  // namespace spanway::ospf::test
