// SPDX-License-Identifier: BSD-3-Clause
// Which transmissions arrived: finds duplicates, says what an acknowledgement has to tell and when
// one is due. The worker that owns the connection; time is passed in.
//
// Always: run() numbers up to largest() arrived without a gap; a number older than the last
// kRemembered is never called new, so the log also serves as the window against replays.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/units.h"
#include "dataplane/transport/recovery/ack.h"
#include "dataplane/transport/recovery/packet_number.h"

namespace spanway::transport {

struct AckPolicy {
  uint32_t every = 2;        // packets that ask for an answer; RFC 5681 section 4.2
  Nanos delay = micros(20);  // the longest a single one waits
};

enum class Arrival : uint8_t {
  kNew,
  kDuplicate,
  kTooOld,  // before the remembered ones: perhaps new, but treated as a duplicate
  kTooFar,  // further ahead than any sender may be
};

class ReceiveLog {
 public:
  // How far back a number may come and be known as new or not.
  static constexpr uint32_t kRemembered = 1024;
  // How far ahead of the newest a number may come: more than any scoreboard holds.
  static constexpr uint32_t kFurthest = 1u << 20;

  // `first` is the first number the peer will use. The policy outlives the log.
  ReceiveLog(const AckPolicy& policy, PacketNumber first) noexcept;

  // Looks without noting: for a packet that is not yet proved genuine.
  [[nodiscard]] Arrival look(PacketNumber n) const noexcept;
  // A genuine packet came. `asks`: its sender waits for an answer; `ce`: it was marked "congestion
  // experienced".
  Arrival note(PacketNumber n, bool asks, bool ce, Nanos now) noexcept {
    if (n == largest_ + 1 && !ce) [[likely]] {
      take_next(n, asks, now);
      return Arrival::kNew;
    }
    return note_unusual(n, asks, ce, now);
  }

  [[nodiscard]] bool ack_due(Nanos now) const noexcept { return now >= due_; }
  // When an acknowledgement is due if nothing more arrives; never() when none is owed.
  [[nodiscard]] Nanos deadline() const noexcept { return due_; }
  // Whether there is anything to tell that no acknowledgement has told yet.
  [[nodiscard]] bool owed() const noexcept { return waiting_ != 0; }
  // Whether anything arrived at all; before that there is nothing to acknowledge.
  [[nodiscard]] bool any() const noexcept { return any_; }

  [[nodiscard]] PacketNumber largest() const noexcept { return largest_; }
  [[nodiscard]] uint32_t run() const noexcept { return run_; }
  [[nodiscard]] AckWords words() const noexcept { return {largest_, run_, bitmap()}; }
  [[nodiscard]] Nanos delay(Nanos now) const noexcept { return now - largest_at_; }
  [[nodiscard]] uint32_t ce_count() const noexcept { return ce_count_; }
  // words() went out; nothing is owed any more.
  void told() noexcept {
    waiting_ = 0;
    due_ = Nanos::never();
  }

 private:
  static constexpr uint32_t kWords = kRemembered / 64;
  static constexpr uint64_t bit(PacketNumber n) noexcept { return uint64_t{1} << (n.value() & 63); }
  uint64_t& word(PacketNumber n) noexcept { return bits_[n.value() / 64 % kWords]; }
  const uint64_t& word(PacketNumber n) const noexcept { return bits_[n.value() / 64 % kWords]; }

  void take_next(PacketNumber n, bool asks, Nanos now) noexcept {
    // Entering a word: what it says is a whole window old.
    if ((n.value() & 63) == 0)
      word(n) = 1;
    else
      word(n) |= bit(n);
    largest_ = n;
    largest_at_ = now;
    any_ = true;
    if (run_ < kLongestRun) ++run_;
    if (!asks) return;
    if (++waiting_ >= policy_->every)
      due_ = now;
    else if (waiting_ == 1)
      due_ = now + policy_->delay;
  }
  Arrival note_unusual(PacketNumber n, bool asks, bool ce, Nanos now) noexcept;
  void jump_to(PacketNumber n, Nanos now) noexcept;
  void fill(PacketNumber n) noexcept;
  [[nodiscard]] uint64_t bitmap() const noexcept;

  Nanos due_ = Nanos::never();
  Nanos largest_at_;
  PacketNumber largest_;
  uint32_t run_ = kRemembered;  // what came before the first number counts as arrived
  uint32_t waiting_ = 0;        // arrived, asking, not yet acknowledged
  uint32_t ce_count_ = 0;
  const AckPolicy* policy_;
  bool any_ = false;
  std::array<uint64_t, kWords>
      bits_;  // of the last kRemembered numbers; the newest word from bit 0
};
static_assert(sizeof(ReceiveLog) <= 3 * 64);

}  // namespace spanway::transport
