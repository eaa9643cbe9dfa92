// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/block_pool.h"

#include <algorithm>
#include <utility>

#include "dataplane/table/lookup_hook.h"

namespace spanway::table {
namespace {

// A vector kernel reads a whole register where it needs some words; these may be the pool's last.
constexpr size_t kSlack = 32;
// Free neighbours are not joined to more than this, which no block exceeds: it bounds the list of
// sizes.
constexpr uint32_t kLargestFree = 1u << 14;
// An addition waits with joining until this share of the pool came free: so it costs little even
// where every addition fails.
constexpr size_t kJoinShare = 64;

}  // namespace

BlockPool::BlockPool(size_t bytes, uint32_t granule)
    : memory_(bytes / sizeof(uint16_t) + kFirstChild + kSlack), granule_(granule) {
  base_ = memory_.data();
}

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
  uint32_t at = take_free(size);
  if (at == 0 && next_ + size - kFirstChild <= most) {
    at = next_;
    next_ += size;
  }
  if (at == 0) at = split_larger(size);
  if (at == 0 && freed_words_ > (from_reserve ? 0 : most / kJoinShare)) {
    join_free();
    return allocate(words, from_reserve);
  }
  if (at != 0) used_words_ += size;
  return at;
}

void BlockPool::release(uint32_t at, uint32_t words) {
  const uint32_t size = rounded(words);
  used_words_ -= size;
  freed_words_ += size;
  returned_end_ = std::max(returned_end_, at + size);
  if (at + size == next_)
    next_ = at;
  else
    push_free(at, size);
}

// A free block of just this size; 0: none.
uint32_t BlockPool::take_free(uint32_t words) {
  const uint32_t slot = words / granule_;
  if (slot >= free_.size() || free_[slot].empty()) return 0;
  const uint32_t at = free_[slot].back();
  free_[slot].pop_back();
  return at;
}

// Sizes are kept apart for speed; only when the fresh memory is used up is a larger block cut.
uint32_t BlockPool::split_larger(uint32_t words) {
  for (size_t slot = words / granule_ + 1; slot < free_.size(); ++slot) {
    const uint32_t size = static_cast<uint32_t>(slot) * granule_;
    const uint32_t at = take_free(size);
    if (at == 0) continue;
    push_free(at + words, size - words);
    return at;
  }
  return 0;
}

// Pieces that lie side by side become one; those before the memory never handed out, part of it.
void BlockPool::join_free() {
  freed_words_ = 0;
  std::vector<std::pair<uint32_t, uint32_t>> pieces;  // offset, words
  for (size_t slot = 1; slot < free_.size(); ++slot) {
    const uint32_t size = static_cast<uint32_t>(slot) * granule_;
    while (const uint32_t at = take_free(size)) pieces.emplace_back(at, size);
  }
  // The last first, so that those in front are taken first again.
  std::sort(pieces.rbegin(), pieces.rend());
  for (size_t i = 0; i < pieces.size();) {
    auto [at, size] = pieces[i++];
    for (; i < pieces.size() && pieces[i].first + pieces[i].second == at; ++i) {
      if (at + size != next_ && size + pieces[i].second > kLargestFree) break;
      at = pieces[i].first;
      size += pieces[i].second;
    }
    if (at + size == next_)
      next_ = at;
    else
      push_free(at, size);
  }
}

void BlockPool::push_free(uint32_t at, uint32_t words) {
  const uint32_t slot = words / granule_;
  if (slot >= free_.size()) free_.resize(slot + 1);
  free_[slot].push_back(at);
  spoil_free(this->words(at));
}

}  // namespace spanway::table
