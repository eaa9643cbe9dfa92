// SPDX-License-Identifier: BSD-3-Clause
#include <bit>

#include "dataplane/table/avx512.h"
#include "dataplane/table/fib6_view.h"
#include "dataplane/table/lookup_hook.h"
#include "dataplane/table/tree6.h"

namespace spanway::table {
namespace {

// The first 8 bytes of 16 addresses, in wire order.
struct Halves {
  __m512i first, second;
};

SPANWAY_AVX512_INLINE Halves halves_of(const Ip6Addr* addresses) noexcept {
  const __m512i evens = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i a = _mm512_loadu_si512(addresses), b = _mm512_loadu_si512(addresses + 4);
  const __m512i c = _mm512_loadu_si512(addresses + 8), d = _mm512_loadu_si512(addresses + 12);
  return {_mm512_permutex2var_epi64(a, evens, b), _mm512_permutex2var_epi64(c, evens, d)};
}

// Whether all begin with the same 32 bits.
SPANWAY_AVX512_INLINE bool share_head(const Halves& halves) noexcept {
  const __m512i one = _mm512_broadcastd_epi32(_mm512_castsi512_si128(halves.first));
  const __m512i differ =
      _mm512_or_si512(_mm512_xor_si512(halves.first, one), _mm512_xor_si512(halves.second, one));
  return _mm512_test_epi64_mask(differ, _mm512_set1_epi64(0xffffffff)) == 0;
}

// Bits 32 to 47 of 16 addresses, in the lower half.
SPANWAY_AVX512_INLINE __m512i values_of(const Halves& halves) noexcept {
  const __m512i thirds = _mm512_castsi256_si512(
      _mm256_set_epi16(62, 58, 54, 50, 46, 42, 38, 34, 30, 26, 22, 18, 14, 10, 6, 2));
  const __m512i wire = _mm512_permutex2var_epi16(halves.first, thirds, halves.second);
  return _mm512_or_si512(_mm512_srli_epi16(wire, 8), _mm512_slli_epi16(wire, 8));
}

SPANWAY_AVX512_INLINE __mmask32 lanes_of(uint64_t count) noexcept {
  return static_cast<__mmask32>((uint64_t{1} << count) - 1);
}

// count_bounds() in one compare.
SPANWAY_AVX512_INLINE uint32_t count_bounds512(const uint16_t* bounds, uint32_t count,
                                               uint16_t value) noexcept {
  const __mmask32 lanes = lanes_of(count);
  const __m512i bound = _mm512_maskz_loadu_epi16(lanes, bounds);
  return static_cast<uint32_t>(std::popcount(
      _mm512_mask_cmple_epu16_mask(lanes, bound, _mm512_set1_epi16(static_cast<short>(value)))));
}

// follow_tree() for this CPU.
SPANWAY_AVX512_INLINE uint16_t walk(const BlockPool& pool, Ref ref, const uint8_t* rest) noexcept {
  while (ref >= kFirstChild) {
    const uint32_t kind = ref & kKindMask, at = ref & ~kKindMask;
    if (kind == kBitmapKind) {
      ref = follow_node(pool, at, *rest);
      rest += kBitmapWidth / 8;
      continue;
    }
    const uint32_t count = 8u << kind;
    between_levels();
    const uint32_t index = count_bounds512(pool.words(at), count, load_big<uint16_t>(rest));
    between_levels();
    rest += kRangeWidth / 8;
    ref = pool.word(at + count + index).load(std::memory_order_acquire);
    between_levels();
    if (ref >= kChildFlag)
      ref = pool.pair(at + (ref & (kChildFlag - 1u))).load(std::memory_order_acquire);
  }
  return static_cast<uint16_t>(ref);
}

// The leaves of 16 values in one range node. All its bounds fit into a register: a binary search
// of six steps answers all values, whatever the number of bounds.
SPANWAY_AVX512_INLINE __m512i leaves_of(const uint16_t* block, uint32_t count,
                                        __m512i values) noexcept {
  const __m512i bounds = _mm512_mask_loadu_epi16(_mm512_set1_epi16(-1), lanes_of(count), block);
  __m512i index = _mm512_setzero_si512();
#pragma GCC unroll 5
  for (short step = 16; step != 0; step = static_cast<short>(step / 2)) {
    const __m512i probe = _mm512_add_epi16(index, _mm512_set1_epi16(static_cast<short>(step - 1)));
    const __mmask32 not_above =
        _mm512_cmple_epu16_mask(_mm512_permutexvar_epi16(probe, bounds), values);
    index = _mm512_mask_add_epi16(index, not_above, index, _mm512_set1_epi16(step));
  }
  const __mmask32 not_above =
      _mm512_cmple_epu16_mask(_mm512_permutexvar_epi16(index, bounds), values);
  index = _mm512_mask_add_epi16(index, not_above, index, _mm512_set1_epi16(1));
  // Only 0xffff reaches the bounds that are not there.
  index = _mm512_min_epu16(index, _mm512_set1_epi16(static_cast<short>(count)));
  const uint16_t* leaves = block + count;  // count + 1 of them
  const uint64_t there = (uint64_t{2} << count) - 1;
  const __m512i low = _mm512_maskz_loadu_epi16(static_cast<__mmask32>(there), leaves);
  const __m512i high = _mm512_maskz_loadu_epi16(static_cast<__mmask32>(there >> 32), leaves + 32);
  return _mm512_permutex2var_epi16(low, index, high);
}

// 16 addresses that begin with the same 32 bits: one walk that far for all of them.
SPANWAY_AVX512 __m256i search_shared(const Fib6View& view, const Ip6Addr* addresses,
                                     const Halves& halves) noexcept {
  const BlockPool& pool = *view.pool;
  const auto wire = static_cast<uint32_t>(_mm_cvtsi128_si32(_mm512_castsi512_si128(halves.first)));
  const Ref ref = view.follow_head(byte_swap(wire));
  if (ref < kFirstChild) return _mm256_set1_epi16(static_cast<short>(ref));

  between_levels();
  alignas(32) uint16_t hops[kLanes];
  const uint32_t kind = ref & kKindMask, at = ref & ~kKindMask;
  if (kind == kBitmapKind) {
    for (size_t i = 0; i < kLanes; ++i)
      hops[i] = walk(pool, ref, addresses[i].bytes.data() + Fib6View::kHeadBytes);
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(hops));
  }
  const __m256i leaves =
      _mm512_castsi512_si256(leaves_of(pool.words(at), 8u << kind, values_of(halves)));
  uint32_t children = _mm256_movepi16_mask(leaves);
  if (children == 0) [[likely]]
    return leaves;
  _mm256_store_si256(reinterpret_cast<__m256i*>(hops), leaves);
  between_levels();
  constexpr unsigned kBelow = Fib6View::kHeadBytes + kRangeWidth / 8;
  for (; children != 0; children &= children - 1) {
    const auto i = static_cast<unsigned>(std::countr_zero(children));
    const Ref child = pool.pair(at + (hops[i] & (kChildFlag - 1u))).load(std::memory_order_acquire);
    hops[i] = walk(pool, child, addresses[i].bytes.data() + kBelow);
  }
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(hops));
}

