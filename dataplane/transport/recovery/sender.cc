// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/sender.h"

#include <algorithm>

namespace spanway::transport {

Sender::Sender(const SenderOptions& options, PacketNumber first)
    : board_(options.capacity, first),
      rtt_(options.rtt),
      congestion_(options.algorithm, std::max(options.segment, 1u), first),
      options_(&options) {}

bool Sender::acceptable_ranges(const Ack& ack) const noexcept {
  if (ack.ranges.empty()) return false;
  PacketNumber above = board_.next();
  for (const AckRange& range : ack.ranges) {
    if (range.last >= above || !is_of_the_past(range)) return false;
    if (trapped_ && range.first <= trap_ && trap_ <= range.last) return false;
    above = range.first;
  }
  return true;
}

void Sender::skip(Nanos now) noexcept {
  trap_ = board_.sent(0, Cargo::kSilent, now);
  trapped_ = true;
}

void Sender::note_lost(PacketNumber n) noexcept {
  ++(by_timer_ ? counts_.lost_timeout : counts_.lost_fast);
  // A probe of the path's size was meant to be too big (RFC 8899 section 3, item 7).
  if (board_.at(n).cargo == Cargo::kPathProbe) return;
  if (batch_lost_++ == 0) batch_first_ = n;
  batch_newest_ = n;
}

void Sender::note_late(PacketNumber n) noexcept {
  ++counts_.spurious;
  rack_.spurious(board_.first(), board_.next());
  if (board_.at(n).cargo == Cargo::kPathProbe || n < episode_first_) return;
  if (++episode_late_ != episode_lost_) return;
  if (congestion_.undo()) {
    ++counts_.undone;
    rtt_.progress();
  }
}

void Sender::digest(const Newly& newly, const Ack& ack, PacketNumber first, Nanos now) noexcept {
  const Nanos sent = board_.at(newly.newest).sent;
  Nanos sample;
  if (newly.newest == ack.ranges.front().last && ack.delay != Nanos::never()) {  // RFC 9002 5.1
    sample = now - sent;
    rtt_.sample(sample, ack.delay, now);
  } else {
    rtt_.progress();
  }
  progress_ = now;
  rack_.delivered(newly.newest, sent, newly.oldest, now);
  probe_.delivered(newly.newest);
  if (board_.first() > rack_.newest())
    above_ = 0;
  else
    above_ = board_.first() == first ? above_ + newly.packets : newly.packets;

  if (!congestion_.at_rest(newly.newest) &&
      congestion_.delivered({.bytes = newly.bytes,
                             .in_flight = board_.bytes_in_flight(),
                             .sent = sent_bytes_,
                             .newest = newly.newest,
                             .next = board_.next(),
                             .rtt = sample,
                             .srtt = rtt_.smoothed(),
                             .now = now}))
    rack_.recovered();
  if (ack.ce_count != ce_seen_) [[unlikely]] {
    // An acknowledgement that was overtaken has a smaller count and says nothing.
    if (static_cast<int32_t>((ack.ce_count - ce_seen_) << (32 - kCeBits)) > 0) {
      ce_seen_ = ack.ce_count;
      react_to_mark(newly.newest, now);
    }
  }
  if (now >= tune_at_) tune_pacer(now);
}

// A path that takes longer than the timeout shows its round trip only so.
void Sender::digest_late(const Newly& newly, const Ack& ack, Nanos now) noexcept {
  if (newly.newest_late != ack.ranges.front().last || ack.delay == Nanos::never()) return;
  rtt_.sample(now - board_.at(newly.newest_late).sent, ack.delay, now);
  progress_ = now;
}

Congested Sender::congested(uint64_t flight, uint64_t delivered) const noexcept {
  return {.flight = flight,
          .in_flight = board_.bytes_in_flight(),
          .delivered = delivered,
          .sent = sent_bytes_,
          .struck = batch_newest_,
          .next = board_.next()};
}

void Sender::react(uint64_t flight, uint64_t delivered, Nanos now) noexcept {
  congested_at_ = tune_at_ = now;
  if (!congestion_.begins_episode(batch_newest_)) {
    episode_lost_ += batch_lost_;
    congestion_.lost_more(board_.bytes_in_flight(), sent_bytes_);
    return;
  }
  ++counts_.episodes;
  episode_first_ = batch_first_;
  episode_lost_ = batch_lost_;
  episode_late_ = 0;
  congestion_.congested(congested(flight, delivered));
}

void Sender::react_to_timeout(uint64_t flight, Nanos now) noexcept {
  ++counts_.timeouts;
  rtt_.back_off();
  probe_.reset();
  progress_ = congested_at_ = tune_at_ = now;
  loss_at_ = Nanos::never();
  above_ = 0;
  credit_ = 1;  // what is lost is sent again, even if the rest still fills the loss window
  if (batch_lost_ == 0) return;
  if (congestion_.recovering()) {
    episode_lost_ += batch_lost_;
  } else {
    episode_first_ = batch_first_;
    episode_lost_ = batch_lost_;
    episode_late_ = 0;
  }
  congestion_.timed_out(congested(flight, 0));
}

// Once a window, as for a loss (RFC 3168 section 6.1.2).
void Sender::react_to_mark(PacketNumber newest, Nanos now) noexcept {
  if (!congestion_.begins_episode(newest)) return;
  ++counts_.marks;
  congested_at_ = tune_at_ = now;
  episode_lost_ = 0;
  congestion_.congested({.flight = board_.bytes_in_flight(),
                         .in_flight = board_.bytes_in_flight(),
                         .sent = sent_bytes_,
                         .struck = newest,
                         .next = board_.next(),
                         .by_mark = true});
}

void Sender::tune_pacer(Nanos now) noexcept {
  const Nanos srtt = rtt_.smoothed();
  tune_at_ = now + Nanos(srtt.ns() >> 2);
  // Without a sample there is nothing to compare with.
  const bool level =
      !rtt_.known() || srtt <= rtt_.min() + std::max(kCalmSlack, Nanos(rtt_.min().ns() >> 2));
  const bool calm =
      level && (congested_at_ == Nanos::never() || now - congested_at_ > srtt * kCalmRoundTrips);
  if (calm || !options_->pacing)
    pacer_.bypass();
  else
    pacer_.pace(congestion_.window(), congestion_.segment(), srtt, congestion_.in_slow_start());
}

Nanos Sender::timeout_at() const noexcept {
  return std::max(progress_, board_.at(board_.first()).sent) + rtt_.rto();
}

// RFC 8985 section 7.2: not in recovery, nothing delivered beyond a hole, no other probe out.
Nanos Sender::probe_at() const noexcept {
  if (!rtt_.known() || congestion_.recovering() || probe_.out() || above_ != 0)
    return Nanos::never();
  const Nanos pto = TailProbe::timeout(rtt_, board_.packets_in_flight() == 1,
                                       options_->max_ack_delay, options_->probe_floor);
  return std::min(std::max(progress_, last_sent_) + pto, timeout_at());
}

void Sender::send_probe(Nanos now) noexcept {
  ++counts_.probes;
  probe_.sent(board_.next());
  progress_ = now;  // the retransmission timer begins anew (section 7.3)
  credit_ = 1;
}

Nanos Sender::deadline() const noexcept {
  if (board_.packets_in_flight() == 0) return Nanos::never();
  return std::min({loss_at_, probe_at(), timeout_at()});
}

SenderCounts Sender::counts() const noexcept {
  SenderCounts counts = counts_;
  counts.packets_sent = sent_packets_;
  return counts;
}

}  // namespace spanway::transport
