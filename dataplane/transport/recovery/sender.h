// SPDX-License-Identifier: BSD-3-Clause
// The sending half of recovery: what may be sent and when, what arrived, what was lost and why. It
// knows transmissions by number and size only; whoever is above it knows what each one carried, is
// told number by number what became of it, and sends again what was lost, in a new
// transmission. Time is passed in and never goes back. The worker that owns the connection.
//
// A connection keeps one timer, at deadline(); on_timer() may be called at any time.
#pragma once

#include <cstdint>

#include "dataplane/base/units.h"
#include "dataplane/transport/recovery/ack.h"
#include "dataplane/transport/recovery/congestion.h"
#include "dataplane/transport/recovery/pacer.h"
#include "dataplane/transport/recovery/packet_number.h"
#include "dataplane/transport/recovery/rack.h"
#include "dataplane/transport/recovery/rtt.h"
#include "dataplane/transport/recovery/scoreboard.h"

namespace spanway::transport {

struct SenderOptions {
  RttLimits rtt{};
  Algorithm algorithm = Algorithm::kCubic;
  uint32_t segment = 1200;           // bytes of a full packet
  uint32_t capacity = 1024;          // transmissions that may be outstanding or remembered
  Nanos max_ack_delay = micros(20);  // what the peer's AckPolicy says
  Nanos probe_floor = micros(50);    // the shortest PTO: what a busy worker may be late by
  bool pacing = true;
};

enum class AckVerdict : uint8_t {
  kNews,     // something was delivered, also late
  kNothing,  // nothing new
  kRefused,  // malformed, or it names numbers that were never sent: no state changed
};

enum class TimerVerdict : uint8_t {
  kNothing,  // nothing for the caller to do, or only what was told lost
  kProbe,    // send one packet now, may_send() allows it: new data, or else the newest outstanding
             // again
};

struct SenderCounts {
  uint64_t packets_sent = 0;
  uint64_t lost_fast = 0;     // by three later ones or by the reordering window (RACK)
  uint64_t lost_timeout = 0;  // by the retransmission timer
  uint64_t probes = 0;        // tail loss probes
  uint64_t timeouts = 0;
  uint64_t spurious = 0;  // told lost, arrived after all
  uint64_t undone = 0;    // episodes taken back
  uint64_t episodes = 0;  // congestion events, by loss
  uint64_t marks = 0;     // congestion events, by ECN
  uint64_t refused = 0;   // acknowledgements
};

class Sender {
 public:
  // The options outlive it. Allocates the scoreboard, nothing else, ever.
  Sender(const SenderOptions& options, PacketNumber first);

  // The number the next transmission gets.
  [[nodiscard]] PacketNumber next() const noexcept { return board_.next(); }
  [[nodiscard]] bool may_send(uint32_t bytes, Nanos now) const noexcept {
    if (board_.full()) return false;
    if (credit_ != 0) return true;
    const uint64_t after = board_.bytes_in_flight() + bytes;
    return (after <= congestion_.window() || after == bytes) && pacer_.may_send(now);
  }
  // When pacing alone holds the next packet back: until then. Otherwise in the past.
  [[nodiscard]] Nanos paced_until() const noexcept { return pacer_.next(); }

  // A packet of `bytes` leaves now, whatever may_send() says, but not while the scoreboard is full;
  // a silent one always may.
  PacketNumber on_sent(uint32_t bytes, Nanos now, Cargo cargo = Cargo::kData) noexcept {
    const PacketNumber n = board_.sent(bytes, cargo, now);
    if (cargo == Cargo::kSilent) return n;
    credit_ = 0;
    last_sent_ = now;
    sent_bytes_ += bytes;
    ++sent_packets_;
    congestion_.sent(n, board_.bytes_in_flight());
    pacer_.sent(bytes, now);
    return n;
  }
  // Leaves a number out. Who acknowledges it acknowledges what it can not have, and is refused; one
  // such number is remembered, the last.
  void skip(Nanos now) noexcept;

  template <Settlement T>
  AckVerdict on_ack(const Ack& ack, Nanos now, T& told) noexcept;
  template <Settlement T>
  TimerVerdict on_timer(Nanos now, T& told) noexcept;
  // When on_timer() has something to do; never() while nothing is in flight.
  [[nodiscard]] Nanos deadline() const noexcept;

  // A round trip measured by other means, such as a handshake: better than the initial timeout.
  void learn_rtt(Nanos rtt, Nanos now) noexcept { rtt_.sample(rtt, Nanos(0), now); }
  // The path takes packets of another size.
  void set_segment(uint32_t bytes) noexcept { congestion_.set_segment(bytes); }

