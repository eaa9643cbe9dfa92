// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/cubic.h"

#include <algorithm>
#include <cmath>

namespace spanway::transport {

void Cubic::begin_epoch(double window, Nanos now) noexcept {
  in_epoch_ = true;
  epoch_ = now;
  cwnd_ = w_est_ = window;
  if (w_max_ <= window) {  // nothing to climb back to: on the plateau already
    w_max_ = window;
    k_ = 0;
  } else {
    k_ = std::cbrt((w_max_ - window) / kCubicC);  // equation 2
  }
  cwnd_prior_ = std::max(cwnd_prior_, window);
}

uint64_t Cubic::grown(uint64_t window, uint64_t bytes, uint64_t segment, bool limited, Nanos srtt,
                      Nanos now) noexcept {
  if (!in_epoch_) {
    begin_epoch(static_cast<double>(window) / static_cast<double>(segment), now);
    acked_ = 0;
    grow_at_ = last_ = now;
  }
  if (!limited) {
    epoch_ += now - last_;
    last_ = now;
    return window;
  }
  last_ = now;
  acked_ += bytes;
  if (now < grow_at_) return window;
  grow_at_ = now + Nanos(srtt.ns() >> 4);

  const double share = static_cast<double>(acked_) / static_cast<double>(window);
  acked_ = 0;
  const double t = (now - epoch_).seconds();
  // Section 4.3: what Reno would have; as fast as Reno once it is back where the last loss struck.
  w_est_ += (w_est_ < cwnd_prior_ ? kCubicAlpha : 1.0) * share;
  if (w_cubic(t) < w_est_) {
    cwnd_ = std::max(cwnd_, w_est_);
  } else {  // sections 4.4 and 4.5, with the target of 4.2
    const double target = std::clamp(w_cubic(t + srtt.seconds()), cwnd_, 1.5 * cwnd_);
    cwnd_ += (target - cwnd_) * share;
  }
  return static_cast<uint64_t>(cwnd_ * static_cast<double>(segment));
}

uint64_t Cubic::reduced(uint64_t window, uint64_t segment) noexcept {
  const double segments = static_cast<double>(window) / static_cast<double>(segment);
  // Fast convergence: below the last maximum somebody else needs room, so it gets more
  // (section 4.7).
  w_max_ = segments < w_max_ ? segments * (1 + kCubicBeta) / 2 : segments;
  cwnd_prior_ = segments;
  in_epoch_ = false;
  return static_cast<uint64_t>(static_cast<double>(window) * kCubicBeta);
}

void Cubic::rescale(uint64_t old_segment, uint64_t segment) noexcept {
  const double by = static_cast<double>(old_segment) / static_cast<double>(segment);
  cwnd_ *= by;
  w_max_ *= by;
  w_est_ *= by;
  cwnd_prior_ *= by;
}

}  // namespace spanway::transport
