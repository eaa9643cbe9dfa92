// SPDX-License-Identifier: BSD-3-Clause
// A hierarchical timer wheel, four levels of 64 slots, for one lazy timer a connection: moving a
// deadline further out only stores it, and the wheel looks again when the old time has come. To
// arm, to move and to cancel are O(1); an advance does at most the work it is allowed. No
// allocation. The worker that owns it.
//
// Always: a timer fires at or after its deadline, never before; and at most one tick after it,
// when advance() is called so often and is allowed enough.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/units.h"

namespace spanway::transport {

// Embedded in its owner, which outlives its stay on the wheel. Never copied.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  [[nodiscard]] bool armed() const noexcept { return next_ != nullptr; }
  [[nodiscard]] Nanos deadline() const noexcept { return deadline_; }

 private:
  friend class TimerWheel;
  Timer* next_ = nullptr;  // in a ring through its slot; null: on no wheel
  Timer* prev_ = nullptr;
  Nanos deadline_ = Nanos::never();  // when the owner wants to be called
  Nanos looked_at_;                  // when the wheel will look
  uint16_t slot_ = 0;
};
static_assert(sizeof(Timer) == 40);

class TimerWheel {
 public:
  // A tick is 2^13 ns, 8.2 us: half of the shortest delay that anybody here asks for. The levels
  // then reach 0.5 ms, 34 ms, 2.1 s and 137 s; what lies further out is looked at on the way.
  static constexpr int kTickBits = 13;
  static constexpr int kLevelBits = 6;
  static constexpr int kLevels = 4;
  static constexpr uint32_t kSlots = 1u << kLevelBits;

  explicit TimerWheel(Nanos now) noexcept;
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // The timer fires at `deadline`; never() leaves it where it is, to be let go when it is looked
  // at.
  void arm(Timer& timer, Nanos deadline) noexcept {
    timer.deadline_ = deadline;
    if (timer.armed() && deadline >= timer.looked_at_) [[likely]]
      return;
    if (deadline != Nanos::never()) place(timer);
  }
  void cancel(Timer& timer) noexcept;

  // Fires what is due: fire(Timer&), which may arm or cancel any timer. Looks at no more than
  // `most` timers; true when some were left for the next call.
  template <class Fire>
  bool advance(Nanos now, uint32_t most, Fire&& fire) noexcept {
    collect(now);
    for (; most != 0; --most) {
      Timer* timer = take_due();
      if (timer == nullptr) return false;
      if (timer->deadline_ > now) {
        if (timer->deadline_ != Nanos::never()) place(*timer);
        continue;
      }
      fire(*timer);
    }
    return due_.next_ != &due_;
  }

  // No timer is looked at before this; never() when there is none.
  [[nodiscard]] Nanos earliest() const noexcept;

 private:
  static constexpr uint16_t kDueSlot = kLevels * kSlots;
  static uint64_t tick_after(Nanos t) noexcept;
  void place(Timer& timer) noexcept;
  void insert(Timer& head, Timer& timer) noexcept;
  void unlink(Timer& timer) noexcept;
  void collect(Nanos now) noexcept;
  void collect_slot(int level, uint32_t slot) noexcept;
  Timer* take_due() noexcept;

  uint64_t tick_ = 0;  // everything up to this tick was collected
  std::array<uint64_t, kLevels> occupied_{};
  Timer due_;  // heads of rings
  std::array<Timer, kLevels * kSlots> slots_;
};

}  // namespace spanway::transport
