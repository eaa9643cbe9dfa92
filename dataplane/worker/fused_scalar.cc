// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cstring>

#include "dataplane/packet/checksum.h"
#include "dataplane/worker/fused_fault.h"
#include "dataplane/worker/fused_plain.h"

namespace spanway::worker {
namespace {

// The card has not said that something is wrong, and the frame lies in one piece.
bool sound_buffer(const Packet* packet) noexcept {
  return packet->nb_segs == 1 &&
         (packet->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) != RTE_MBUF_F_RX_IP_CKSUM_BAD;
}

void note_plain(uint32_t frame_bytes, uint32_t l3_bytes, unsigned place, PlainBurst& out) noexcept {
  out.l3_bytes[place] = l3_bytes;
  out.bytes += frame_bytes;
  out.longest = std::max(out.longest, l3_bytes);
  out.padded |= frame_bytes != kEtherBytes + l3_bytes;
}

// RFC 1812 section 5.2.2 and 5.3.1, without options.
bool is_plain4(Packet* packet, const EtherAddr& mac, unsigned place, PlainBurst& out) noexcept {
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

// RFC 8200 section 3, without extension headers; RFC 4291 section 2.5 and 2.7 on addresses that do
// not travel.
bool is_plain6(Packet* packet, const EtherAddr& mac, unsigned place, PlainBurst& out) noexcept {
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

void note_fault(const Packet* packet, const EtherAddr& mac, unsigned place,
                PlainBurst& out) noexcept {
  const DropReason fault = silent_fault(packet, mac);
  if (fault == DropReason::kNone) return;
  ++out.faults[static_cast<size_t>(fault)];
  out.faulty |= uint64_t{1} << place;
}

template <bool is_plain(Packet*, const EtherAddr&, unsigned, PlainBurst&) noexcept>
uint64_t each(Packet* const* packets, unsigned place, unsigned count, const EtherAddr& mac,
              PlainBurst& out) noexcept {
  uint64_t plain = 0;
  for (unsigned i = 0; i < count; ++i)
    plain |= uint64_t{is_plain(packets[i], mac, place + i, out)} << i;
  for (uint64_t others = all_of(count) & ~plain; others != 0;) {
    const unsigned i = next_place(others);
    note_fault(packets[i], mac, place + i, out);
  }
  return plain;
}

// The MACs and the ether type in two overlapping words.
void rewrite_ether(uint8_t* frame, const table::NextHop& hop) noexcept {
  constexpr size_t kSecond = kEtherBytes - sizeof(uint64_t);
  std::memcpy(frame, hop.rewrite.data(), sizeof(uint64_t));
  std::memcpy(frame + kSecond, hop.rewrite.data() + kSecond, sizeof(uint64_t));
}
void rewrite_one4(uint8_t* frame, const table::NextHop& hop, uint32_t ttl_word) noexcept {
  rewrite_ether(frame, hop);
  std::memcpy(frame + kEtherBytes + offsetof(Ip4Header, ttl), &ttl_word, sizeof ttl_word);
}
void rewrite_one6(uint8_t* frame, const table::NextHop& hop) noexcept {
  rewrite_ether(frame, hop);
  --frame[kEtherBytes + offsetof(Ip6Header, hop_limit)];
}

uint64_t plain4(Packet* const* packets, unsigned count, const EtherAddr& mac,
                PlainBurst& out) noexcept {
  start_burst(out);
  return plain4_each(packets, 0, count, mac, out);
}
uint64_t plain6(Packet* const* packets, unsigned count, const EtherAddr& mac,
                PlainBurst& out) noexcept {
  start_burst(out);
  return plain6_each(packets, 0, count, mac, out);
}

}  // namespace

uint64_t plain4_each(Packet* const* packets, unsigned place, unsigned count, const EtherAddr& mac,
                     PlainBurst& out) noexcept {
  return each<is_plain4>(packets, place, count, mac, out);
}
uint64_t plain6_each(Packet* const* packets, unsigned place, unsigned count, const EtherAddr& mac,
                     PlainBurst& out) noexcept {
  return each<is_plain6>(packets, place, count, mac, out);
}

void gather4_each(uint64_t plain, PlainBurst& burst) noexcept {
  for (unsigned count = 0; plain != 0; ++count) {
    const unsigned at = next_place(plain);
    burst.frame[count] = burst.frame[at];
    burst.l3_bytes[count] = burst.l3_bytes[at];
    burst.destination4[count] = burst.destination4[at];
    burst.ttl_word[count] = burst.ttl_word[at];
  }
}
void gather6_each(uint64_t plain, PlainBurst& burst) noexcept {
  for (unsigned count = 0; plain != 0; ++count) {
    const unsigned at = next_place(plain);
    burst.frame[count] = burst.frame[at];
    burst.l3_bytes[count] = burst.l3_bytes[at];
    burst.destination6[count] = burst.destination6[at];
  }
}
void pick_each(Packet* const* packets, uint64_t chosen, Packet** out) noexcept {
  while (chosen != 0) *out++ = packets[next_place(chosen)];
}

void rewrite4_each(uint8_t* const* frames, const table::NextHop* const* hops,
                   const uint32_t* ttl_word, unsigned count) noexcept {
  for (unsigned i = 0; i < count; ++i) rewrite_one4(frames[i], *hops[i], ttl_word[i]);
}
void rewrite6_each(uint8_t* const* frames, const table::NextHop* const* hops,
                   unsigned count) noexcept {
  for (unsigned i = 0; i < count; ++i) rewrite_one6(frames[i], *hops[i]);
}

const FusedKernel kScalarKernel = {"scalar",     plain4,    plain6,        gather4_each,
                                   gather6_each, pick_each, rewrite4_each, rewrite6_each};

}  // namespace spanway::worker
