// SPDX-License-Identifier: BSD-3-Clause
// An acknowledgement: as the receiver keeps it (one run and a bitmap below it, 24 bytes at most on
// a wire) and as the sender reads it (ranges, newest first). Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/base/units.h"
#include "dataplane/transport/recovery/packet_number.h"

namespace spanway::transport {

// Both ends belong to it.
struct AckRange {
  constexpr AckRange() = default;
  constexpr AckRange(PacketNumber f, PacketNumber l) noexcept : first(f), last(l) {}
  PacketNumber first;
  PacketNumber last;
  constexpr bool operator==(const AckRange&) const noexcept = default;
};

inline constexpr uint32_t kCeBits = 12;

struct Ack {
  std::span<const AckRange> ranges;  // newest first, disjoint, at least one
  // From the arrival of the newest until this was written; never(): so long that nobody says, and
  // nothing is to be learned of the round trip.
  Nanos delay;
  // Packets that arrived marked "congestion experienced", so far. Only its lowest kCeBits count, so
  // a wire need not carry more.
  uint32_t ce_count = 0;
};

// What arrived, in few words: the newest number, how many up to it arrived without a gap (at least
// 1), and for the 64 numbers below that run one bit each, the highest bit for the highest number.
struct AckWords {
  PacketNumber largest;
  uint32_t run = 1;
  uint64_t bitmap = 0;
};

inline constexpr uint32_t kAckBitmapBits = 64;
// A longer run says nothing more: no sender remembers so many.
inline constexpr uint32_t kLongestRun = 1u << 20;
inline constexpr size_t kMostAckRanges = 1 + kAckBitmapBits / 2;

// Room for the ranges of one acknowledgement; not written before it is used.
union AckRanges {
  AckRanges() noexcept {}  // NOLINT: that is the point
  AckRange ranges[kMostAckRanges];
};

std::span<const AckRange> ranges_below(const AckWords& words, AckRanges& room) noexcept;

// The ranges of `words`, written into `room`. The words may be anything at all.
inline std::span<const AckRange> ranges_of(const AckWords& words, AckRanges& room) noexcept {
  const uint32_t run = words.run < 1 ? 1 : words.run > kLongestRun ? kLongestRun : words.run;
  std::construct_at(&room.ranges[0], words.largest - (run - 1), words.largest);
  if (words.bitmap == 0) [[likely]]
    return {room.ranges, 1};
  return ranges_below({words.largest, run, words.bitmap}, room);
}

}  // namespace spanway::transport
