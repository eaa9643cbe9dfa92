// SPDX-License-Identifier: BSD-3-Clause
// CUBIC (RFC 9438), with its Reno-friendly region and fast convergence. Windows are in segments, as
// in the RFC. Acknowledgements are summed up and turned into growth sixteen times a round trip,
// so that most cost an addition; the cube root is taken once an epoch. The owner of the connection.
#pragma once

#include <cstdint>

#include "dataplane/base/units.h"

namespace spanway::transport {

// RFC 9438 sections 4.1, 4.3 and 4.6.
inline constexpr double kCubicC = 0.4;
inline constexpr double kCubicBeta = 0.7;
inline constexpr double kCubicAlpha = 3 * (1 - kCubicBeta) / (1 + kCubicBeta);

class Cubic {
 public:
  // The window, in bytes, after `bytes` more were acknowledged. When the application left the
  // window unused (`limited` false) it does not grow, nor does the epoch's time pass (section 5.8).
  uint64_t grown(uint64_t window, uint64_t bytes, uint64_t segment, bool limited, Nanos srtt,
                 Nanos now) noexcept;
  // ssthresh after congestion (section 4.6), the new maximum (4.7) noted. `window`: what was in
  // use.
  uint64_t reduced(uint64_t window, uint64_t segment) noexcept;
  // After a timeout, or slow start that ended without a loss: the next epoch begins on the plateau
  // (section 4.8).
  void plateau() noexcept { w_max_ = 0; }
  // The window was changed from outside; the next acknowledgement begins an epoch.
  void end_epoch() noexcept { in_epoch_ = false; }
  // Segments are of another size from now on.
  void rescale(uint64_t old_segment, uint64_t segment) noexcept;

  [[nodiscard]] double w_max() const noexcept { return w_max_; }
  [[nodiscard]] double k() const noexcept { return k_; }
  // W_cubic(t), equation 1; t in seconds since the epoch began.
  [[nodiscard]] double w_cubic(double t) const noexcept {
    const double d = t - k_;
    return kCubicC * d * d * d + w_max_;
  }

 private:
  void begin_epoch(double window, Nanos now) noexcept;

  uint64_t acked_ = 0;  // bytes not yet turned into growth
  Nanos grow_at_;       // when they next are
  Nanos epoch_;         // where t is 0
  Nanos last_;          // the last acknowledgement
  double cwnd_ = 0;     // with its fraction
  double w_max_ = 0;
  double w_est_ = 0;
  double cwnd_prior_ = 0;
  double k_ = 0;  // seconds
  bool in_epoch_ = false;
};

}  // namespace spanway::transport
