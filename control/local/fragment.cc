// SPDX-License-Identifier: BSD-3-Clause
#include "control/local/fragment.h"

#include <algorithm>
#include <cstring>

#include "dataplane/packet/checksum.h"
#include "dataplane/packet/headers.h"

namespace spanway::local {
namespace {

struct Fragment6Header {  // RFC 8200 section 4.5
  uint8_t next_header;
  uint8_t reserved;
  Be16 field;  // offset 13 in units of 8 bytes, reserved 2, more 1
  Be32 id;
};
static_assert(sizeof(Fragment6Header) == 8);
constexpr uint16_t kMore6 = 1, kOffset6 = 0xfff8;

template <class Header>
bool read(Bytes from, size_t at, Header& out) {
  if (from.size() < at || from.size() - at < sizeof out) return false;
  std::memcpy(&out, from.data() + at, sizeof out);
  return true;
}

std::optional<Fragment> parse4(Bytes packet) {
  Ip4Header ip;
  if (!read(packet, 0, ip)) return std::nullopt;
  const size_t header = ip.header_bytes(), total = ip.total_length.host();
  if (header < sizeof ip || total < header || total > packet.size()) return std::nullopt;
  const bool more = (ip.fragment.host() & Ip4Header::kMoreFragments) != 0;
  if (!more && ip.offset_bytes() == 0) return std::nullopt;
  return Fragment{.source = ip.source.addr(),
                  .destination = ip.destination.addr(),
                  .id = ip.id.host(),
                  .protocol = ip.protocol,
                  .offset = ip.offset_bytes(),
                  .more = more,
                  .front = packet.first(header),
                  .payload = packet.subspan(header, total - header)};
}

std::optional<Fragment> parse6(Bytes packet) {
  Ip6Header ip;
  if (!read(packet, 0, ip)) return std::nullopt;
  const size_t total = sizeof ip + ip.payload_length.host();
  if (total > packet.size()) return std::nullopt;
  packet = packet.first(total);
  size_t at = sizeof ip, next_at = offsetof(Ip6Header, next_header);
  for (uint8_t next = ip.next_header; next != ip_proto::kFragment; next = packet[next_at]) {
    const bool stays_in_front =
        next == ip_proto::kHopByHop || next == ip_proto::kRouting || next == ip_proto::kDestination;
    if (!stays_in_front || packet.size() - at < 8) return std::nullopt;
    const size_t bytes = (packet[at + 1] + size_t{1}) * 8;
    if (bytes > packet.size() - at) return std::nullopt;
    next_at = at;
    at += bytes;
  }
  Fragment6Header header;
  if (!read(packet, at, header)) return std::nullopt;
  const uint16_t field = header.field.host();
  // RFC 6946: with neither an offset nor more to come it is a whole datagram, never mixed with
  // others.
  if ((field & (kOffset6 | kMore6)) == 0) return std::nullopt;
  return Fragment{.source = ip.source,
                  .destination = ip.destination,
                  .id = header.id.host(),
                  .protocol = header.next_header,
                  .offset = field & unsigned{kOffset6},
                  .more = (field & kMore6) != 0,
                  .front = packet.first(at),
                  .next_at = next_at,
                  .payload = packet.subspan(at + sizeof header)};
}

// The front of one piece; `packet` is whole, `offset` and `bytes` are of its payload.
std::vector<uint8_t> front4(Bytes packet, size_t offset, size_t bytes, bool more, uint32_t id) {
  Ip4Header ip;
  read(packet, 0, ip);
  ip.total_length = Be16(static_cast<uint16_t>(sizeof ip + bytes));
  ip.id = Be16(static_cast<uint16_t>(id));
  const unsigned flag = more ? Ip4Header::kMoreFragments : 0u;
  ip.fragment = Be16(static_cast<uint16_t>(offset / 8 | flag));
  ip4_checksum_fill(ip);
  std::vector<uint8_t> front(sizeof ip);
  std::memcpy(front.data(), &ip, sizeof ip);
  return front;
}

std::vector<uint8_t> front6(Bytes packet, size_t offset, size_t bytes, bool more, uint32_t id) {
  Ip6Header ip;
  read(packet, 0, ip);
  const Fragment6Header header{.next_header = ip.next_header,
                               .reserved = 0,
                               .field = Be16(static_cast<uint16_t>(offset | (more ? kMore6 : 0u))),
                               .id = Be32(id)};
  ip.next_header = ip_proto::kFragment;
  ip.payload_length = Be16(static_cast<uint16_t>(sizeof header + bytes));
  std::vector<uint8_t> front(sizeof ip + sizeof header);
  std::memcpy(front.data(), &ip, sizeof ip);
  std::memcpy(front.data() + sizeof ip, &header, sizeof header);
  return front;
}

}  // namespace

std::optional<Fragment> parse_fragment(Bytes packet) {
  if (packet.empty()) return std::nullopt;
  if (packet[0] >> 4 == 4) return parse4(packet);
  if (packet[0] >> 4 == 6) return parse6(packet);
  return std::nullopt;
}

std::vector<std::vector<uint8_t>> cut(Bytes packet, size_t mtu, uint32_t id) {
  if (packet.size() <= mtu) return {{packet.begin(), packet.end()}};
  const bool is4 = packet[0] >> 4 == 4;
  const size_t own = is4 ? sizeof(Ip4Header) : sizeof(Ip6Header);
  const size_t front = is4 ? own : own + sizeof(Fragment6Header);
  const size_t most = (mtu - front) & ~size_t{7};
  const Bytes payload = packet.subspan(own);
  std::vector<std::vector<uint8_t>> pieces;
  for (size_t at = 0; at < payload.size(); at += most) {
    const size_t bytes = std::min(most, payload.size() - at);
    const bool more = at + bytes < payload.size();
    pieces.push_back(is4 ? front4(packet, at, bytes, more, id)
                         : front6(packet, at, bytes, more, id));
    pieces.back().insert(pieces.back().end(), payload.begin() + static_cast<ptrdiff_t>(at),
                         payload.begin() + static_cast<ptrdiff_t>(at + bytes));
  }
  return pieces;
}

}  // namespace spanway::local
