// SPDX-License-Identifier: BSD-3-Clause
// The loops of the fused road that exist once for each instruction set. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "dataplane/base/cache_line.h"
#include "dataplane/base/ether_addr.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/base/tuning.h"
#include "dataplane/packet/drop_reason.h"
#include "dataplane/packet/packet.h"
#include "dataplane/table/next_hop.h"

namespace spanway::worker {

// Most packets of one call; a bit mask over them fits in a word.
inline constexpr unsigned kFusedBurst = tuning::kBurst;
static_assert(kFusedBurst <= 64);

// What validation learnt of a burst, by place. A place whose packet is not plain holds anything,
// until gather4() or gather6() has moved the plain ones together.
struct PlainBurst {
  alignas(kCacheLine) std::array<uint8_t*, kFusedBurst> frame;         // where it begins
  alignas(kCacheLine) std::array<uint32_t, kFusedBurst> destination4;  // host order
  // Bytes 8 to 11 of the IPv4 header one hop on: TTL less one, protocol, checksum mended.
  alignas(kCacheLine) std::array<uint32_t, kFusedBurst> ttl_word;
  alignas(kCacheLine) std::array<uint32_t, kFusedBurst> l3_bytes;
  alignas(kCacheLine) std::array<Ip6Addr, kFusedBurst> destination6;
  // Over the plain packets alone.
  uint64_t bytes = 0;    // of all frames
  uint32_t longest = 0;  // IP packet
  bool padded = false;   // some frame is longer than its packet
  // The frames with a fault for which they are dropped without a word to anyone (fused_fault.h).
  uint64_t faulty = 0;  // bit i: packets[i]
  // How many of them, by reason.
  alignas(kCacheLine) std::array<uint8_t, kCacheLine> faults;
};
static_assert(kDropReasons <= kCacheLine);

struct FusedKernel {
  std::string_view name;
  // Bit i of the answer: packets[i] is a plain packet for `mac` (fused.h says what is plain), and
  // place i of `out` is filled. What is neither plain nor faulty is for others to judge.
  uint64_t (*plain4)(Packet* const* packets, unsigned count, const EtherAddr& mac,
                     PlainBurst& out) noexcept;
  uint64_t (*plain6)(Packet* const* packets, unsigned count, const EtherAddr& mac,
                     PlainBurst& out) noexcept;
  // Moves what `burst` holds of the packets of `plain` to its front, in their order.
  void (*gather4)(uint64_t plain, PlainBurst& burst) noexcept;
  void (*gather6)(uint64_t plain, PlainBurst& burst) noexcept;
  // Copies the packets of `chosen` to the front of `out`, which has room for a burst.
  void (*pick)(Packet* const* packets, uint64_t chosen, Packet** out) noexcept;
  // Writes hops[i]'s Ethernet header (14 bytes) and the lowered hop limit into frames[i].
  void (*rewrite4)(uint8_t* const* frames, const table::NextHop* const* hops,
                   const uint32_t* ttl_word, unsigned count) noexcept;
  void (*rewrite6)(uint8_t* const* frames, const table::NextHop* const* hops,
                   unsigned count) noexcept;
};

enum class KernelChoice : uint8_t {
  kBest,  // what this CPU runs fastest
  kNone,  // no fused road at all
  kScalar,
  kAvx2,
  kAvx512,
};

// nullptr for kNone, and for an instruction set that this CPU lacks.
[[nodiscard]] const FusedKernel* fused_kernel(KernelChoice choice) noexcept;

// One for each instruction set; fused_kernel() knows which the CPU has.
extern const FusedKernel kScalarKernel, kAvx2Kernel, kAvx512Kernel;

}  // namespace spanway::worker
