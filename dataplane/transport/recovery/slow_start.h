// SPDX-License-Identifier: BSD-3-Clause
// HyStart++ (RFC 9406): slow start that ends when the round-trip time grows, before a queue runs
// over. The owner of the connection.
#pragma once

#include <cstdint>

#include "dataplane/base/units.h"
#include "dataplane/transport/recovery/packet_number.h"

namespace spanway::transport {

// RFC 9406 section 4.3, and its names.
inline constexpr Nanos kMinRttThresh = millis(4);
inline constexpr Nanos kMaxRttThresh = millis(16);
inline constexpr uint32_t kRttSamples = 8;
inline constexpr uint32_t kCssGrowthDivisorBits = 2;  // divisor 4
inline constexpr uint32_t kCssRounds = 5;
// RFC 3465's limit on what one acknowledgement adds, in segments: RFC 9406 section 4.3 for senders
// that do not pace.
inline constexpr uint32_t kSlowStartLimit = 8;

class SlowStart {
 public:
  // One acknowledgement with a sample of the round-trip time. `newest`: of those delivered; `next`:
  // the coming number. True when slow start is over and congestion avoidance begins.
  bool sample(Nanos rtt, PacketNumber newest, PacketNumber next) noexcept;
  // What `bytes` acknowledged add to the window.
  [[nodiscard]] uint64_t growth(uint64_t bytes, uint64_t segment) const noexcept {
    const uint64_t limit = kSlowStartLimit * segment;
    return (bytes < limit ? bytes : limit) >> (conservative_ ? kCssGrowthDivisorBits : 0);
  }
  // In the conservative phase, CSS.
  [[nodiscard]] bool conservative() const noexcept { return conservative_; }
  // Slow start begins anew.
  void restart() noexcept { *this = SlowStart(); }

 private:
  void new_round(PacketNumber next) noexcept;

  Nanos last_min_ = Nanos::never();     // lastRoundMinRTT
  Nanos current_min_ = Nanos::never();  // currentRoundMinRTT
  Nanos baseline_ = Nanos::never();     // cssBaselineMinRtt
  PacketNumber window_end_;
  uint32_t samples_ = 0;
  uint8_t css_rounds_ = 0;
  bool conservative_ = false;
  bool in_round_ = false;
};

}  // namespace spanway::transport
