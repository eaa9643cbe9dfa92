// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/slow_start.h"

#include <algorithm>

namespace spanway::transport {

void SlowStart::new_round(PacketNumber next) noexcept {
  window_end_ = next;
  in_round_ = true;
  last_min_ = current_min_;
  current_min_ = Nanos::never();
  samples_ = 0;
}

bool SlowStart::sample(Nanos rtt, PacketNumber newest, PacketNumber next) noexcept {
  if (!in_round_ || newest >= window_end_) {
    if (conservative_ && ++css_rounds_ >= kCssRounds) return true;
    new_round(next);
  }
  current_min_ = std::min(current_min_, rtt);
  if (++samples_ < kRttSamples) return false;
  if (conservative_) {
    // The growth was a false alarm: back to the fast phase.
    if (current_min_ < baseline_) {
      conservative_ = false;
      baseline_ = Nanos::never();
    }
    return false;
  }
  if (last_min_ == Nanos::never()) return false;
  const Nanos threshold = std::clamp(Nanos(last_min_.ns() >> 3), kMinRttThresh, kMaxRttThresh);
  if (current_min_ >= last_min_ + threshold) {
    baseline_ = current_min_;
    conservative_ = true;
    css_rounds_ = 0;
  }
  return false;
}

}  // namespace spanway::transport
