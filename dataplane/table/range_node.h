// SPDX-License-Identifier: BSD-3-Clause
// A block for 65,536 neighbouring entries (16 bits of address) in few stretches.
//
// n words: the sorted first values of all stretches but the first, padded with 0xffff; n is 8, 16
// or 32. n + 1 words: the leaves, as in a record, padded with the last one. Then the children's
// Refs. The stretch of a value is the number of bounds that are not above it: one or a few vector
// compares, no search.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/table/block_pool.h"
#include "dataplane/table/edit.h"
#include "dataplane/table/lookup_hook.h"
#include "dataplane/table/record.h"

#if defined(__SSE4_1__)
#include <smmintrin.h>
#endif

namespace spanway::table {

// A stretch of equal entries: from `first` to before the next stretch.
struct Stretch {
  uint32_t first;
  Ref ref;
};
inline constexpr uint32_t kMaxBounds = 32;

// Appends a stretch; melts into the last one when both lead to the same next hop.
void append(std::vector<Stretch>& stretches, uint32_t first, Ref ref);

// Any thread. Bounds that are not above `value`; count is 8, 16 or 32.
inline uint32_t count_bounds(const uint16_t* bounds, uint32_t count, uint16_t value) noexcept {
  uint32_t not_above = 0;
#if defined(__SSE4_1__)
  const __m128i wanted = _mm_set1_epi16(static_cast<short>(value));
  for (uint32_t i = 0; i < count; i += 8) {
    const __m128i bound = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bounds + i));
    const __m128i le = _mm_cmpeq_epi16(_mm_min_epu16(bound, wanted), bound);
    not_above += static_cast<uint32_t>(
        std::popcount(static_cast<uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(le, le))) & 0xffu));
  }
#else
  for (uint32_t i = 0; i < count; ++i) not_above += bounds[i] <= value;
#endif
  return not_above;
}

// Any thread. Where entry `value` of the node at `at` with `count` bounds leads.
inline Ref follow_range(PoolWords pool, uint32_t at, uint32_t count, uint16_t value) noexcept {
  between_levels();
  const uint32_t index = count_bounds(pool.words(at), count, value);
  between_levels();
  const uint16_t leaf = pool.word(at + count + index).load(std::memory_order_acquire);
  if (leaf < kChildFlag) [[likely]]
    return leaf;
  between_levels();
  return pool.pair(at + (leaf & ~kChildFlag)).load(std::memory_order_acquire);
}

// Control thread. The stretches of a node.
std::vector<Stretch> read_range(const BlockPool& pool, uint32_t at, uint32_t count);
// Control thread. How many bounds a node of these stretches has; 0: too many for one.
uint32_t range_bounds(size_t stretches);
// Control thread. A node of these stretches; its offset, or 0 on failure.
uint32_t write_range(Edit& edit, const std::vector<Stretch>& stretches);
// Control thread. Words that the node was allocated with.
uint32_t range_words(const BlockPool& pool, uint32_t at, uint32_t count);
// Control thread. Notes that the child of `value` is now `child`; there was one before.
void store_range_child(Edit& edit, uint32_t at, uint32_t count, uint16_t value, Ref child);

}  // namespace spanway::table