  [[nodiscard]] const Rtt& rtt() const noexcept { return rtt_; }
  [[nodiscard]] const Rack& rack() const noexcept { return rack_; }
  [[nodiscard]] const Congestion& congestion() const noexcept { return congestion_; }
  [[nodiscard]] const Pacer& pacer() const noexcept { return pacer_; }
  [[nodiscard]] const Scoreboard& scoreboard() const noexcept { return board_; }
  [[nodiscard]] uint64_t bytes_sent() const noexcept { return sent_bytes_; }
  [[nodiscard]] SenderCounts counts() const noexcept;

 private:
  // Passes on what is told and keeps the books of the episode.
  template <Settlement T>
  struct Relay {
    Sender& sender;
    T& told;
    void delivered(PacketNumber n) noexcept { told.delivered(n); }
    void lost(PacketNumber n) noexcept {
      sender.note_lost(n);
      told.lost(n);
    }
    void late(PacketNumber n) noexcept {
      sender.note_late(n);
      told.late(n);
    }
  };
  [[nodiscard]] bool acceptable(const Ack& ack) const noexcept {
    if (ack.ranges.size() != 1 || trapped_) return acceptable_ranges(ack);
    const AckRange range = ack.ranges.front();
    return range.last < board_.next() && is_of_the_past(range);
  }
  // Its end being that: a range that reaches over to the other half of the circle begins in what is
  // still to come.
  [[nodiscard]] bool is_of_the_past(AckRange range) const noexcept {
    return range.first <= range.last && range.first < board_.next();
  }
  [[nodiscard]] bool acceptable_ranges(const Ack& ack) const noexcept;
  void note_lost(PacketNumber n) noexcept;
  void note_late(PacketNumber n) noexcept;
  // What an acknowledgement says of time and of the window. first: the oldest in flight before it.
  void digest(const Newly& newly, const Ack& ack, PacketNumber first, Nanos now) noexcept;
  // The same when all it brought came late.
  void digest_late(const Newly& newly, const Ack& ack, Nanos now) noexcept;
  // A batch of losses, if it speaks of congestion. flight: bytes in flight before all.
  void react(uint64_t flight, uint64_t delivered, Nanos now) noexcept;
  void react_to_timeout(uint64_t flight, Nanos now) noexcept;
  void react_to_mark(PacketNumber newest, Nanos now) noexcept;
  void tune_pacer(Nanos now) noexcept;
  [[nodiscard]] Congested congested(uint64_t flight, uint64_t delivered) const noexcept;
  [[nodiscard]] Nanos probe_at() const noexcept;
  [[nodiscard]] Nanos timeout_at() const noexcept;
  void send_probe(Nanos now) noexcept;

  template <Settlement T>
  void detect_losses(bool recovering, Nanos now, T& told) noexcept;
  template <Settlement T>
  void lose_by_timeout(Nanos now, T& told) noexcept;

  // Touched when sending.
  Scoreboard board_;
  // Touched by every acknowledgement as well.
  Nanos last_sent_;
  Nanos progress_;                  // the last one that delivered something, or the last timer
  Nanos loss_at_ = Nanos::never();  // when the reordering window of the oldest closes
  uint64_t sent_bytes_ = 0;
  uint64_t sent_packets_ = 0;
  uint32_t above_ = 0;  // delivered ones newer than the oldest in flight
  uint32_t ce_seen_ = 0;
  uint8_t credit_ = 0;  // a probe may leave, whatever the window
  bool trapped_ = false;
  bool by_timer_ = false;  // what is being lost is lost by the retransmission timer
  PacketNumber trap_;      // skipped
  Rtt rtt_;
  Rack rack_;
  TailProbe probe_;
  Pacer pacer_;
  Nanos tune_at_;
  Congestion congestion_;
  // Touched by losses only.
  Nanos congested_at_ = Nanos::never();
  uint32_t batch_lost_ = 0;   // of what is being declared lost, those that speak of congestion
  PacketNumber batch_first_;  // the oldest of them
  PacketNumber batch_newest_;
  PacketNumber episode_first_;  // the oldest lost of the last episode
  uint32_t episode_lost_ = 0;
  uint32_t episode_late_ = 0;
  const SenderOptions* options_;
  SenderCounts counts_;
};
// Eleven cache lines beside the ring; what keeps order and fills no window touches the first five.
static_assert(sizeof(Sender) <= 11 * 64);

}  // namespace spanway::transport

#include "dataplane/transport/recovery/sender_inl.h"
