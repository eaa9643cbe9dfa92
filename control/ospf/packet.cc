// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/packet.h"

#include <algorithm>

#include "control/ospf/wire.h"
#include "dataplane/base/big_endian.h"
#include "dataplane/base/check.h"
#include "dataplane/packet/checksum.h"

namespace spanway::ospf {
namespace {

constexpr uint8_t kVersion = 2;
constexpr size_t kIp4HeaderBytes = 20;

struct Header {
  uint8_t version, type;
  Be16 length;
  Be32 router, area;
  Be16 checksum, auth_type;
  std::array<uint8_t, 8> auth_data;
};
static_assert(sizeof(Header) == kHeaderBytes && alignof(Header) == 1);
static_assert(offsetof(Header, length) == offset::kLength);
static_assert(offsetof(Header, checksum) == offset::kChecksum);
static_assert(offsetof(Header, auth_type) == offset::kAuthType);
static_assert(offsetof(Header, auth_data) == offset::kAuthData);

}  // namespace

Parsed<Packet> parse_packet(Bytes bytes) {
  Bytes rest = bytes;
  Header header;
  if (!take(rest, header)) return Refusal::kTruncatedHeader;
  if (header.version != kVersion) return Refusal::kBadVersion;
  if (header.type < static_cast<uint8_t>(PacketType::kHello) ||
      header.type > static_cast<uint8_t>(PacketType::kAck))
    return Refusal::kUnknownPacket;
  const size_t length = header.length.host();
  if (length < kHeaderBytes || length > bytes.size()) return Refusal::kBadPacketLength;
  return Packet{.type = static_cast<PacketType>(header.type),
                .router = RouterId(header.router.host()),
                .area = AreaId(header.area.host()),
                .auth_type = header.auth_type.host(),
                .auth_data = header.auth_data,
                .bytes = bytes.first(length),
                .body = bytes.first(length).subspan(kHeaderBytes),
                .trailer = bytes.subspan(length)};
}

size_t room_in(size_t mtu_bytes, size_t digest_bytes) {
  const size_t outside = kIp4HeaderBytes + digest_bytes;
  const size_t room = mtu_bytes > outside ? mtu_bytes - outside : 0;
  return std::min(room, kMaxPacketBytes - digest_bytes);
}

size_t entries_that_fit(const std::vector<uint8_t>& packet, size_t entry_bytes,
                        const Envelope& envelope) {
  const size_t room = std::min(envelope.room_bytes, kMaxPacketBytes);
  const size_t left = room > packet.size() ? room - packet.size() : 0;
  return std::max<size_t>(left / entry_bytes, 1);
}

std::vector<uint8_t> begin_packet(PacketType type, const Envelope& envelope) {
  std::vector<uint8_t> packet;
  append(packet, Header{.version = kVersion,
                        .type = static_cast<uint8_t>(type),
                        .length = Be16(0),
                        .router = Be32(envelope.router.value),
                        .area = Be32(envelope.area.value),
                        .checksum = Be16(0),
                        .auth_type = Be16(static_cast<uint16_t>(AuthType::kNone)),
                        .auth_data = {}});
  return packet;
}

void finish_packet(std::vector<uint8_t>& packet) {
  SPANWAY_CHECK(packet.size() >= kHeaderBytes && packet.size() <= kMaxPacketBytes);
  overwrite(packet, offset::kLength, Be16(static_cast<uint16_t>(packet.size())));
  overwrite(packet, offset::kChecksum, Be16(0));
  overwrite(packet, offset::kChecksum, Be16::from_raw(packet_checksum(packet)));
}

uint16_t packet_checksum(Bytes packet) noexcept {
  const uint64_t sum = checksum_add(0, packet.first(offset::kAuthData));
  return checksum_finish(checksum_add(sum, packet.subspan(kHeaderBytes)));
}

}  // namespace spanway::ospf
