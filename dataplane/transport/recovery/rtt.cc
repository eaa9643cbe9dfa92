// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/rtt.h"

namespace spanway::transport {
namespace {

// No path takes longer; a peer that answers later only for the sake of it gains no endless timeout.
constexpr Nanos kLongest = seconds(60);

}  // namespace

void Rtt::sample_min(Nanos latest, Nanos now) noexcept {
  const Nanos age = now - min_since_;
  if (age < limits_->min_window) {
    min_now_ = std::min(min_now_, latest);
    return;
  }
  // Two windows are kept. After a pause longer than both, neither speaks of the path of today.
  min_before_ = age < limits_->min_window * 2 ? min_now_ : latest;
  min_now_ = latest;
  min_since_ = now;
}

void Rtt::sample(Nanos latest, Nanos ack_delay, Nanos now) noexcept {
  latest = std::clamp(latest, Nanos(1), kLongest);
  latest_ = latest;
  progress();
  if (!known()) {  // RFC 6298 (2.2)
    min_now_ = latest;
    min_since_ = now;
    srtt8_ = latest.ns() * 8;
    rttvar4_ = latest.ns() * 2;
    return;
  }
  sample_min(latest, now);
  const Nanos adjusted = latest - ack_delay >= min() ? latest - ack_delay : latest;
  // RFC 6298 (2.3), alpha 1/8 and beta 1/4; the variation takes the SRTT of before.
  const int64_t off = adjusted.ns() - (srtt8_ >> 3);
  rttvar4_ += (off < 0 ? -off : off) - (rttvar4_ >> 2);
  srtt8_ += off;
}

Nanos Rtt::rto() const noexcept {
  const Nanos path = known() ? smoothed() + Nanos(rttvar4_) : limits_->initial_rto;
  const Nanos slack = known() ? smoothed() + limits_->granularity : limits_->floor;
  const Nanos once = std::max({path, slack, limits_->floor});
  const Nanos doubled = limits_->doubles_grace ? once : path;
  // The ceiling ends the doubling; a path that takes longer than it is waited for all the same.
  // Divided instead of multiplied, so that nothing overflows.
  if (doubled.ns() > limits_->ceiling.ns() >> backed_off_) return std::max(once, limits_->ceiling);
  return std::max(once, Nanos(doubled.ns() << backed_off_));
}

}  // namespace spanway::transport
