// SPDX-License-Identifier: BSD-3-Clause
// Up to 64 addresses walk side by side, level by level: the records of all are asked for before the
// first leaf is, so that a whole burst waits for memory about twice and not twice a group of 16.
// Records come by plain loads put together in registers, which here cost half of what a gather
// does.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>

#include "dataplane/table/avx512.h"
#include "dataplane/table/fib4_view.h"
#include "dataplane/table/lookup_hook.h"

namespace spanway::table {
namespace {

// A record is loaded as one aligned word, so bitmap and base belong together. Plain loads, as those
// of a gather are: this CPU keeps the order of all loads, and look_up() that of the compiler.
SPANWAY_AVX512_INLINE __m128i two_records(const uint64_t* records, const uint32_t* at) noexcept {
  const __m128i first = _mm_loadl_epi64(
      reinterpret_cast<const __m128i*>(records + (at[0] >> Fib4View::kRecordShift)));
  const uint64_t second = records[at[1] >> Fib4View::kRecordShift];
  return _mm_insert_epi64(first, std::bit_cast<int64_t>(second), 1);
}

SPANWAY_AVX512_INLINE __m256i four_records(const uint64_t* records, const uint32_t* at) noexcept {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(two_records(records, at)),
                                 two_records(records, at + 2), 1);
}

SPANWAY_AVX512_INLINE __m512i eight_records(const uint64_t* records, const uint32_t* at) noexcept {
  return _mm512_inserti64x4(_mm512_castsi256_si512(four_records(records, at)),
                            four_records(records, at + 4), 1);
}

// follow_node() for the lanes whose leaf is a child.
SPANWAY_AVX512 __attribute__((noinline)) __m512i follow_nodes(PoolWords pool, __mmask16 lanes,
                                                              __m512i address, __m512i base,
                                                              __m512i leaf) noexcept {
  const __m512i child_at =
      _mm512_add_epi32(base, _mm512_and_si512(leaf, _mm512_set1_epi32(kChildFlag - 1)));
  const __m512i node = pairs_at(pool, lanes, child_at);
  between_levels();
  const __m512i slot = _mm512_and_si512(address, _mm512_set1_epi32(kNodeSlots - 1));
  const __m512i word = _mm512_srli_epi32(slot, 5);
  const __m512i bits = pairs_at(pool, lanes, _mm512_add_epi32(node, _mm512_slli_epi32(word, 1)));
  // Eight ranks of a byte: the two bytes that hold ours, then the right one of them.
  const __m512i two_ranks =
      words_at(pool, lanes,
               _mm512_add_epi32(_mm512_add_epi32(node, _mm512_set1_epi32(kNodeRanks)),
                                _mm512_srli_epi32(word, 1)));
  const __m512i odd = _mm512_slli_epi32(_mm512_and_si512(word, _mm512_set1_epi32(1)), 3);
  const __m512i before =
      _mm512_and_si512(_mm512_srlv_epi32(two_ranks, odd), _mm512_set1_epi32(0xff));
  between_levels();
  const __m512i in_word = rank(bits, _mm512_and_si512(slot, _mm512_set1_epi32(31)));
  between_levels();
  const __m512i at = _mm512_add_epi32(_mm512_add_epi32(node, _mm512_set1_epi32(kNodeLeaves)),
                                      _mm512_add_epi32(before, in_word));
  return words_at(pool, lanes, at);
}

struct Levels {
  __m512i bitmap, base;
};

SPANWAY_AVX512_INLINE Levels split(__m512i low, __m512i high) noexcept {
  const __m512i evens = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i odds = _mm512_or_si512(evens, _mm512_set1_epi32(1));
  return {_mm512_permutex2var_epi32(low, evens, high), _mm512_permutex2var_epi32(low, odds, high)};
}

// The leaves of 16 addresses, each in the low half of its lane; what stands above is anything.
SPANWAY_AVX512_INLINE __m512i leaves(PoolWords pool, __m512i address, const Levels& at) noexcept {
  // How far to shift so that the bits at and below the slot's remain.
  const __m512i above = _mm512_andnot_si512(_mm512_srli_epi32(address, Fib4View::kSlotShift),
                                            _mm512_set1_epi32(kRecordSlots - 1));
  const __m512i rank = _mm512_popcnt_epi32(_mm512_sllv_epi32(at.bitmap, above));
  return pairs_at(pool, 0xffff, _mm512_add_epi32(at.base, rank));
}

SPANWAY_AVX512 void one_by_one(const Fib4View& view, unsigned lanes, const uint32_t* addresses,
                               NextHopId* out) noexcept {
  for (; lanes != 0; lanes &= lanes - 1) {
    const int lane = std::countr_zero(lanes);
    lookup4_scalar(view, addresses + lane, out + lane, 1);
  }
}

// Answers those lanes of 16 whose addresses lead below /24.
SPANWAY_AVX512 __attribute__((noinline)) void deep(const Fib4View& view, unsigned lanes,
                                                   const uint32_t* addresses,
                                                   NextHopId* out) noexcept {
  constexpr int kFewLanes = 4;  // fewer than these are cheaper one by one
  if (std::popcount(lanes) < kFewLanes) return one_by_one(view, lanes, addresses, out);
  const uint64_t* records = reinterpret_cast<const uint64_t*>(view.records);
  const __m512i address = _mm512_loadu_si512(addresses);
  const Levels at =
      split(eight_records(records, addresses), eight_records(records, addresses + kLanes / 2));
  between_levels();
  const __m512i leaf = leaves(view.pool, address, at);
  // Those of now: the table may have changed.
  const __mmask16 children = _mm512_mask_test_epi32_mask(static_cast<__mmask16>(lanes), leaf,
                                                         _mm512_set1_epi32(kChildFlag));
  between_levels();
  const __m512i hop = follow_nodes(view.pool, children, address, at.base, leaf);
  const __mmask16 found = _mm512_mask_test_epi32_mask(children, hop, hop);
  _mm256_mask_storeu_epi16(out, found, _mm512_cvtepi32_epi16(hop));
  one_by_one(view, lanes & ~unsigned{found}, addresses, out);
}

// Gives the lanes that matched nothing the default.
template <size_t kCount>
SPANWAY_AVX512_INLINE void use_default(const Fib4View& view, DefaultRoute::Seen fallback,
                                       const __m256i* hops, const uint32_t* addresses,
                                       NextHopId* out) noexcept {
  std::atomic_signal_fence(std::memory_order_seq_cst);  // no load of the search is put off
  const bool still = view.fallback->still(fallback);
  const __m256i hop = _mm256_set1_epi16(static_cast<int16_t>(fallback.hop()));
#pragma GCC unroll 4
  for (size_t i = 0; i < kCount; ++i) {
    const __mmask16 none = _mm256_testn_epi16_mask(hops[i], hops[i]);
    if (still) [[likely]]
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i * kLanes),
                          _mm256_mask_mov_epi16(hops[i], none, hop));
    else  // it has changed in between; the other kernel knows how to go on
      one_by_one(view, none, addresses + i * kLanes, out + i * kLanes);
  }
}

