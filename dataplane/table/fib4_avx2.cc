// SPDX-License-Identifier: BSD-3-Clause
// The same walk as that of the AVX-512 kernel (level by level, up to 64 addresses side by side) for
// CPUs with AVX2: where the leaves of all stand is known before the first is asked for.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>

#include "dataplane/table/fib4_view.h"
#include "dataplane/table/lookup_hook.h"

// As in avx512.h.
#define SPANWAY_AVX2 __attribute__((target("avx2,bmi2,popcnt")))
#define SPANWAY_AVX2_INLINE SPANWAY_AVX2 __attribute__((always_inline)) inline

namespace spanway::table {
namespace {

constexpr size_t kLanes = 8;
constexpr size_t kGroup = 16;  // answers of one store
constexpr size_t kBlock = 64;
constexpr size_t kFewest = 8;  // fewer than these are cheaper one by one

// A record is loaded as one aligned word, so bitmap and base belong together.
SPANWAY_AVX2_INLINE __m128i two_records(const uint64_t* records, const uint32_t* at) noexcept {
  const __m128i first = _mm_loadl_epi64(
      reinterpret_cast<const __m128i*>(records + (at[0] >> Fib4View::kRecordShift)));
  const uint64_t second = records[at[1] >> Fib4View::kRecordShift];
  return _mm_insert_epi64(first, std::bit_cast<int64_t>(second), 1);
}

SPANWAY_AVX2_INLINE __m256 four_records(const uint64_t* records, const uint32_t* first,
                                        const uint32_t* second) noexcept {
  return _mm256_castsi256_ps(_mm256_inserti128_si256(
      _mm256_castsi128_si256(two_records(records, first)), two_records(records, second), 1));
}

// Bits set in each lane: those of each half byte from a table, then summed up.
SPANWAY_AVX2_INLINE __m256i count_bits(__m256i lanes) noexcept {
  const __m256i bits = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i half = _mm256_set1_epi8(15);
  const __m256i low = _mm256_shuffle_epi8(bits, _mm256_and_si256(lanes, half));
  const __m256i high =
      _mm256_shuffle_epi8(bits, _mm256_and_si256(_mm256_srli_epi16(lanes, 4), half));
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_add_epi8(low, high), _mm256_set1_epi8(1));
  return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

// Where the leaves of eight addresses stand in the pool.
SPANWAY_AVX2_INLINE __m256i leaf_places(const uint64_t* records, const uint32_t* at) noexcept {
  // So loaded, the shuffles leave the records in the addresses' order.
  const __m256 one = four_records(records, at, at + 4);
  const __m256 two = four_records(records, at + 2, at + 6);
  const __m256i bitmap = _mm256_castps_si256(_mm256_shuffle_ps(one, two, 0x88));
  const __m256i base = _mm256_castps_si256(_mm256_shuffle_ps(one, two, 0xdd));
  const __m256i address = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  // How far to shift so that the bits at and below the slot's remain.
  const __m256i above = _mm256_andnot_si256(_mm256_srli_epi32(address, Fib4View::kSlotShift),
                                            _mm256_set1_epi32(kRecordSlots - 1));
  return _mm256_add_epi32(base, count_bits(_mm256_sllv_epi32(bitmap, above)));
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
  while (count >= kGroup) {
    const size_t now = std::min(count & ~(kGroup - 1), kBlock);
    look_up(view, addresses, out, now);
    addresses += now;
    out += now;
    count -= now;
  }
  if (count < kFewest) return lookup4_scalar(view, addresses, out, count);
  // The rest, made up to a group by address 0, which is as good as any.
  std::array<uint32_t, kGroup> padded;
  std::array<NextHopId, kGroup> answers;
  std::fill(std::copy_n(addresses, count, padded.begin()), padded.end(), 0);
  look_up(view, padded.data(), answers.data(), kGroup);
  std::copy_n(answers.begin(), count, out);
}

}  // namespace spanway::table
