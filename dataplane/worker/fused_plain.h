// SPDX-License-Identifier: BSD-3-Clause
// What the kernels share: what a plain packet is, frame by frame in scalar code, which every kernel
// must agree with and which those that work in groups fall back to. Any thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "dataplane/packet/headers.h"
#include "dataplane/worker/fused_kernel.h"

namespace spanway::worker {

inline constexpr uint32_t kEtherBytes = sizeof(EtherHeader);

// This network, loopback, multicast and above: never the source of a forwarded packet, nor a
// destination that the fused road decides about (RFC 1812 sections 5.3.7 and 5.3.5).
inline bool plain_address4(uint32_t host_order) noexcept {
  const uint32_t first = host_order >> 24;
  return first != 0 && first != 127 && first < 224;
}

// The headers that stage/ walks through before it comes to the transport (packet/parse.cc).
inline constexpr std::array<uint8_t, 5> kExtensions6 = {ip_proto::kHopByHop, ip_proto::kRouting,
                                                        ip_proto::kFragment, ip_proto::kAuth,
                                                        ip_proto::kDestination};

inline void start_burst(PlainBurst& out) noexcept {
  out.bytes = 0;
  out.longest = 0;
  out.padded = false;
  out.faulty = 0;
  out.faults.fill(0);
}

// Frame by frame: those of packets[0] to packets[count - 1], which take the places from `place` on.
// Bit i of the answer: packets[i] is plain. Adds to `out`.
[[nodiscard]] uint64_t plain4_each(Packet* const* packets, unsigned place, unsigned count,
                                   const EtherAddr& mac, PlainBurst& out) noexcept;
[[nodiscard]] uint64_t plain6_each(Packet* const* packets, unsigned place, unsigned count,
                                   const EtherAddr& mac, PlainBurst& out) noexcept;

// What FusedKernel asks for, in scalar code.
void gather4_each(uint64_t plain, PlainBurst& burst) noexcept;
void gather6_each(uint64_t plain, PlainBurst& burst) noexcept;
void pick_each(Packet* const* packets, uint64_t chosen, Packet** out) noexcept;
void rewrite4_each(uint8_t* const* frames, const table::NextHop* const* hops,
                   const uint32_t* ttl_word, unsigned count) noexcept;
void rewrite6_each(uint8_t* const* frames, const table::NextHop* const* hops,
                   unsigned count) noexcept;

constexpr uint64_t all_of(unsigned count) noexcept {
  return count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}

// Takes the lowest set bit out of `mask`; returns its place.
inline unsigned next_place(uint64_t& mask) noexcept {
  const auto place = static_cast<unsigned>(std::countr_zero(mask));
  mask &= mask - 1;
  return place;
}

}  // namespace spanway::worker
