// SPDX-License-Identifier: BSD-3-Clause
// Sixteen frames at a time, by AVX-512. fused_lanes.h says what is done with them.
#if !defined(__clang__)
// GCC 12 takes the deliberately undefined operand inside its own intrinsics for a mistake (its bug
// 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#define SPANWAY_TARGET "avx512f,avx512bw,avx512vl,avx512dq"
#include "dataplane/worker/fused_lanes.h"

namespace spanway::worker {
namespace {

struct Avx512 {
  static constexpr unsigned kLanes = 16;
  using Word = uint32_t __attribute__((vector_size(64)));
  using Mask = __mmask16;

  SPANWAY_LANES static __m512i raw(Word a) noexcept { return reinterpret_cast<__m512i>(a); }
  SPANWAY_LANES static Word words(__m512i a) noexcept { return reinterpret_cast<Word>(a); }

  SPANWAY_LANES static Word all(uint32_t w) noexcept {
    return words(_mm512_set1_epi32(static_cast<int>(w)));
  }
  SPANWAY_LANES static Mask first(unsigned n) noexcept { return static_cast<Mask>((1u << n) - 1); }
  SPANWAY_LANES static unsigned bits(Mask m) noexcept { return m; }

  SPANWAY_LANES static Mask equal(Word a, Word b, Mask among) noexcept {
    return _mm512_mask_cmpeq_epu32_mask(among, raw(a), raw(b));
  }
  SPANWAY_LANES static Mask differ(Word a, Word b, Mask among) noexcept {
    return _mm512_mask_cmpneq_epu32_mask(among, raw(a), raw(b));
  }
  SPANWAY_LANES static Mask at_most(Word a, Word b, Mask among) noexcept {
    return _mm512_mask_cmple_epu32_mask(among, raw(a), raw(b));
  }
  SPANWAY_LANES static Mask below(Word a, Word b, Mask among) noexcept {
    return _mm512_mask_cmplt_epu32_mask(among, raw(a), raw(b));
  }

  SPANWAY_LANES static Word add(Word a, Word b, Mask where) noexcept {
    return words(_mm512_mask_add_epi32(raw(a), where, raw(a), raw(b)));
  }
  SPANWAY_LANES static Word larger(Word a, Word b, Mask where) noexcept {
    return words(_mm512_mask_max_epu32(raw(a), where, raw(a), raw(b)));
  }
  SPANWAY_LANES static uint32_t sum(Word a) noexcept {
    return static_cast<uint32_t>(_mm512_reduce_add_epi32(raw(a)));
  }
  SPANWAY_LANES static uint32_t largest(Word a) noexcept {
    return static_cast<uint32_t>(_mm512_reduce_max_epu32(raw(a)));
  }
  SPANWAY_LANES static Word add_carry(Word a, Word b) noexcept {
    const Word sum = a + b;
    return words(
        _mm512_mask_sub_epi32(raw(sum), below(sum, a, 0xffff), raw(sum), raw(all(0xffffffff))));
  }
  SPANWAY_LANES static Word turned(Word a) noexcept { return words(_mm512_rol_epi32(raw(a), 16)); }

