// SPDX-License-Identifier: BSD-3-Clause
// The memory that holds the lower levels of a FIB: blocks of 16-bit words at stable offsets.
//
// Control allocates, fills and frees; workers read. A block that workers may have seen is freed
// only after a grace period (see edit.h). The region is reserved at once and touched lazily, so an
// empty table costs a few pages.
//
// Words 0..32767 are the identity: word h holds h for every next hop h in use. A table entry that
// leads to next hop h alone points there, and a lookup needs no branch for it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/table/lazy_array.h"

namespace spanway::table {

// What an entry leads to: a next hop when below kFirstChild, else a block (its word offset; a table
// may keep a tag in bits below the pool's granule).
using Ref = uint32_t;
inline constexpr Ref kFirstChild = 32768;

// Where the blocks lie: all that a reader needs to know of the pool, and small enough to be handed
// on by value, so that a lookup keeps it in a register. Any thread.
class PoolWords {
 public:
  // Plain memory of a block that its caller alone knows yet.
  [[nodiscard]] uint16_t* words(uint32_t at) const noexcept { return base_ + at; }
  [[nodiscard]] std::atomic_ref<uint16_t> word(uint32_t at) const noexcept {
    return std::atomic_ref<uint16_t>(base_[at]);
  }
  // Two and four words read or written as one; `at` is aligned accordingly.
  [[nodiscard]] std::atomic_ref<uint32_t> pair(uint32_t at) const noexcept {
    return std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(base_ + at));
  }
  [[nodiscard]] std::atomic_ref<uint64_t> quad(uint32_t at) const noexcept {
    return std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(base_ + at));
  }

 protected:
  uint16_t* base_ = nullptr;
};

class BlockPool : public PoolWords {
 public:
  // granule: block sizes and offsets are multiples of this many words (a power of two, 2 or more).
  BlockPool(size_t bytes, uint32_t granule);

  // Control thread. The offset of a block of at least `words`, or 0 when there is no room. The last
  // sixteenth is for changes that only remove: they too build the new before they free the old.
  uint32_t allocate(uint32_t words, bool from_reserve);
  // Control thread. `words` as it was allocated; no reader can reach the block any more.
  void release(uint32_t at, uint32_t words);
  // Control thread, of a block just allocated: it is memory of zeros that nobody has ever written.
  [[nodiscard]] bool is_untouched(uint32_t at) const noexcept { return at >= returned_end_; }
  // Control thread. Words, counted as allocate() rounds them, for which it can not fail.
  [[nodiscard]] size_t fresh_words() const noexcept;
  // Any thread that builds while no other part of the pool is used: memory never handed out, or 0.
  // Control counts it, once all are done, with count_taken().
  uint32_t take_fresh(uint32_t words) noexcept;
  void count_taken(size_t words) noexcept { used_words_ += words; }
  [[nodiscard]] uint32_t rounded(uint32_t words) const noexcept {
    return (words + granule_ - 1) & ~(granule_ - 1);
  }
  // Control thread. Makes the identity word of a next hop readable.
  void use_hop(uint16_t hop) {
    // Once: a store takes the line away from every reader.
    if (word(hop).load(std::memory_order_relaxed) != hop)
      word(hop).store(hop, std::memory_order_relaxed);
  }

  // Bytes in blocks, those that wait for their grace period included.
  [[nodiscard]] size_t used_bytes() const noexcept { return used_words_ * sizeof(uint16_t); }

 private:
  [[nodiscard]] size_t limit(bool from_reserve) const noexcept;
  uint32_t take_free(uint32_t words);
  uint32_t split_larger(uint32_t words);
  void join_free();
  void push_free(uint32_t at, uint32_t words);

  LazyArray<uint16_t> memory_;
  uint32_t granule_;
  uint32_t next_ = kFirstChild;  // first word never handed out
  uint32_t returned_end_ = 0;    // what lies behind was never released
  // By size in granules. Kept apart from the blocks: a store into one would take the line away from
  // those who read its neighbours.
  std::vector<std::vector<uint32_t>> free_;
  size_t used_words_ = 0;
  size_t freed_words_ = 0;  // since neighbours were last joined
};

}  // namespace spanway::table
