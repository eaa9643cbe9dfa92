// SPDX-License-Identifier: BSD-3-Clause
// The part of the sender that tells its caller, number by number. Included by sender.h alone.
#pragma once

#include "dataplane/transport/recovery/sender.h"

namespace spanway::transport {

template <Settlement T>
AckVerdict Sender::on_ack(const Ack& ack, Nanos now, T& told) noexcept {
  if (!acceptable(ack)) [[unlikely]] {
    ++counts_.refused;
    return AckVerdict::kRefused;
  }
  Relay<T> relay{*this, told};
  Newly newly;
  const uint64_t flight = board_.bytes_in_flight();
  const PacketNumber first = board_.first();
  // The acknowledgement that ends a recovery still belongs to it.
  const bool recovering = congestion_.recovering();
  if (ack.ranges.size() != 1 || !board_.acknowledge_in_order(ack.ranges.front(), relay, newly))
      [[unlikely]] {
    for (const AckRange& range : ack.ranges) board_.acknowledge(range, relay, newly);
    if (newly.packets == 0) {
      if (newly.late == 0) return AckVerdict::kNothing;
      digest_late(newly, ack, now);
      return AckVerdict::kNews;
    }
    board_.settle_first();
  }
  digest(newly, ack, first, now);
  loss_at_ = Nanos::never();
  if (board_.first() < rack_.newest()) [[unlikely]] {
    batch_lost_ = 0;
    detect_losses(recovering, now, relay);
    if (batch_lost_ != 0) react(flight, newly.bytes, now);
  }
  return AckVerdict::kNews;
}

// Step 5 of RFC 8985 section 6.2. The ring is sorted by time, so the first that is not lost yet
// says when to look again.
template <Settlement T>
void Sender::detect_losses(bool recovering, Nanos now, T& told) noexcept {
  const Nanos window = rack_.reorder_window(recovering, above_, rtt_);
  loss_at_ = Nanos::never();
  PacketNumber n = board_.first();
  for (; n < rack_.newest(); n = board_.next_in_flight(n)) {
    const Nanos lost_at = rack_.lost_at(board_.at(n).sent, window);
    if (lost_at > now) {
      loss_at_ = lost_at;
      break;
    }
    board_.lose(n, told);
  }
  board_.settle_first();
  if (board_.first() >= rack_.newest()) above_ = 0;
}

// RFC 8985 section 6.3: the oldest, and with it whatever is as old as RACK allows.
template <Settlement T>
void Sender::lose_by_timeout(Nanos now, T& told) noexcept {
  const Nanos window = rack_.reorder_window(congestion_.recovering(), above_, rtt_);
  PacketNumber n = board_.first();
  do {
    board_.lose(n, told);
    n = board_.next_in_flight(n);
  } while (n < board_.next() && rack_.lost_at(board_.at(n).sent, window) <= now);
  board_.settle_first();
}

template <Settlement T>
TimerVerdict Sender::on_timer(Nanos now, T& told) noexcept {
  if (board_.packets_in_flight() == 0) return TimerVerdict::kNothing;
  Relay<T> relay{*this, told};
  const uint64_t flight = board_.bytes_in_flight();
  batch_lost_ = 0;
  if (now >= loss_at_) {
    detect_losses(congestion_.recovering(), now, relay);
    if (batch_lost_ != 0) react(flight, 0, now);
    return TimerVerdict::kNothing;
  }
  // A worker that comes late finds both due; the probe, which costs nothing, goes first.
  if (now >= probe_at()) {
    send_probe(now);
    return TimerVerdict::kProbe;
  }
  if (now < timeout_at()) return TimerVerdict::kNothing;
  by_timer_ = true;
  lose_by_timeout(now, relay);
  by_timer_ = false;
  react_to_timeout(flight, now);
  return TimerVerdict::kNothing;
}

}  // namespace spanway::transport
