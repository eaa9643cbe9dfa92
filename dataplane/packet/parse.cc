// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/packet/parse.h"

#include "dataplane/packet/headers.h"

namespace spanway {
namespace {

using Bytes = std::span<const uint8_t>;

template <class Header>
const Header& view(Bytes frame, size_t at) noexcept {
  return *reinterpret_cast<const Header*>(frame.data() + at);
}

void set(Meta& meta, Meta::Flag flag) noexcept {
  meta.flags = static_cast<uint16_t>(meta.flags | flag);
}

// RFC 792 and RFC 1122 section 3.2.2; RFC 4443 section 2.1 (and redirects, section 2.4e).
bool is_icmp_error(uint8_t protocol, uint8_t type) noexcept {
  if (protocol == ip_proto::kIcmp)
    return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
  return type < 128 || type == 137;
}

// Bytes that must be there for what the router reads on the way: the ports, or the ICMP header.
size_t least_transport(uint8_t protocol) noexcept {
  switch (protocol) {
    case ip_proto::kTcp:
    case ip_proto::kUdp:
      return 4;
    case ip_proto::kIcmp:
    case ip_proto::kIcmp6:
      return sizeof(IcmpHeader);
    default:
      return 1;
  }
}

void note_transport(Bytes frame, Meta& meta, uint8_t protocol, size_t at, size_t end) noexcept {
  meta.protocol = protocol;
  const bool whole = end - at >= least_transport(protocol);
  if (whole) meta.l4 = static_cast<uint16_t>(at);
  const bool icmp = protocol == (meta.family == 4 ? ip_proto::kIcmp : ip_proto::kIcmp6);
  // A stump of an ICMP message counts as an error: silence is the safe answer.
  if (icmp && (!whole || is_icmp_error(protocol, frame[at]))) set(meta, Meta::kIsError);
}

namespace option4 {
constexpr uint8_t kEnd = 0, kNop = 1, kLooseRoute = 131, kStrictRoute = 137, kRouterAlert = 148;
}

// RFC 791 section 3.1. `at` and `end` bound the option bytes.
DropReason parse_options4(Bytes frame, Meta& meta, size_t at, size_t end) noexcept {
  set(meta, Meta::kOptions);
  while (at < end) {
    const uint8_t type = frame[at];
    if (type == option4::kEnd) break;
    if (type == option4::kNop) {
      ++at;
      continue;
    }
    const size_t length = end - at >= 2 ? frame[at + 1] : 0;
    if (length < 2 || length > end - at) {
      meta.icmp_value = static_cast<uint32_t>(at - meta.l3);
      return DropReason::kIp4BadOptions;
    }
    if (type == option4::kLooseRoute || type == option4::kStrictRoute)
      set(meta, Meta::kSourceRoute);
    if (type == option4::kRouterAlert) set(meta, Meta::kRouterAlert);
    at += length;
  }
  return DropReason::kNone;
}

// RFC 1812 section 5.2.2, but for the checksum, which the card may have verified.
DropReason parse_ip4(Bytes frame, Meta& meta) noexcept {
  const size_t left = frame.size() - meta.l3;
  if (left < sizeof(Ip4Header)) return DropReason::kIp4Truncated;
  const auto& ip = view<Ip4Header>(frame, meta.l3);
  if (ip.version() != 4) return DropReason::kIp4BadVersion;
  meta.family = 4;
  meta.protocol = ip.protocol;
  const size_t header = ip.header_bytes();
  if (header < sizeof(Ip4Header)) return DropReason::kIp4BadHeaderLength;
  if (header > left) return DropReason::kIp4Truncated;
  const size_t total = ip.total_length.host();
  if (total < header || total > left) return DropReason::kIp4BadTotalLength;
  meta.l3_bytes = static_cast<uint16_t>(total);

  const unsigned offset = ip.offset_bytes();
  if (offset != 0 || (ip.fragment.host() & Ip4Header::kMoreFragments) != 0)
    set(meta, Meta::kFragment);
  if (offset != 0)
    set(meta, Meta::kLaterFragment);
  else
    note_transport(frame, meta, ip.protocol, meta.l3 + header, meta.l3 + total);
  if (header == sizeof(Ip4Header)) [[likely]]
    return DropReason::kNone;
  return parse_options4(frame, meta, meta.l3 + sizeof(Ip4Header), meta.l3 + header);
}

bool is_extension(uint8_t next, bool first) noexcept {
  switch (next) {
    case ip_proto::kHopByHop:  // only right behind the IPv6 header, RFC 8200 section 4.1
      return first;
    case ip_proto::kRouting:
    case ip_proto::kFragment:
    case ip_proto::kAuth:
    case ip_proto::kDestination:
      return true;
    default:
      return false;
  }
}

size_t extension_bytes(uint8_t type, uint8_t length_field) noexcept {
  switch (type) {
    case ip_proto::kFragment:  // the field is reserved there
      return 8;
    case ip_proto::kAuth:  // RFC 4302 section 2.2
      return (length_field + size_t{2}) * 4;
    default:
      return (length_field + size_t{1}) * 8;
  }
}

// A header that is too short or too long for the packet. Only hop-by-hop options are for every
// router to read (RFC 8200 section 4); behind them it is for the destination to refuse the packet.
DropReason broken_chain(Meta& meta, uint8_t type) noexcept {
  meta.protocol = type;
  if (type == ip_proto::kHopByHop) return DropReason::kIp6BadExtension;
  set(meta, Meta::kBadChain);
  return DropReason::kNone;
}

// RFC 8200 section 4: the chain of extension headers, to the transport header or as far as a
// fragment shows it.
DropReason parse_chain6(Bytes frame, Meta& meta, uint8_t next, size_t at, size_t end) noexcept {
  size_t named_at = meta.l3 + offsetof(Ip6Header, next_header);
  for (unsigned count = 0; is_extension(next, count == 0); ++count) {
    if (count == kMaxExtensions || end - at < 8) return broken_chain(meta, next);
    const size_t bytes = extension_bytes(next, frame[at + 1]);
    if (bytes > end - at) return broken_chain(meta, next);
    if (next == ip_proto::kHopByHop) set(meta, Meta::kOptions);
    const uint8_t type = next;
    next = frame[at];
    named_at = at;
    if (type == ip_proto::kFragment) {
      const uint16_t field = view<Be16>(frame, at + 2).host();
      if ((field & 0xfff9) != 0) set(meta, Meta::kFragment);
      if ((field & 0xfff8) != 0) {
        set(meta, Meta::kLaterFragment);
        meta.protocol = next;
        return DropReason::kNone;
      }
    }
    at += bytes;
  }
  meta.icmp_value = static_cast<uint32_t>(named_at - meta.l3);
  if (next == ip_proto::kNoNext)
    meta.protocol = next;
  else
    note_transport(frame, meta, next, at, end);
  return DropReason::kNone;
}

DropReason parse_ip6(Bytes frame, Meta& meta) noexcept {
  const size_t left = frame.size() - meta.l3;
  if (left < sizeof(Ip6Header)) return DropReason::kIp6Truncated;
  const auto& ip = view<Ip6Header>(frame, meta.l3);
  if (ip.version() != 6) return DropReason::kIp6BadVersion;
  meta.family = 6;
  meta.protocol = ip.next_header;
  const size_t total = sizeof(Ip6Header) + ip.payload_length.host();
  if (total > left) return DropReason::kIp6BadPayloadLength;
  meta.l3_bytes = static_cast<uint16_t>(total);
  return parse_chain6(frame, meta, ip.next_header, meta.l3 + sizeof(Ip6Header), meta.l3 + total);
}

DropReason parse_network(Bytes frame, Meta& meta) noexcept {
  switch (meta.ether_type) {
    case ether_type::kIp4:
      return parse_ip4(frame, meta);
    case ether_type::kIp6:
      return parse_ip6(frame, meta);
    case ether_type::kArp:
      return frame.size() - meta.l3 < sizeof(ArpPacket) ? DropReason::kArpMalformed
                                                        : DropReason::kNone;
    default:
      return DropReason::kNone;
  }
}

DropReason parse_link(Bytes frame, Meta& meta) noexcept {
  // Lengths in Meta are 16 bits, and no Ethernet frame is longer.
  if (frame.size() < sizeof(EtherHeader) || frame.size() > UINT16_MAX)
    return DropReason::kFrameTruncated;
  const auto& ether = view<EtherHeader>(frame, 0);
  if (ether.destination.is_group()) set(meta, Meta::kGroupMac);
  meta.l3 = sizeof(EtherHeader);
  meta.ether_type = ether.type.host();
  if (meta.ether_type == ether_type::kVlan) {
    if (frame.size() < sizeof(EtherHeader) + sizeof(VlanTag)) return DropReason::kFrameTruncated;
    const auto& tag = view<VlanTag>(frame, sizeof(EtherHeader));
    set(meta, Meta::kVlanTagged);
    meta.vlan = tag.id();
    meta.ether_type = tag.type.host();
    meta.l3 = sizeof(EtherHeader) + sizeof(VlanTag);
  }
  return parse_network(frame, meta);
}

}  // namespace

DropReason parse_frame(Bytes frame, Meta& meta) noexcept {
  meta.drop = parse_link(frame, meta);
  return meta.drop;
}

DropReason parse_ip(Bytes frame, Meta& meta) noexcept {
  if (frame.size() <= meta.l3 || frame.size() > UINT16_MAX)
    meta.drop = DropReason::kFrameTruncated;
  else {
    const unsigned version = frame[meta.l3] >> 4;
    meta.ether_type = version == 6 ? ether_type::kIp6 : ether_type::kIp4;
    meta.drop = parse_network(frame, meta);
  }
  return meta.drop;
}

}  // namespace spanway
