// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace spanway::transport {

TimerWheel::TimerWheel(Nanos now) noexcept
    : tick_(static_cast<uint64_t>(std::max<int64_t>(now.ns(), 0)) >> kTickBits) {
  due_.next_ = due_.prev_ = &due_;
  for (Timer& head : slots_) head.next_ = head.prev_ = &head;
}

// The first tick at or after `t`.
uint64_t TimerWheel::tick_after(Nanos t) noexcept {
  const auto ns = static_cast<uint64_t>(std::max<int64_t>(t.ns(), 0));
  return (ns + (uint64_t{1} << kTickBits) - 1) >> kTickBits;
}

void TimerWheel::insert(Timer& head, Timer& timer) noexcept {
  timer.prev_ = head.prev_;
  timer.next_ = &head;
  head.prev_->next_ = &timer;
  head.prev_ = &timer;
}

void TimerWheel::unlink(Timer& timer) noexcept {
  timer.prev_->next_ = timer.next_;
  timer.next_->prev_ = timer.prev_;
  if (timer.slot_ != kDueSlot && slots_[timer.slot_].next_ == &slots_[timer.slot_])
    occupied_[timer.slot_ / kSlots] &= ~(uint64_t{1} << timer.slot_ % kSlots);
  timer.next_ = timer.prev_ = nullptr;
}

void TimerWheel::place(Timer& timer) noexcept {
  if (timer.armed()) unlink(timer);
  const uint64_t wanted = tick_after(timer.deadline_);
  if (wanted <= tick_) {
    timer.slot_ = kDueSlot;
    timer.looked_at_ = timer.deadline_;
    insert(due_, timer);
    return;
  }
  // Further out than the wheel reaches: looked at on its last tick.
  constexpr uint64_t kReach = (uint64_t{1} << kLevels * kLevelBits) - 1;
  const uint64_t delta = std::min(wanted - tick_, kReach);
  const uint64_t at = tick_ + delta;
  const int level = (std::bit_width(delta) - 1) / kLevelBits;
  const uint32_t index = static_cast<uint32_t>(at >> level * kLevelBits) % kSlots;
  timer.slot_ = static_cast<uint16_t>(static_cast<uint32_t>(level) * kSlots + index);
  timer.looked_at_ =
      Nanos(static_cast<int64_t>(at >> level * kLevelBits << level * kLevelBits) << kTickBits);
  occupied_[static_cast<size_t>(level)] |= uint64_t{1} << index;
  insert(slots_[timer.slot_], timer);
}

void TimerWheel::cancel(Timer& timer) noexcept {
  timer.deadline_ = Nanos::never();
  if (timer.armed()) unlink(timer);
}

// The whole ring of a slot moves behind those that are due; each is looked at by itself later.
void TimerWheel::collect_slot(int level, uint32_t slot) noexcept {
  Timer& head = slots_[static_cast<size_t>(level) * kSlots + slot];
  occupied_[static_cast<size_t>(level)] &= ~(uint64_t{1} << slot);
  if (head.next_ == &head) return;
  head.next_->prev_ = due_.prev_;
  due_.prev_->next_ = head.next_;
  head.prev_->next_ = &due_;
  due_.prev_ = head.prev_;
  head.next_ = head.prev_ = &head;
}

void TimerWheel::collect(Nanos now) noexcept {
  const uint64_t tick = static_cast<uint64_t>(std::max<int64_t>(now.ns(), 0)) >> kTickBits;
  if (tick <= tick_) return;
  for (int level = 0; level < kLevels; ++level) {
    const uint64_t from = tick_ >> level * kLevelBits, to = tick >> level * kLevelBits;
    if (from == to) break;
    // The slots entered since: after `from`, up to `to`, at most all of them.
    const uint64_t count = std::min<uint64_t>(to - from, kSlots);
    const auto first = static_cast<int>((from + 1) % kSlots);
    uint64_t entered = std::rotr(occupied_[static_cast<size_t>(level)], first) &
                       (~uint64_t{0} >> (kSlots - count));
    for (; entered != 0; entered &= entered - 1)
      collect_slot(level, static_cast<uint32_t>(first + std::countr_zero(entered)) % kSlots);
  }
  tick_ = tick;
}

Timer* TimerWheel::take_due() noexcept {
  Timer* timer = due_.next_;
  if (timer == &due_) return nullptr;
  unlink(*timer);
  return timer;
}

Nanos TimerWheel::earliest() const noexcept {
  if (due_.next_ != &due_) return Nanos(0);
  uint64_t least = UINT64_MAX;
  for (int level = 0; level < kLevels; ++level) {
    const uint64_t now = tick_ >> level * kLevelBits;
    const auto first = static_cast<int>((now + 1) % kSlots);
    const uint64_t ahead = std::rotr(occupied_[static_cast<size_t>(level)], first);
    if (ahead == 0) continue;
    const uint64_t slot = now + 1 + static_cast<uint64_t>(std::countr_zero(ahead));
    least = std::min(least, slot << level * kLevelBits);
  }
  if (least == UINT64_MAX) return Nanos::never();
  return Nanos(static_cast<int64_t>(least << kTickBits));
}

}  // namespace spanway::transport
