// SPDX-License-Identifier: BSD-3-Clause
// Spreads a window over its round trip: rate = gain * window / srtt, with a burst saved up. Nothing
// is spread while the path shows no sign of congestion, since then a burst costs the worker
// less than a timer does. The owner of the connection.
#pragma once

#include <algorithm>
#include <cstdint>

#include "dataplane/base/units.h"

namespace spanway::transport {

// Gains in quarters: twice the window while it doubles, else a quarter more than the window, so
// that pacing itself never keeps a window from being used.
inline constexpr uint64_t kSlowStartGain4 = 8;
inline constexpr uint64_t kAvoidanceGain4 = 5;
// Segments that may leave at once: the initial window (RFC 9002 section 7.7).
inline constexpr uint64_t kPacerBurst = 10;
// Round trips without congestion after which a path counts as uncongested again.
inline constexpr int64_t kCalmRoundTrips = 8;
// Times this much above the smallest are no queue, but a worker that was busy.
inline constexpr Nanos kCalmSlack = micros(50);

class Pacer {
 public:
  // Off: everything may leave at once.
  void bypass() noexcept { burst_ = Nanos::never(); }
  // `window` in bytes, not 0.
  void pace(uint64_t window, uint32_t segment, Nanos srtt, bool slow_start) noexcept;

  [[nodiscard]] bool paced() const noexcept { return burst_ != Nanos::never(); }
  [[nodiscard]] bool may_send(Nanos now) const noexcept { return !paced() || now >= next_; }
  // When the next one may leave.
  [[nodiscard]] Nanos next() const noexcept { return paced() ? next_ : Nanos(); }
  void sent(uint32_t bytes, Nanos now) noexcept {
    if (!paced()) [[likely]]
      return;
    const auto cost = static_cast<int64_t>(bytes * per_byte_ >> kFraction);
    next_ = std::max(next_, now - burst_) + Nanos(cost);
  }
  // Bytes a second; 0 while not paced.
  [[nodiscard]] uint64_t rate() const noexcept;

 private:
  static constexpr int kFraction = 16;
  uint64_t per_byte_ = 0;  // ns a byte, 48.16
  Nanos burst_ = Nanos::never();
  Nanos next_;
};

}  // namespace spanway::transport
