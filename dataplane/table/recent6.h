// SPDX-License-Identifier: BSD-3-Clause
// What one worker remembers of its last IPv6 lookups: an address and its answer cost one cache line
// and about a fifth of a walk through the table.
//
// Made for up to some thousands of hot flows: 4,096 lines of three addresses each, of which a
// worker touches those that its flows need. The addresses of a burst that are not remembered are
// looked up in the table and learnt. It belongs to one worker and one table. Each line says to
// which version of the table it belongs (change_version.h), so that nothing needs to be cleared
// when that moves on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/ids.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/table/lazy_array.h"
#include "dataplane/table/patience.h"

namespace spanway::table {

inline constexpr unsigned kWays6 = 3;

// The same address may stand there more than once, with one answer.
struct alignas(64) Recent6Line {
  std::array<Ip6Addr, kWays6> addresses;
  std::array<uint16_t, kWays6 + 1> hops;  // the last one means nothing
  uint64_t stamp;
};
static_assert(sizeof(Recent6Line) == 64);

struct Recent6View {
  static constexpr unsigned kLineBits = 12;
  static constexpr size_t kLines = size_t{1} << kLineBits;

  const Recent6Line* lines;
  uint64_t stamp;  // lines with another one hold nothing

  // Where an address stands, by its halves in the order of its memory.
  static constexpr size_t line_of(uint64_t first, uint64_t second) noexcept {
    constexpr uint64_t kFactor = 0x9e3779b97f4a7c15u;
    return (first ^ second) * kFactor >> (64 - kLineBits);
  }
};

inline constexpr size_t kRecall6 = 64;  // addresses at a time at most

// Answers those addresses that are remembered. Returns a bit for each that is not; what `out` holds
// of these means nothing. All kernels agree.
using Recent6Kernel = uint64_t (*)(const Recent6View& view, const Ip6Addr* addresses,
                                   NextHopId* out, size_t count) noexcept;
uint64_t recall6_scalar(const Recent6View& view, const Ip6Addr* addresses, NextHopId* out,
                        size_t count) noexcept;
// Only where has_avx2() is true.
uint64_t recall6_avx2(const Recent6View& view, const Ip6Addr* addresses, NextHopId* out,
                      size_t count) noexcept;

class Recent6 {
 public:
  // Before a burst: whether to ask it, the table being at `version`.
  bool ready(uint64_t version) noexcept {
    if (patience_.passes()) return false;
    stamp_ = version + 1;  // no line that was never written has it
    return version % 2 == 0;
  }
  [[nodiscard]] Recent6View view() const noexcept { return {lines_.data(), stamp_}; }
  // After a recall of `count`, with what the table said of those `missed`.
  void note(uint64_t missed, const Ip6Addr* addresses, const NextHopId* hops,
            size_t count) noexcept {
    if (missed != 0) learn(missed, addresses, hops);
    asked_ += static_cast<uint32_t>(count);
    if (asked_ >= kWindow) judge();
  }

 private:
  // It pays while three in four are remembered. A trial that fails is lost time: it stays rare.
  static constexpr uint32_t kWindow = 512;
  static constexpr uint32_t kMisses = kWindow / 4;
  static constexpr uint32_t kLongPause = 8192;

  void learn(uint64_t missed, const Ip6Addr* addresses, const NextHopId* hops) noexcept;
  void put(const Ip6Addr& address, uint16_t hop) noexcept;
  void judge() noexcept;

  LazyArray<Recent6Line> lines_{Recent6View::kLines};
  uint64_t stamp_ = 0;
  Patience patience_{kLongPause};
  uint32_t asked_ = 0, misses_ = 0;  // of a window
};

}  // namespace spanway::table
