// SPDX-License-Identifier: BSD-3-Clause
// What a plain packet is, in scalar code: the definition that every kernel must agree with, and the
// tail loop of those that work in groups. Any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/packet/checksum.h"
#include "dataplane/packet/headers.h"
#include "dataplane/worker/fused_kernel.h"

namespace spanway::worker {

inline constexpr uint32_t kEtherBytes = sizeof(EtherHeader);

// The card has not said that something is wrong, and the frame lies in one piece.
inline bool sound_buffer(const Packet* packet) noexcept {
  return packet->nb_segs == 1 &&
         (packet->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) != RTE_MBUF_F_RX_IP_CKSUM_BAD;
}

inline void start_burst(PlainBurst& out) noexcept {
  out.bytes = 0;
  out.longest = 0;
  out.padded = false;
}
inline void note_plain(uint32_t frame_bytes, uint32_t l3_bytes, unsigned place,
                       PlainBurst& out) noexcept {
  out.l3_bytes[place] = l3_bytes;
  out.bytes += frame_bytes;
  out.longest = std::max(out.longest, l3_bytes);
  out.padded |= frame_bytes != kEtherBytes + l3_bytes;
}

// This network, loopback, multicast and above: never the source of a forwarded packet, nor a
// destination that the fused road decides about (RFC 1812 sections 5.3.7 and 5.3.5).
inline bool plain_address4(uint32_t host_order) noexcept {
  const uint32_t first = host_order >> 24;
  return first != 0 && first != 127 && first < 224;
}

// RFC 1812 section 5.2.2 and 5.3.1, without options.
inline bool is_plain4(Packet* packet, const EtherAddr& mac, unsigned place,
                      PlainBurst& out) noexcept {
  const uint32_t bytes = length(packet);
  if (bytes < kEtherBytes + sizeof(Ip4Header) || !sound_buffer(packet)) return false;
  uint8_t* frame = data(packet);
  const auto& ether = *reinterpret_cast<const EtherHeader*>(frame);
  const auto& ip = *reinterpret_cast<const Ip4Header*>(frame + kEtherBytes);
  if (ether.destination != mac || ether.type != Be16(ether_type::kIp4)) return false;
  if (ip.version_ihl != 0x45 || ip.ttl <= 1) return false;
  const uint32_t total = ip.total_length.host();
  if (total < sizeof(Ip4Header) || total > bytes - kEtherBytes) return false;
  const uint32_t destination = ip.destination.bits.host();
  if (!plain_address4(ip.source.bits.host()) || !plain_address4(destination)) return false;
  if (!ip4_checksum_ok(ip)) return false;
  Ip4Header onward = ip;
  ip4_lower_ttl(onward);
  out.destination4[place] = destination;
  std::memcpy(&out.ttl_word[place], &onward.ttl, sizeof(uint32_t));
  out.frame[place] = frame;
  note_plain(bytes, total, place, out);
  return true;
}

// The headers that stage/ walks through before it comes to the transport (packet/parse.cc).
inline constexpr std::array<uint8_t, 5> kExtensions6 = {ip_proto::kHopByHop, ip_proto::kRouting,
                                                        ip_proto::kFragment, ip_proto::kAuth,
                                                        ip_proto::kDestination};

// RFC 8200 section 3, without extension headers; RFC 4291 section 2.5 and 2.7 on addresses that do
// not travel.
inline bool is_plain6(Packet* packet, const EtherAddr& mac, unsigned place,
                      PlainBurst& out) noexcept {
  const uint32_t bytes = length(packet);
  if (bytes < kEtherBytes + sizeof(Ip6Header) || !sound_buffer(packet)) return false;
  uint8_t* frame = data(packet);
  const auto& ether = *reinterpret_cast<const EtherHeader*>(frame);
  const auto& ip = *reinterpret_cast<const Ip6Header*>(frame + kEtherBytes);
  if (ether.destination != mac || ether.type != Be16(ether_type::kIp6)) return false;
  if (ip.version() != 6 || ip.hop_limit <= 1) return false;
  for (const uint8_t extension : kExtensions6)
    if (ip.next_header == extension) return false;
  const uint32_t total = ip.payload_length.host() + uint32_t{sizeof(Ip6Header)};
  if (total > bytes - kEtherBytes) return false;
  const Ip6Addr& source = ip.source;
  const Ip6Addr& destination = ip.destination;
  // ::/8 holds the unspecified address, loopback and mapped IPv4: none is worth a fast answer.
  if (source.bytes[0] == 0 || source.is_multicast() || source.is_link_local()) return false;
  if (destination.bytes[0] == 0 || destination.is_multicast() || destination.is_link_local())
    return false;
  out.destination6[place] = destination;
  out.frame[place] = frame;
  note_plain(bytes, total, place, out);
  return true;
}

// The MACs and the ether type in two overlapping words.
inline void rewrite_ether(uint8_t* frame, const table::NextHop& hop) noexcept {
  constexpr size_t kSecond = kEtherBytes - sizeof(uint64_t);
  std::memcpy(frame, hop.rewrite.data(), sizeof(uint64_t));
  std::memcpy(frame + kSecond, hop.rewrite.data() + kSecond, sizeof(uint64_t));
}
inline void rewrite_one4(uint8_t* frame, const table::NextHop& hop, uint32_t ttl_word) noexcept {
  rewrite_ether(frame, hop);
  std::memcpy(frame + kEtherBytes + offsetof(Ip4Header, ttl), &ttl_word, sizeof ttl_word);
}
inline void rewrite_one6(uint8_t* frame, const table::NextHop& hop) noexcept {
  rewrite_ether(frame, hop);
  --frame[kEtherBytes + offsetof(Ip6Header, hop_limit)];
}

}  // namespace spanway::worker
