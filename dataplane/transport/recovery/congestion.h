// SPDX-License-Identifier: BSD-3-Clause
// The congestion window: one face before slow start, avoidance by Reno or CUBIC, and recovery. In
// bytes that are in flight; growth comes only from bytes that were acknowledged for the first time
// (RFC 3465), and only while the sender made use of its window (RFC 7661). The owner of the
// connection.
#pragma once

#include <cstdint>

#include "dataplane/base/units.h"
#include "dataplane/transport/recovery/cubic.h"
#include "dataplane/transport/recovery/packet_number.h"
#include "dataplane/transport/recovery/prr.h"
#include "dataplane/transport/recovery/reno.h"
#include "dataplane/transport/recovery/slow_start.h"

namespace spanway::transport {

enum class Algorithm : uint8_t { kReno, kCubic };

enum class Phase : uint8_t { kSlowStart, kConservativeSlowStart, kAvoidance, kRecovery, kTimeout };
const char* name_of(Phase phase) noexcept;
const char* name_of(Algorithm algorithm) noexcept;

// RFC 6928 section 2, in segments (its limit in bytes is for segments larger than Ethernet's).
inline constexpr uint64_t kInitialWindow = 10;
// The least ssthresh (RFC 5681 equation 4) and the loss window (section 3.1), in segments.
inline constexpr uint64_t kLeastThreshold = 2;
inline constexpr uint64_t kLossWindow = 1;

// One acknowledgement, as far as the window is concerned.
struct Delivery {
  uint64_t bytes = 0;      // delivered for the first time
  uint64_t in_flight = 0;  // after it
  uint64_t sent = 0;       // all bytes ever sent
  PacketNumber newest;     // of those delivered
  PacketNumber next;       // the coming number
  Nanos rtt;               // a sample, or 0
  Nanos srtt;
  Nanos now;
};

// What was in flight when congestion struck.
struct Congested {
  uint64_t flight = 0;     // bytes before what was lost was taken off
  uint64_t in_flight = 0;  // bytes now
  uint64_t delivered = 0;  // bytes of the acknowledgement that told, 0 when a timer did
  uint64_t sent = 0;       // all bytes ever sent
  PacketNumber struck;     // the newest one lost or marked
  PacketNumber next;       // recovery lasts until this number or a later one is delivered
  bool by_mark = false;    // nothing was lost: a mark of ECN
};

class Congestion {
 public:
  // segment: bytes of a full packet, not 0. first: the first number to be sent.
  Congestion(Algorithm algorithm, uint32_t segment, PacketNumber first) noexcept;

  // How many bytes may be in flight now.
  [[nodiscard]] uint64_t window() const noexcept { return window_; }
  [[nodiscard]] uint64_t threshold() const noexcept { return threshold_; }
  [[nodiscard]] uint32_t segment() const noexcept { return segment_; }
  [[nodiscard]] Phase phase() const noexcept;
  [[nodiscard]] Algorithm algorithm() const noexcept { return algorithm_; }
  // In fast recovery, or after a timeout until what was in flight then is settled.
  [[nodiscard]] bool recovering() const noexcept { return recovering_ || timed_out_; }
  [[nodiscard]] bool in_slow_start() const noexcept { return window_ < threshold_; }

  // `n` was sent and left so much in flight. Notes when the window was in full use.
  void sent(PacketNumber n, uint64_t in_flight) noexcept {
    if (in_flight >= full_at_) full_until_ = n;
  }
  // The newest delivered is `n`: true when nothing follows from it, and delivered() need not be
  // called. So it is with a window that is still to be found and not in full use: most of what
  // messages need.
  [[nodiscard]] bool at_rest(PacketNumber n) noexcept {
    if (n <= full_until_ || guarded_ || !in_slow_start()) [[unlikely]]
      return false;
    full_until_ = n - 1u;  // dragged along, so that it never wraps
    return true;
  }
  // Grows the window. True when recovery ended by it.
  bool delivered(const Delivery& d) noexcept;
  // `n` was lost, or acknowledged with a mark: does that begin a new episode, or belong to one that
  // already cost the window its share (RFC 6582)?
  [[nodiscard]] bool begins_episode(PacketNumber n) const noexcept {
    return !guarded_ || n >= recovery_point_;
  }
  void congested(const Congested& c) noexcept;
  // More was lost in the same episode: what PRR allows now.
  void lost_more(uint64_t in_flight, uint64_t sent) noexcept;
  // The retransmission timer ran out. ssthresh stays when it is already of this episode (RFC 5681
  // section 3.1).
  void timed_out(const Congested& c) noexcept;
  // The last episode was none: everything lost in it arrived after all (RFC 9438 section 4.9).
  // False when there is nothing to go back to.
  bool undo() noexcept;
  // The path takes packets of another size.
  void set_segment(uint32_t segment) noexcept;

 private:
  struct Saved {
    uint64_t window = 0;
    uint64_t threshold = 0;
    Cubic cubic;
    bool valid = false;
  };

  void grow(const Delivery& d, bool limited) noexcept;
  void set_window(uint64_t window) noexcept;
  void save() noexcept;
  [[nodiscard]] uint64_t reduced(const Congested& c) noexcept;

  uint64_t window_;
  uint64_t threshold_ = UINT64_MAX;
  uint64_t full_at_ = 0;         // so many bytes in flight make full use of the window
  PacketNumber full_until_;      // the last one sent that did
  PacketNumber recovery_point_;  // meaningful when guarded_
  uint32_t segment_;
  Algorithm algorithm_;
  bool recovering_ = false;
  bool timed_out_ = false;
  bool guarded_ = false;
  Reno reno_;
  Cubic cubic_;
  SlowStart slow_start_;
  Prr prr_;
  Saved saved_;
};

}  // namespace spanway::transport
