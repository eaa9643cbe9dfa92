// SPDX-License-Identifier: BSD-3-Clause
// The same walk as that of the AVX-512 kernel (level by level, up to 64 addresses side by side) for
// CPUs with AVX2: where the leaves of all stand is known before the first is asked for.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>

#include "dataplane/table/avx2.h"
#include "dataplane/table/fib4_view.h"
#include "dataplane/table/lookup_hook.h"

namespace spanway::table {
namespace {

// Where the leaves of eight addresses stand in the pool.
SPANWAY_AVX2_INLINE __m256i leaf_places(const uint64_t* records, const uint32_t* at) noexcept {
  const auto where = [records](uint32_t address) {
    return records + (address >> Fib4View::kRecordShift);
  };
  const EightRecords of = eight_records(where, at);
  const __m256i addresses = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  return _mm256_add_epi32(of.base,
                          rank(of.bitmap, _mm256_srli_epi32(addresses, Fib4View::kSlotShift)));
}

// The words at eight places of the pool. Reads two bytes more than it uses.
SPANWAY_AVX2_INLINE __m256i leaves(const int* words, const uint32_t* places) noexcept {
  const __m256i at = _mm256_load_si256(reinterpret_cast<const __m256i*>(places));
  return _mm256_and_si256(_mm256_i32gather_epi32(words, at, 2), _mm256_set1_epi32(0xffff));
}

SPANWAY_AVX2 void one_by_one(const Fib4View& view, unsigned lanes, const uint32_t* addresses,
                             NextHopId* out) noexcept {
  for (; lanes != 0; lanes &= lanes - 1) {
    const int lane = std::countr_zero(lanes);
    lookup4_scalar(view, addresses + lane, out + lane, 1);
  }
}

// One bit a lane of 16, of a mask of two bytes a lane.
SPANWAY_AVX2_INLINE unsigned lanes_of(__m256i mask) noexcept {
  return _pext_u32(std::bit_cast<uint32_t>(_mm256_movemask_epi8(mask)), 0xaaaaaaaau);
}

// Whole groups, at most kBlock addresses.
SPANWAY_AVX2 void look_up(const Fib4View& view, const uint32_t* addresses, NextHopId* out,
                          size_t count) noexcept {
  const DefaultRoute::Seen fallback = view.fallback->before();
  const uint64_t* records = reinterpret_cast<const uint64_t*>(view.records);
  alignas(32) std::array<uint32_t, kBlock> places;
  for (size_t i = 0; i < count; i += kLanes)
    _mm256_store_si256(reinterpret_cast<__m256i*>(&places[i]), leaf_places(records, addresses + i));
  between_levels();
  const int* words = reinterpret_cast<const int*>(view.pool.words(0));
  const __m256i fallback_hop = _mm256_set1_epi16(static_cast<int16_t>(fallback.hop()));
  for (size_t i = 0; i < count; i += kGroup) {
    const __m256i packed =
        _mm256_packus_epi32(leaves(words, &places[i]), leaves(words, &places[i + kLanes]));
    const __m256i hops = _mm256_permute4x64_epi64(packed, 0xd8);
    const __m256i none = _mm256_cmpeq_epi16(hops, _mm256_setzero_si256());
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i),
                        _mm256_blendv_epi8(hops, fallback_hop, none));
    std::atomic_signal_fence(std::memory_order_seq_cst);  // no load of the search is put off
    // Below /24, or the default has changed in between: the scalar kernel knows how to go on.
    unsigned left = lanes_of(hops);
    if (_mm256_testz_si256(none, none) == 0 && !view.fallback->still(fallback)) [[unlikely]]
      left |= lanes_of(none);
    if (left != 0) [[unlikely]]
      one_by_one(view, left, addresses + i, out + i);
  }
}

}  // namespace

SPANWAY_AVX2 void lookup4_avx2(const Fib4View& view, const uint32_t* addresses, NextHopId* out,
                               size_t count) noexcept {
  in_groups<look_up, lookup4_scalar, 8>(view, addresses, out, count);
}

}  // namespace spanway::table
