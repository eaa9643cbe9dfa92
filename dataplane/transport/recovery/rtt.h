// SPDX-License-Identifier: BSD-3-Clause
// The round-trip time and the retransmission timeout made of it (RFC 6298), and the smallest time
// of late (RFC 8985 section 6.2 step 1). The worker that owns the connection.
#pragma once

#include <algorithm>

#include "dataplane/base/units.h"

namespace spanway::transport {

struct RttLimits {
  Nanos initial_rto = seconds(1);  // before the first sample: RFC 6298 (2.1)
  Nanos floor = millis(1);         // RFC 6298 (2.4) asks TCP for 1 s
  Nanos ceiling = seconds(1);  // RFC 6298 (2.5) asks TCP for 60 s; a packet a second harms nobody
  // G: what a busy worker and a delayed acknowledgement may add without anything being lost. As
  // large as the floor: with a steady RTT the variation comes near nothing, and a timeout of one
  // RTT would strike for any hiccup.
  Nanos granularity = millis(1);
  // The timer that ran out doubles what the path takes, as RFC 6298 (5.5) asks, and not the grace
  // that hiccups have: where that is much the longer, some timeouts pass until they part, each many
  // round trips after the last. TCP doubles all.
  bool doubles_grace = false;
  Nanos min_window = seconds(10);  // how long a smallest time counts at least; at most twice that
};

// RFC 6298 for TCP.
inline constexpr RttLimits kTcpRttLimits{
    .floor = seconds(1), .ceiling = seconds(60), .doubles_grace = true};

class Rtt {
 public:
  // The limits outlive it; many connections share one.
  explicit Rtt(const RttLimits& limits) noexcept : limits_(&limits) {}

  // A transmission's answer came `latest` after it was sent; the peer says it held the answer back
  // for `ack_delay`, which counts only as far as the rest is not below min() (RFC 9002
  // section 5.3).
  void sample(Nanos latest, Nanos ack_delay, Nanos now) noexcept;
  // The timer ran out: it is longer from here on (RFC 6298 (5.5)).
  void back_off() noexcept {
    if (backed_off_ < kMostDoublings) ++backed_off_;
  }
  // A new sample or new data acknowledged ends the back-off (RFC 6298 section 5, last paragraph).
  void progress() noexcept { backed_off_ = 0; }

  [[nodiscard]] bool known() const noexcept { return srtt8_ != 0; }
  // 0 before the first sample, and so are variation() and latest().
  [[nodiscard]] Nanos smoothed() const noexcept { return Nanos(srtt8_ >> 3); }
  [[nodiscard]] Nanos variation() const noexcept { return Nanos(rttvar4_ >> 2); }
  [[nodiscard]] Nanos latest() const noexcept { return latest_; }
  [[nodiscard]] Nanos min() const noexcept { return std::min(min_now_, min_before_); }
  // The timeout with its back-off.
  [[nodiscard]] Nanos rto() const noexcept;
  [[nodiscard]] int doublings() const noexcept { return backed_off_; }

 private:
  static constexpr int kMostDoublings = 24;
  void sample_min(Nanos latest, Nanos now) noexcept;

  int64_t srtt8_ = 0;    // 8 * SRTT in ns, so that its eighths are not lost
  int64_t rttvar4_ = 0;  // 4 * RTTVAR in ns
  Nanos latest_;
  Nanos min_now_ = Nanos::never();     // since min_since_
  Nanos min_before_ = Nanos::never();  // of the window before
  Nanos min_since_;
  const RttLimits* limits_;
  int backed_off_ = 0;
};
static_assert(sizeof(Rtt) == 64);

}  // namespace spanway::transport
