// SPDX-License-Identifier: BSD-3-Clause
// Eight frames at a time, by AVX2. fused_lanes.h says what is done with them.
#define SPANWAY_TARGET "avx2"
#include "dataplane/worker/fused_lanes.h"

namespace spanway::worker {
namespace {

struct Avx2 {
  static constexpr unsigned kLanes = 8;
  using Word = uint32_t __attribute__((vector_size(32)));
  using Mask = Word;  // a lane is all ones or zero

  SPANWAY_LANES static __m256i raw(Word a) noexcept { return reinterpret_cast<__m256i>(a); }
  SPANWAY_LANES static Word words(__m256i a) noexcept { return reinterpret_cast<Word>(a); }

  SPANWAY_LANES static Word all(uint32_t w) noexcept {
    return words(_mm256_set1_epi32(static_cast<int>(w)));
  }
  SPANWAY_LANES static Mask first(unsigned n) noexcept {
    return words(_mm256_cmpgt_epi32(raw(all(n)), _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0)));
  }
  SPANWAY_LANES static unsigned bits(Mask m) noexcept {
    return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(raw(m))));
  }

  SPANWAY_LANES static Mask equal(Word a, Word b, Mask among) noexcept {
    return words(_mm256_cmpeq_epi32(raw(a), raw(b))) & among;
  }
  SPANWAY_LANES static Mask differ(Word a, Word b, Mask among) noexcept {
    return words(_mm256_andnot_si256(_mm256_cmpeq_epi32(raw(a), raw(b)), raw(among)));
  }
  SPANWAY_LANES static Mask at_most(Word a, Word b, Mask among) noexcept {
    return equal(words(_mm256_min_epu32(raw(a), raw(b))), a, among);
  }
  SPANWAY_LANES static Mask below(Word a, Word b, Mask among) noexcept {
    return differ(words(_mm256_max_epu32(raw(a), raw(b))), a, among);
  }

  SPANWAY_LANES static Word add(Word a, Word b, Mask where) noexcept { return a + (b & where); }
  SPANWAY_LANES static Word larger(Word a, Word b, Mask where) noexcept {
    return words(_mm256_max_epu32(raw(a), raw(b & where)));
  }
  SPANWAY_LANES static uint32_t sum(Word a) noexcept {
    uint32_t sum = 0;
    for (unsigned i = 0; i < kLanes; ++i) sum += a[i];
    return sum;
  }
  SPANWAY_LANES static uint32_t largest(Word a) noexcept {
    uint32_t largest = 0;
    for (unsigned i = 0; i < kLanes; ++i) largest = std::max<uint32_t>(largest, a[i]);
    return largest;
  }
  SPANWAY_LANES static Word add_carry(Word a, Word b) noexcept {
    const Word sum = a + b;
    // Where there is no carry, less one and more one.
    return sum + all(1) + equal(words(_mm256_max_epu32(raw(sum), raw(a))), sum, all(0xffffffff));
  }
  SPANWAY_LANES static Word turned(Word a) noexcept { return a << 16 | a >> 16; }

  SPANWAY_LANES static Word shuffled(Word a, __m128i order) noexcept {
    return words(_mm256_shuffle_epi8(raw(a), _mm256_broadcastsi128_si256(order)));
  }
  SPANWAY_LANES static Word host16(Word a) noexcept {
    return shuffled(a, _mm_set_epi8(-1, -1, 14, 15, -1, -1, 10, 11, -1, -1, 6, 7, -1, -1, 2, 3));
  }
  SPANWAY_LANES static Word host32(Word a) noexcept {
    return shuffled(a, _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
  }

  // Half h of the strings of places j and j + 4.
  struct Strings {
    __m256i half[2][4];
  };
  SPANWAY_LANES static __m128i load16(const uint8_t* at) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  }
  template <class Place>
  SPANWAY_LANES static Strings strings(Place* const* at, size_t offset) noexcept {
    Strings strings;
    for (size_t j = 0; j < 4; ++j) {
      const auto* a = reinterpret_cast<const uint8_t*>(at[j]) + offset;
      const auto* b = reinterpret_cast<const uint8_t*>(at[j + 4]) + offset;
      for (size_t h = 0; h < 2; ++h)
        strings.half[h][j] = _mm256_inserti128_si256(_mm256_castsi128_si256(load16(a + 16 * h)),
                                                     load16(b + 16 * h), 1);
    }
    return strings;
  }
  template <unsigned w>
  SPANWAY_LANES static Word word(const Strings& strings) noexcept {
    const __m256i* row = strings.half[w / 4];
    const __m256i first =
        w % 4 < 2 ? _mm256_unpacklo_epi32(row[0], row[1]) : _mm256_unpackhi_epi32(row[0], row[1]);
    const __m256i second =
        w % 4 < 2 ? _mm256_unpacklo_epi32(row[2], row[3]) : _mm256_unpackhi_epi32(row[2], row[3]);
    return words(w % 2 == 0 ? _mm256_unpacklo_epi64(first, second)
                            : _mm256_unpackhi_epi64(first, second));
  }
  SPANWAY_LANES static __m128i opening(const Strings& strings) noexcept {
    const __m256i* row = strings.half[0];
    const __m256i both = (row[0] | row[1]) | (row[2] | row[3]);
    return _mm256_castsi256_si128(both) | _mm256_extracti128_si256(both, 1);
  }
  SPANWAY_LANES static __m128i stray(__m128i seen, __m128i a, __m128i want) noexcept {
    return seen | (a ^ want);
  }
  SPANWAY_LANES static Word pairs(uint8_t* const* frames) noexcept {
    return words(_mm256_cvtepu16_epi32(pairs8(frames)));
  }
  SPANWAY_LANES static void store(void* at, Word a) noexcept {
    _mm256_storeu_si256(static_cast<__m256i*>(at), raw(a));
  }
};

}  // namespace

const FusedKernel kAvx2Kernel = {"avx2",        Lanewise<Avx2>::plain4, Lanewise<Avx2>::plain6,
                                 gather4_each,  gather6_each,           pick_each,
                                 rewrite4_each, rewrite6_each};

}  // namespace spanway::worker
