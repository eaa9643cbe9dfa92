// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/block_pool.h"

namespace spanway::table {
namespace {

// A vector kernel reads two words where it needs one; the last one may not be the pool's end.
constexpr size_t kSlack = 2;

}  // namespace

BlockPool::BlockPool(size_t bytes, uint32_t granule)
    : memory_(bytes / sizeof(uint16_t) + kFirstChild + kSlack), granule_(granule) {}

size_t BlockPool::limit(bool from_reserve) const noexcept {
  const size_t room = memory_.size() - kSlack - kFirstChild;
  return from_reserve ? room : room - room / 16;
}

size_t BlockPool::fresh_words() const noexcept {
  const size_t most = limit(false), taken = next_ - kFirstChild;
  return most > taken ? most - taken : 0;
}

uint32_t BlockPool::take_fresh(uint32_t words) noexcept {
  const std::atomic_ref<uint32_t> next(next_);
  uint32_t at = next.load(std::memory_order_relaxed);
  do {
    if (size_t{at} + words - kFirstChild > limit(false)) return 0;
  } while (!next.compare_exchange_weak(at, at + words, std::memory_order_relaxed));
  return at;
}

uint32_t BlockPool::allocate(uint32_t words, bool from_reserve) {
  const uint32_t size = rounded(words);
  const size_t most = limit(from_reserve);
  if (used_words_ + size > most) return 0;
  const uint32_t slot = size / granule_;
  uint32_t at = 0;
  if (slot < free_heads_.size() && free_heads_[slot] != 0) {
    at = free_heads_[slot];
    free_heads_[slot] = pair(at).load(std::memory_order_relaxed);
  } else if (next_ + size - kFirstChild <= most) {
    at = next_;
    next_ += size;
  } else {
    at = split_larger(size);
  }
  if (at != 0) used_words_ += size;
  return at;
}

void BlockPool::release(uint32_t at, uint32_t words) {
  const uint32_t size = rounded(words);
  used_words_ -= size;
  if (at + size == next_)
    next_ = at;
  else
    push_free(at, size);
}

// Sizes are kept apart for speed; only when the fresh memory is used up is a larger block cut.
uint32_t BlockPool::split_larger(uint32_t words) {
  for (size_t slot = words / granule_ + 1; slot < free_heads_.size(); ++slot) {
    const uint32_t at = free_heads_[slot];
    if (at == 0) continue;
    free_heads_[slot] = pair(at).load(std::memory_order_relaxed);
    const uint32_t size = static_cast<uint32_t>(slot) * granule_;
    push_free(at + words, size - words);
    return at;
  }
  return 0;
}

void BlockPool::push_free(uint32_t at, uint32_t words) {
  const uint32_t slot = words / granule_;
  if (slot >= free_heads_.size()) free_heads_.resize(slot + 1);
  // A plain write: reuse without a grace period then shows up as a data race under TSan.
  *reinterpret_cast<uint32_t*>(this->words(at)) = free_heads_[slot];
  free_heads_[slot] = at;
}

}  // namespace spanway::table
