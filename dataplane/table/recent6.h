// SPDX-License-Identifier: BSD-3-Clause
// What one worker remembers of its last IPv6 lookups: an address and its answer cost about a tenth
// of a walk through the table.
//
// Made for some hundreds of hot flows: 512 sets of two places, 18 KiB, of which a worker touches
// what its flows need. Those of a burst that are not remembered are looked up in the table and
// learnt. It belongs to one worker and one table; recency.h says when it may be asked.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/ids.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/table/recency.h"

namespace spanway::table {

// The places. An address stands in either of set_of() its halves, in the order of its memory.
struct alignas(64) Recent6Slots {
  static constexpr unsigned kSetBits = 9, kWays = 2;
  static constexpr size_t kSets = size_t{1} << kSetBits;
  static constexpr uint64_t kFactor = 0x9e3779b97f4a7c15u;

  std::array<std::array<Ip6Addr, kWays>, kSets> addresses;
  std::array<std::array<uint16_t, kWays>, kSets> hops;

  static constexpr size_t set_of(uint64_t first, uint64_t second) noexcept {
    return (first ^ second) * kFactor >> (64 - kSetBits);
  }
};

inline constexpr size_t kRecall6 = 64;  // addresses at a time at most

// Answers those addresses that are remembered. Returns a bit for each that is not; what `out` holds
// of these means nothing. All kernels agree.
using Recent6Kernel = uint64_t (*)(const Recent6Slots& slots, const Ip6Addr* addresses,
                                   NextHopId* out, size_t count) noexcept;
uint64_t recall6_scalar(const Recent6Slots& slots, const Ip6Addr* addresses, NextHopId* out,
                        size_t count) noexcept;
// Only where has_avx2() is true.
uint64_t recall6_avx2(const Recent6Slots& slots, const Ip6Addr* addresses, NextHopId* out,
                      size_t count) noexcept;

class Recent6 {
 public:
  // Before a burst: whether to ask it, the table being at `version`.
  bool ready(uint64_t version) noexcept {
    return recency_.ready(version, [this] { forget(); });
  }
  [[nodiscard]] const Recent6Slots& slots() const noexcept { return slots_; }
  // After a recall of `count`, with what the table said of those `missed`.
  void note(uint64_t missed, const Ip6Addr* addresses, const NextHopId* hops,
            size_t count) noexcept {
    if (missed != 0) learn(missed, addresses, hops);
    asked_ += static_cast<uint32_t>(count);
    if (asked_ >= kWindow) judge();
  }

 private:
  // It pays while three in four are remembered.
  static constexpr uint32_t kWindow = 2048;
  static constexpr uint32_t kMisses = kWindow / 4;

  void forget() noexcept;
  void learn(uint64_t missed, const Ip6Addr* addresses, const NextHopId* hops) noexcept;
  void put(const Ip6Addr& address, uint16_t hop) noexcept;
  void judge() noexcept;

  Recent6Slots slots_{};
  Recency recency_;
  uint32_t asked_ = 0, misses_ = 0;  // of a window
};

}  // namespace spanway::table
