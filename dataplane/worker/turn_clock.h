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
    anchor(rte_rdtsc());
  }

  // Never goes back. At most a few nanoseconds off the engine's clock: it is anchored anew each
  // millisecond.
  Nanos now() noexcept {
    const uint64_t tsc = rte_rdtsc();
    if (tsc - anchor_tsc_ >= anchor_every_) [[unlikely]]
      anchor(tsc);
    const auto passed = static_cast<int64_t>((tsc - anchor_tsc_) * ns_per_cycle_ >> kFraction);
    last_ = std::max(last_, anchor_ns_ + Nanos(passed));
    return last_;
  }

 private:
  static constexpr unsigned kFraction = 32;

  void anchor(uint64_t tsc) noexcept {
    anchor_tsc_ = tsc;
    anchor_ns_ = clock_.now();
  }

  const Clock& clock_;
  uint64_t ns_per_cycle_;
  uint64_t anchor_every_;
  uint64_t anchor_tsc_ = 0;
  Nanos anchor_ns_{};
  Nanos last_{};
};

}  // namespace spanway::worker
