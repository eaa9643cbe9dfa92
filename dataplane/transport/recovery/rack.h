// SPDX-License-Identifier: BSD-3-Clause
// RACK-TLP (RFC 8985): a transmission is lost when one sent sufficiently later was delivered; and
// when nothing comes back at all, one probe is sent before the retransmission timeout strikes.
// Numbers here are transmissions in the order of sending, so "sent later" is "has a greater
// number", and no answer to a retransmission can be taken for one to the original. The owner of the
// connection.
#pragma once

#include <algorithm>

#include "dataplane/base/units.h"
#include "dataplane/transport/recovery/packet_number.h"
#include "dataplane/transport/recovery/rtt.h"

namespace spanway::transport {

// How many later ones must be delivered before order is trusted (section 3.3.1, RFC 5681).
inline constexpr uint32_t kDupThreshold = 3;
// How many recoveries a widened reordering window outlives without cause (section 6.2 step 4).
inline constexpr uint8_t kReorderPersist = 16;

class Rack {
 public:
  // Steps 2 and 3 of section 6.2, for one acknowledgement: the newest and the oldest it delivered.
  void delivered(PacketNumber newest, Nanos sent, PacketNumber oldest, Nanos now) noexcept {
    if (any_ && oldest < newest_) reordering_seen_ = true;
    if (any_ && newest <= newest_) return;
    any_ = true;
    newest_ = newest;
    rtt_ = now - sent;
  }
  // One declared lost was delivered after all; D-SACK tells TCP this (step 4). Widens the window,
  // once a round trip: `first` is the oldest in flight, `next` the coming one.
  void spurious(PacketNumber first, PacketNumber next) noexcept;
  // A recovery ended (step 4).
  void recovered() noexcept;

  // Nothing at all was delivered so far.
  [[nodiscard]] bool any() const noexcept { return any_; }
  // RACK.segment: the newest delivered.
  [[nodiscard]] PacketNumber newest() const noexcept { return newest_; }
  [[nodiscard]] bool reordering_seen() const noexcept { return reordering_seen_; }
  [[nodiscard]] uint8_t multiplier() const noexcept { return multiplier_; }
  // RACK_update_reo_wnd() of step 4. `above`: delivered ones newer than the oldest in flight.
  [[nodiscard]] Nanos reorder_window(bool recovering, uint32_t above,
                                     const Rtt& rtt) const noexcept;
  // When one sent at `sent`, older than newest(), counts as lost (step 5).
  [[nodiscard]] Nanos lost_at(Nanos sent, Nanos window) const noexcept {
    return sent + rtt_ + window;
  }

 private:
  Nanos rtt_;  // RACK.rtt: of the newest delivered
  PacketNumber newest_;
  PacketNumber round_;  // RACK.dsack_round
  uint8_t multiplier_ = 1;
  uint8_t persist_ = 0;
  bool in_round_ = false;
  bool reordering_seen_ = false;
  bool any_ = false;
};

// Tail loss probe, section 7. One may be out at a time.
class TailProbe {
 public:
  // PTO of section 7.2, without the limit by the RTO. Only when rtt.known().
  static Nanos timeout(const Rtt& rtt, bool one_in_flight, Nanos max_ack_delay,
                       Nanos floor) noexcept {
    const Nanos pto = rtt.smoothed() * 2;
    return std::max(floor, one_in_flight ? pto + max_ack_delay : pto);
  }
  // The probe will be `number` (section 7.3); until it is answered there is no second.
  void sent(PacketNumber number) noexcept {
    number_ = number;
    out_ = true;
  }
  // Section 7.4: what is as new as the probe was delivered. If the tail was lost, RACK declares it
  // so by this very acknowledgement, since the probe was sent two round trips later.
  void delivered(PacketNumber newest) noexcept {
    if (out_ && newest >= number_) out_ = false;
  }
  void reset() noexcept { out_ = false; }
  [[nodiscard]] bool out() const noexcept { return out_; }

 private:
  PacketNumber number_;
  bool out_ = false;
};

}  // namespace spanway::transport
