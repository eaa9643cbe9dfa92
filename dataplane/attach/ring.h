// SPDX-License-Identifier: BSD-3-Clause
// The two ends of a ring of entries in memory that two processes share, of which neither believes
// the other: one thread produces, one consumes.
//
// Always: where an end stands is its own private number; what the other end writes is read once and
// held against the ring's size. Outside of it the other side is broken: that end says so for ever
// and does nothing any more. Capacities are the owner's, never read from the memory.
//
// The bell: a consumer that wants to sleep says so, looks again, and sleeps; a producer publishes,
// looks whether anybody sleeps, and rings. All four steps are in one order that both sides agree on
// (sequentially consistent), so at least one sees the other.
#pragma once

#include <atomic>
#include <cstdint>

#include "dataplane/attach/layout.h"

namespace spanway::attach {

// Words that another process writes as well: every access is atomic, none is torn.
static_assert(std::atomic_ref<uint64_t>::is_always_lock_free);
inline uint32_t load(uint32_t& word, std::memory_order order) noexcept {
  return std::atomic_ref<uint32_t>(word).load(order);
}
inline void store(uint32_t& word, uint32_t value, std::memory_order order) noexcept {
  std::atomic_ref<uint32_t>(word).store(value, order);
}

// A ring as it lies in memory: its head, then `entries` of EntryWords.
struct RingMemory {
  RingHead* head = nullptr;
  EntryWords* slots = nullptr;
  uint32_t entries = 0;

  // `at` has ring_bytes(entries) bytes behind it, at a multiple of kLine.
  static RingMemory over(void* at, uint32_t entries) noexcept {
    auto* head = static_cast<RingHead*>(at);
    return {head, static_cast<EntryWords*>(static_cast<void*>(head + 1)), entries};
  }
};

class RingProducer {
 public:
  RingProducer() = default;
  explicit RingProducer(const RingMemory& memory) noexcept
      : memory_(memory), mask_(memory.entries - 1) {}

  // How many entries fit now, `enough` at least or all that do.
  uint32_t room(uint32_t enough = 1) noexcept {
    if (broken_) return 0;
    if (memory_.entries - (next_ - consumed_) < enough) look();
    return broken_ ? 0 : memory_.entries - (next_ - consumed_);
  }
  // False: full, or broken. Nobody sees it before publish().
  bool push(const Entry& entry) noexcept {
    if (room() == 0) return false;
    const auto words = std::bit_cast<EntryWords>(entry);
    EntryWords& slot = memory_.slots[next_ & mask_];
    for (unsigned i = 0; i < 2; ++i)
      std::atomic_ref<uint64_t>(slot.words[i]).store(words.words[i], std::memory_order_relaxed);
    ++next_;
    return true;
  }
  // Shows all that was pushed. True: the consumer may sleep, ring its bell.
  bool publish() noexcept {
    if (published_ == next_) return false;
    published_ = next_;
    store(memory_.head->produced, next_, std::memory_order_seq_cst);
    if (load(memory_.head->wants_bell, std::memory_order_seq_cst) == 0) return false;
    return std::atomic_ref<uint32_t>(memory_.head->wants_bell)
               .exchange(0, std::memory_order_relaxed) != 0;
  }
  // The consumer claims to have read what was never written.
  [[nodiscard]] bool broken() const noexcept { return broken_; }

 private:
  void look() noexcept {
    const uint32_t consumed = load(memory_.head->consumed, std::memory_order_acquire);
    if (published_ - consumed > memory_.entries)
      broken_ = true;
    else
      consumed_ = consumed;
  }

  RingMemory memory_;
  uint32_t mask_ = 0;
  uint32_t next_ = 0, published_ = 0;
  uint32_t consumed_ = 0;  // as it was seen last
  bool broken_ = false;
};

class RingConsumer {
 public:
  RingConsumer() = default;
  explicit RingConsumer(const RingMemory& memory) noexcept
      : memory_(memory), mask_(memory.entries - 1) {}

  // False: empty, or broken.
  bool pop(Entry& out) noexcept {
    if (next_ == produced_ && !look()) return false;
    EntryWords words;
    EntryWords& slot = memory_.slots[next_ & mask_];
    for (unsigned i = 0; i < 2; ++i)
      words.words[i] = std::atomic_ref<uint64_t>(slot.words[i]).load(std::memory_order_relaxed);
    out = std::bit_cast<Entry>(words);
    ++next_;
    return true;
  }
  // What was popped may be written over.
  void give_back() noexcept {
    if (given_ == next_) return;
    given_ = next_;
    store(memory_.head->consumed, next_, std::memory_order_release);
  }
  // Before a sleep. False: something came in between, or the producer is broken: do not.
  bool lie_down() noexcept {
    store(memory_.head->wants_bell, 1, std::memory_order_seq_cst);
    if (next_ == load(memory_.head->produced, std::memory_order_seq_cst)) return true;
    get_up();
    return false;
  }
  void get_up() noexcept { store(memory_.head->wants_bell, 0, std::memory_order_relaxed); }
  // The producer claims to have written more than fits.
  [[nodiscard]] bool broken() const noexcept { return broken_; }

 private:
  bool look() noexcept {
    if (broken_) return false;
    const uint32_t produced = load(memory_.head->produced, std::memory_order_acquire);
    // Against what was given back: a producer may write no further than that.
    if (produced - given_ > memory_.entries || produced - next_ > memory_.entries)
      broken_ = true;
    else
      produced_ = produced;
    return !broken_ && next_ != produced_;
  }

  RingMemory memory_;
  uint32_t mask_ = 0;
  uint32_t next_ = 0, given_ = 0;
  uint32_t produced_ = 0;  // as it was seen last
  bool broken_ = false;
};

}  // namespace spanway::attach
