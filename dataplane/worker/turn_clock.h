// SPDX-License-Identifier: BSD-3-Clause
// The engine's clock as a pinned thread reads it once a turn: interpolated by the CPU's time stamp
// counter, which costs a third of a clock_gettime(). One thread.
#pragma once

#include <rte_cycles.h>

#include <algorithm>

#include "dataplane/base/clock.h"
#include "dataplane/base/units.h"

namespace spanway::worker {

class TurnClock {
 public:
  explicit TurnClock(const Clock& clock) noexcept
      : clock_(clock),
        ns_per_cycle_((uint64_t{1'000'000'000} << kFraction) / rte_get_tsc_hz()),
        anchor_every_(rte_get_tsc_hz() / 1000) {
    anchor();
  }

  // Never goes back. Some microseconds off the engine's clock at most, by what the counter's rate
  // is rounded to: it is anchored anew each millisecond.
  Nanos now() noexcept {
    const uint64_t tsc = rte_rdtsc();
    if (tsc - anchor_tsc_ >= anchor_every_) [[unlikely]]
      return last_ = std::max(last_, anchor());
    const auto passed = static_cast<int64_t>((tsc - anchor_tsc_) * ns_per_cycle_ >> kFraction);
    last_ = std::max(last_, anchor_ns_ + Nanos(passed));
    return last_;
  }

 private:
  static constexpr unsigned kFraction = 32;
  // A thread that loses its core between the two clocks would be that long off until the next
  // anchor: of some readings the one counts that took least, and one that took a two thousandth of
  // the time between two anchors is as good as any.
  static constexpr unsigned kReadings = 4;
  static constexpr uint64_t kGoodShare = 2'000;

  Nanos anchor() noexcept {
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < kReadings && least > anchor_every_ / kGoodShare; ++i) {
      const uint64_t before = rte_rdtsc();
      const Nanos ns = clock_.now();
      const uint64_t took = rte_rdtsc() - before;
      if (took >= least) continue;
      least = took;
      anchor_tsc_ = before + took / 2;
      anchor_ns_ = ns;
    }
    return anchor_ns_;
  }

  const Clock& clock_;
  uint64_t ns_per_cycle_;
  uint64_t anchor_every_;
  uint64_t anchor_tsc_ = 0;
  Nanos anchor_ns_{};
  Nanos last_{};
};

}  // namespace spanway::worker