// Eight records by their offsets in the pool; each one aligned 64-bit element.
SPANWAY_AVX512_INLINE __m512i records_at(const BlockPool& pool, __mmask8 lanes,
                                         __m256i at) noexcept {
  const FreshGather gather(lanes);
  return _mm512_mask_i32gather_epi64(gather.zero, static_cast<__mmask8>(gather.lanes), at,
                                     pool.words(0), 2);
}

// 16 addresses, level by level as far as 32 bits, so that their memory waits overlap.
SPANWAY_AVX512 __m256i search_apart(const Fib6View& view, const Ip6Addr* addresses,
                                    const Halves& halves) noexcept {
  const BlockPool& pool = *view.pool;
  const __m512i evens = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i odds = _mm512_or_si512(evens, _mm512_set1_epi32(1));
  const __m512i swap =
      _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
  const __m512i head =
      _mm512_shuffle_epi8(_mm512_permutex2var_epi32(halves.first, evens, halves.second), swap);

  const FreshGather gather(0xffff);
  const __m512i page = _mm512_mask_i32gather_epi32(
      gather.zero, gather.lanes, _mm512_srli_epi32(head, Fib6View::kTopWidth), view.top, 4);
  const __mmask16 paged = _mm512_cmpge_epu32_mask(page, _mm512_set1_epi32(kFirstChild));
  if (paged == 0) return _mm512_cvtepi32_epi16(page);

  between_levels();
  const __m512i index = _mm512_and_si512(_mm512_srli_epi32(head, Fib6View::kSlotWidth),
                                         _mm512_set1_epi32(Fib6View::kPageRecords - 1));
  static_assert(Fib6View::kRecordWords == 4);
  const __m512i at = _mm512_add_epi32(page, _mm512_slli_epi32(index, 2));
  const __m512i low =
      records_at(pool, static_cast<__mmask8>(paged & 0xff), _mm512_castsi512_si256(at));
  const __m512i high =
      records_at(pool, static_cast<__mmask8>(paged >> 8), _mm512_extracti64x4_epi64(at, 1));
  between_levels();
  const __m512i bitmap = _mm512_permutex2var_epi32(low, evens, high);
  const __m512i base = _mm512_permutex2var_epi32(low, odds, high);
  const __m512i slot = _mm512_and_si512(head, _mm512_set1_epi32(kRecordSlots - 1));
  const __m512i leaf = words_at(pool, paged, _mm512_add_epi32(base, rank(bitmap, slot)));
  const __m256i found = _mm512_cvtepi32_epi16(_mm512_mask_mov_epi32(page, paged, leaf));
  uint32_t children = _mm512_test_epi32_mask(leaf, _mm512_set1_epi32(kChildFlag));
  if (children == 0) return found;

  alignas(64) Ref refs[kLanes];
  alignas(32) uint16_t hops[kLanes];
  const __m512i child_at =
      _mm512_add_epi32(base, _mm512_and_si512(leaf, _mm512_set1_epi32(kChildFlag - 1)));
  between_levels();
  _mm512_store_si512(refs, pairs_at(pool, static_cast<__mmask16>(children), child_at));
  _mm256_store_si256(reinterpret_cast<__m256i*>(hops), found);
  for (; children != 0; children &= children - 1) {
    const auto i = static_cast<unsigned>(std::countr_zero(children));
    hops[i] = walk(pool, refs[i], addresses[i].bytes.data() + Fib6View::kHeadBytes);
  }
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(hops));
}

}  // namespace

SPANWAY_AVX512 void lookup6_avx512(const Fib6View& view, const Ip6Addr* addresses, NextHopId* out,
                                   size_t count) noexcept {
  size_t done = 0;
  for (; done + kLanes <= count; done += kLanes) {
    const DefaultRoute::Seen fallback = view.fallback->before();
    const Halves halves = halves_of(addresses + done);
    __m256i hop = share_head(halves) ? search_shared(view, addresses + done, halves)
                                     : search_apart(view, addresses + done, halves);
    const __mmask16 none = _mm256_testn_epi16_mask(hop, hop);
    if (none != 0) {
      // The default may have changed in between; the other kernel knows how to go on.
      if (!view.fallback->still(fallback)) [[unlikely]] {
        lookup6_scalar(view, addresses + done, out + done, kLanes);
        continue;
      }
      hop = _mm256_mask_mov_epi16(hop, none, _mm256_set1_epi16(static_cast<short>(fallback.hop())));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + done), hop);
  }
  if (done != count) lookup6_scalar(view, addresses + done, out + done, count - done);
}

}  // namespace spanway::table