  SPANWAY_LANES static Word shuffled(Word a, __m128i order) noexcept {
    return words(_mm512_shuffle_epi8(raw(a), _mm512_broadcast_i32x4(order)));
  }
  SPANWAY_LANES static Word host16(Word a) noexcept {
    return shuffled(a, _mm_set_epi8(-1, -1, 14, 15, -1, -1, 10, 11, -1, -1, 6, 7, -1, -1, 2, 3));
  }
  SPANWAY_LANES static Word host32(Word a) noexcept {
    return shuffled(a, _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
  }

  // Row j holds the strings of places j and j + 4, row 4 + j those of j + 8 and j + 12.
  struct Strings {
    __m512i row[8];
  };
  SPANWAY_LANES static __m512i pair(const uint8_t* a, const uint8_t* b) noexcept {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a));
    return _mm512_inserti64x4(_mm512_castsi256_si512(low),
                              _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b)), 1);
  }
  template <class Place>
  SPANWAY_LANES static Strings strings(Place* const* at, size_t offset) noexcept {
    const auto byte = [&](size_t i) { return reinterpret_cast<const uint8_t*>(at[i]) + offset; };
    Strings strings;
    for (size_t j = 0; j < 4; ++j) {
      strings.row[j] = pair(byte(j), byte(j + 4));
      strings.row[j + 4] = pair(byte(j + 8), byte(j + 12));
    }
    return strings;
  }
  // Words 0 to 3 lie in even quarters of the rows, 4 to 7 in odd ones; unpacking works within
  // quarters.
  template <unsigned w>
  SPANWAY_LANES static Word word(const Strings& strings) noexcept {
    __m512i part[2];
    for (unsigned i = 0; i < 2; ++i) {
      const __m512i* row = strings.row + 4 * i;
      const __m512i first =
          w % 4 < 2 ? _mm512_unpacklo_epi32(row[0], row[1]) : _mm512_unpackhi_epi32(row[0], row[1]);
      const __m512i second =
          w % 4 < 2 ? _mm512_unpacklo_epi32(row[2], row[3]) : _mm512_unpackhi_epi32(row[2], row[3]);
      part[i] =
          w % 2 == 0 ? _mm512_unpacklo_epi64(first, second) : _mm512_unpackhi_epi64(first, second);
    }
    return words(w < 4 ? _mm512_shuffle_i32x4(part[0], part[1], 0x88)
                       : _mm512_shuffle_i32x4(part[0], part[1], 0xdd));
  }
  SPANWAY_LANES static __m128i opening(const Strings& strings) noexcept {
    __m512i seen = strings.row[0];
    for (unsigned i = 1; i < 8; ++i) seen = _mm512_or_si512(seen, strings.row[i]);
    const __m256i halves =
        _mm256_or_si256(_mm512_castsi512_si256(seen), _mm512_extracti64x4_epi64(seen, 1));
    return _mm256_castsi256_si128(halves);
  }
  SPANWAY_LANES static __m128i stray(__m128i seen, __m128i a, __m128i want) noexcept {
    return _mm_ternarylogic_epi32(seen, a, want, 0xf6);
  }
  SPANWAY_LANES static Word pairs(uint8_t* const* frames) noexcept {
    const __m256i low = _mm256_castsi128_si256(pairs8(frames));
    return words(_mm512_cvtepu16_epi32(_mm256_inserti128_si256(low, pairs8(frames + 8), 1)));
  }
  SPANWAY_LANES static void store(void* at, Word a) noexcept { _mm512_storeu_si512(at, raw(a)); }
};

// Moves the chosen ones of eight pointers together; returns how many.
SPANWAY_LANES unsigned pick8(const void* from, uint8_t chosen, void* to) noexcept {
  const __m512i all = _mm512_maskz_loadu_epi64(chosen, from);
  _mm512_storeu_si512(to, _mm512_maskz_compress_epi64(chosen, all));
  return static_cast<unsigned>(std::popcount(chosen));
}
SPANWAY_LANES void pick16(uint32_t* from, __mmask16 chosen, uint32_t* to) noexcept {
  _mm512_storeu_si512(to, _mm512_maskz_compress_epi32(chosen, _mm512_loadu_si512(from)));
}

SPANWAY_KERNEL void pick(Packet* const* packets, uint64_t chosen, Packet** out) noexcept {
  for (; chosen != 0; chosen >>= 8, packets += 8)
    out += pick8(packets, static_cast<uint8_t>(chosen), out);
}

// A store reaches past what it moves, but never past what has been read.
SPANWAY_KERNEL void gather4(uint64_t plain, PlainBurst& burst) noexcept {
  unsigned count = 0;
  for (unsigned at = 0; plain != 0; at += 16, plain >>= 16) {
    const auto chosen = static_cast<__mmask16>(plain);
    pick16(&burst.l3_bytes[at], chosen, &burst.l3_bytes[count]);
    pick16(&burst.destination4[at], chosen, &burst.destination4[count]);
    pick16(&burst.ttl_word[at], chosen, &burst.ttl_word[count]);
    const auto low = static_cast<uint8_t>(plain), high = static_cast<uint8_t>(plain >> 8);
    count += pick8(&burst.frame[at], low, &burst.frame[count]);
    count += pick8(&burst.frame[at + 8], high, &burst.frame[count]);
  }
}

}  // namespace

const FusedKernel kAvx512Kernel = {"avx512",
                                   Lanewise<Avx512>::plain4,
                                   Lanewise<Avx512>::plain6,
                                   gather4,
                                   gather6_each,
                                   pick,
                                   rewrite4_each,
                                   rewrite6_each};

}  // namespace spanway::worker
