// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/congestion.h"

#include <algorithm>

namespace spanway::transport {
namespace {

// Numbers after which the last episode can not be spoken of any more.
constexpr int32_t kGuardFor = 1 << 20;

}  // namespace

const char* name_of(Phase phase) noexcept {
  switch (phase) {
    case Phase::kSlowStart:
      return "slow-start";
    case Phase::kConservativeSlowStart:
      return "conservative-slow-start";
    case Phase::kAvoidance:
      return "avoidance";
    case Phase::kRecovery:
      return "recovery";
    case Phase::kTimeout:
      return "timeout";
  }
  return "?";
}

const char* name_of(Algorithm algorithm) noexcept {
  return algorithm == Algorithm::kReno ? "reno" : "cubic";
}

Congestion::Congestion(Algorithm algorithm, uint32_t segment, PacketNumber first) noexcept
    : full_until_(first - 1u), segment_(segment), algorithm_(algorithm) {
  set_window(kInitialWindow * segment);
}

Phase Congestion::phase() const noexcept {
  if (recovering_) return Phase::kRecovery;
  if (timed_out_) return Phase::kTimeout;
  if (!in_slow_start()) return Phase::kAvoidance;
  return slow_start_.conservative() ? Phase::kConservativeSlowStart : Phase::kSlowStart;
}

void Congestion::set_window(uint64_t window) noexcept {
  window_ = window;
  // Slow start doubles, so half of the window in use is full use; else no further segment fits.
  full_at_ = in_slow_start() ? window / 2 : window - std::min<uint64_t>(segment_ - 1, window);
}

bool Congestion::delivered(const Delivery& d) noexcept {
  const bool limited = d.newest <= full_until_;
  if (!limited) full_until_ = d.newest - 1u;
  if (guarded_) [[unlikely]] {
    if (d.newest - recovery_point_ > kGuardFor) guarded_ = false;
    if (recovering() && d.newest >= recovery_point_) {
      if (recovering_) set_window(threshold_);
      recovering_ = timed_out_ = false;
      return true;
    }
  }
  if (recovering_)
    window_ = prr_.window(d.in_flight, d.bytes, d.sent, threshold_, segment_);
  else
    grow(d, limited);
  return false;
}

void Congestion::grow(const Delivery& d, bool limited) noexcept {
  if (!in_slow_start()) {
    if (algorithm_ == Algorithm::kCubic)
      set_window(cubic_.grown(window_, d.bytes, segment_, limited, d.srtt, d.now));
    else if (limited)
      set_window(reno_.grown(window_, d.bytes, segment_));
    return;
  }
  if (!limited) return;
  // Only the first slow start has no ssthresh to end it (RFC 9406 section 4.3).
  if (threshold_ == UINT64_MAX && d.rtt != Nanos() && slow_start_.sample(d.rtt, d.newest, d.next)) {
    threshold_ = window_;
    set_window(window_);
    return;
  }
  if (limited) set_window(std::min(threshold_, window_ + slow_start_.growth(d.bytes, segment_)));
}

uint64_t Congestion::reduced(const Congested& c) noexcept {
  // What the application left unused was never tested on the path (RFC 7661 section 4.4.1).
  const uint64_t used = c.struck <= full_until_ ? window_ : std::min(window_, c.flight);
  const uint64_t less =
      algorithm_ == Algorithm::kCubic ? cubic_.reduced(used, segment_) : Reno::reduced(used);
  return std::max(less, kLeastThreshold * segment_);
}

void Congestion::save() noexcept { saved_ = {window_, threshold_, cubic_, true}; }

void Congestion::congested(const Congested& c) noexcept {
  save();
  threshold_ = reduced(c);
  recovery_point_ = c.next;
  guarded_ = true;
  timed_out_ = false;
  reno_.restart();
  slow_start_.restart();
  if (c.by_mark) {
    saved_.valid = false;  // the network said so; nothing can show that it was not so
    set_window(threshold_);
    return;
  }
  recovering_ = true;
  prr_.begin(c.flight, c.sent);
  window_ = prr_.window(c.in_flight, c.delivered, c.sent, threshold_, segment_);
}

void Congestion::lost_more(uint64_t in_flight, uint64_t sent) noexcept {
  if (recovering_) window_ = prr_.window(in_flight, 0, sent, threshold_, segment_);
}

void Congestion::timed_out(const Congested& c) noexcept {
  if (!recovering()) {
    save();
    threshold_ = reduced(c);
  }
  cubic_.plateau();
  cubic_.end_epoch();
  reno_.restart();
  slow_start_.restart();
  recovering_ = false;
  timed_out_ = guarded_ = true;
  recovery_point_ = c.next;
  set_window(kLossWindow * segment_);
}

bool Congestion::undo() noexcept {
  if (!saved_.valid) return false;
  saved_.valid = false;
  threshold_ = saved_.threshold;
  cubic_ = saved_.cubic;
  recovering_ = timed_out_ = false;
  set_window(std::max(window_, saved_.window));
  return true;
}

void Congestion::set_segment(uint32_t segment) noexcept {
  cubic_.rescale(segment_, segment);
  saved_.cubic.rescale(segment_, segment);
  segment_ = segment;
  if (recovering_) return;  // PRR sets the window by the next acknowledgement
  set_window(std::max<uint64_t>(window_, kLossWindow * segment));
}

}  // namespace spanway::transport
