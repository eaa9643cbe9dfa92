// SPDX-License-Identifier: BSD-3-Clause
// What the AVX2 kernels of both lookups share: eight addresses, one a lane of 32 bits. As avx512.h,
// of which it says why target attributes; included by those kernels alone.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/ids.h"
#include "dataplane/table/record.h"

#define SPANWAY_AVX2 __attribute__((target("avx2,bmi2,popcnt")))
#define SPANWAY_AVX2_INLINE SPANWAY_AVX2 __attribute__((always_inline)) inline

namespace spanway::table {

inline constexpr size_t kLanes = 8;
inline constexpr size_t kGroup = 16;  // answers of one store
inline constexpr size_t kBlock = 64;  // addresses side by side at most

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

// Bits of `bitmap` at and below the slot, which is the last five bits of a lane of `slots`.
SPANWAY_AVX2_INLINE __m256i rank(__m256i bitmap, __m256i slots) noexcept {
  // How far to shift so that just these remain.
  const __m256i above = _mm256_andnot_si256(slots, _mm256_set1_epi32(kRecordSlots - 1));
  return count_bits(_mm256_sllv_epi32(bitmap, above));
}

// A record is loaded as one aligned word, so bitmap and base belong together. where(one) is where
// the record of `one` stands.
template <class Where>
SPANWAY_AVX2_INLINE __m128i two_records(const Where& where, const uint32_t* of) noexcept {
  const __m128i first = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(where(of[0])));
  return _mm_insert_epi64(first, std::bit_cast<int64_t>(*where(of[1])), 1);
}
template <class Where>
SPANWAY_AVX2_INLINE __m256 four_records(const Where& where, const uint32_t* first,
                                        const uint32_t* second) noexcept {
  return _mm256_castsi256_ps(_mm256_inserti128_si256(
      _mm256_castsi128_si256(two_records(where, first)), two_records(where, second), 1));
}

struct EightRecords {
  __m256i bitmap, base;
};

// The records of eight.
template <class Where>
SPANWAY_AVX2_INLINE EightRecords eight_records(const Where& where, const uint32_t* of) noexcept {
  // So loaded, the shuffles leave them in order.
  const __m256 one = four_records(where, of, of + 4);
  const __m256 two = four_records(where, of + 2, of + 6);
  return {_mm256_castps_si256(_mm256_shuffle_ps(one, two, 0x88)),
          _mm256_castps_si256(_mm256_shuffle_ps(one, two, 0xdd))};
}

// Hands `count` addresses to a kernel's look_up(view, addresses, out, count), whole groups and at
// most a block at a time; fewer than kFewest are cheaper one by one.
template <auto kLookUp, auto kOneByOne, size_t kFewest, class View, class Address>
SPANWAY_AVX2_INLINE void in_groups(const View& view, const Address* addresses, NextHopId* out,
                                   size_t count) noexcept {
  while (count >= kGroup) {
    const size_t now = std::min(count & ~(kGroup - 1), kBlock);
    kLookUp(view, addresses, out, now);
    addresses += now;
    out += now;
    count -= now;
  }
  if (count < kFewest) return kOneByOne(view, addresses, out, count);
  // The rest, made up to a group by its first address: all may still begin alike.
  std::array<Address, kGroup> padded;
  std::array<NextHopId, kGroup> answers;
  std::fill(std::copy_n(addresses, count, padded.begin()), padded.end(), addresses[0]);
  kLookUp(view, padded.data(), answers.data(), kGroup);
  std::copy_n(answers.begin(), count, out);
}

}  // namespace spanway::table
