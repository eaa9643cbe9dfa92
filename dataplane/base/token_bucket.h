// SPDX-License-Identifier: BSD-3-Clause
// A token bucket: `rate` tokens a second, at most `burst` saved up. One thread, time passed in.
#pragma once

#include <algorithm>
#include <cstdint>

#include "dataplane/base/units.h"

namespace spanway {

class TokenBucket {
 public:
  // Full at the start. rate and burst in tokens; a burst of 0 never gives any.
  constexpr TokenBucket(uint64_t rate_per_second, uint64_t burst) noexcept
      : rate_(rate_per_second), capacity_(burst * kUnit), level_(burst * kUnit) {}

  // Takes `count` tokens if they are there. `now` never goes back.
  constexpr bool take(Nanos now, uint64_t count = 1) noexcept {
    if (!has(now, count)) return false;
    level_ -= count * kUnit;
    return true;
  }
  // Whether they are there, without taking them.
  constexpr bool has(Nanos now, uint64_t count) noexcept {
    refill(now);
    return level_ >= count * kUnit;
  }
  // When they are there, if none is taken before; never() when that is more than is ever saved up.
  [[nodiscard]] constexpr Nanos when(uint64_t count) const noexcept {
    const uint64_t cost = count * kUnit;
    if (level_ >= cost) return last_;
    if (cost > capacity_ || rate_ == 0) return Nanos::never();
    return last_ + Nanos(static_cast<int64_t>((cost - level_ + rate_ - 1) / rate_));
  }

 private:
  // One token is kUnit, so that a nanosecond's share of any rate is whole.
  static constexpr uint64_t kUnit = 1'000'000'000;
  constexpr void refill(Nanos now) noexcept {
    const int64_t passed = now.ns() - last_.ns();
    if (passed <= 0) return;
    last_ = now;
    // Past this span the bucket is full whatever it held; it also keeps the product from wrapping.
    const uint64_t ns = static_cast<uint64_t>(passed);
    if (rate_ != 0 && ns >= capacity_ / rate_ + 1)
      level_ = capacity_;
    else
      level_ = std::min(capacity_, level_ + ns * rate_);
  }

  uint64_t rate_;
  uint64_t capacity_;
  uint64_t level_;
  Nanos last_;
};

}  // namespace spanway