// 16 * kCount addresses.
struct Walk {
  template <size_t kCount>
  SPANWAY_AVX512 static void look_up(const Fib4View& view, const uint32_t* addresses,
                                     NextHopId* out) noexcept {
    const DefaultRoute::Seen fallback = view.fallback->before();
    const uint64_t* records = reinterpret_cast<const uint64_t*>(view.records);
    __m512i low[kCount], high[kCount];  // std::array drops the attributes of its elements
#pragma GCC unroll 4
    for (size_t i = 0; i < kCount; ++i) {
      low[i] = eight_records(records, addresses + i * kLanes);
      high[i] = eight_records(records, addresses + i * kLanes + kLanes / 2);
    }
    between_levels();
    const PoolWords pool = view.pool;
    __m256i hops[kCount];
    __mmask16 children[kCount];
    unsigned none = 0;
#pragma GCC unroll 4
    for (size_t i = 0; i < kCount; ++i) {
      const __m512i leaf =
          leaves(pool, _mm512_loadu_si512(addresses + i * kLanes), split(low[i], high[i]));
      children[i] = _mm512_test_epi32_mask(leaf, _mm512_set1_epi32(kChildFlag));
      hops[i] = _mm512_cvtepi32_epi16(leaf);
      none |= _mm256_testn_epi16_mask(hops[i], hops[i]);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i * kLanes), hops[i]);
    }
    if (none != 0) use_default<kCount>(view, fallback, hops, addresses, out);
#pragma GCC unroll 4
    for (size_t i = 0; i < kCount; ++i)
      if (children[i] != 0) [[unlikely]]
        deep(view, children[i], addresses + i * kLanes, out + i * kLanes);
  }
  static void one_by_one(const Fib4View& view, const uint32_t* addresses, NextHopId* out,
                         size_t count) noexcept {
    lookup4_scalar(view, addresses, out, count);
  }
};

}  // namespace

SPANWAY_AVX512 void lookup4_avx512(const Fib4View& view, const uint32_t* addresses, NextHopId* out,
                                   size_t count) noexcept {
  in_groups<Walk>(view, addresses, out, count);
}

}  // namespace spanway::table
