// SPDX-License-Identifier: BSD-3-Clause
// What the AVX-512 kernels of both lookups share: 16 addresses, one a lane of 32 bits.
//
// Target attributes rather than compiler flags for the file: an inline function that the linker may
// keep for others must never be compiled for this CPU. Included by those kernels alone.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "dataplane/base/ids.h"
#include "dataplane/table/block_pool.h"

#if defined(__GNUC__) && !defined(__clang__)
// gcc 12's own intrinsics start from registers of undefined content (its bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#define SPANWAY_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq,bmi2")))
#define SPANWAY_AVX512_INLINE SPANWAY_AVX512 __attribute__((always_inline)) inline

namespace spanway::table {

inline constexpr size_t kLanes = 16;
inline constexpr size_t kGroups = 4;  // of kLanes; what is between the levels stays in registers
inline constexpr size_t kBlock = kGroups * kLanes;

// A gather merges into its destination. A compiler that sees all lanes wanted hands it any old
// register, and each gather waits for whoever wrote that one last: a quarter of the speed. So it is
// kept from seeing what the zero and the lanes are.
struct FreshGather {
  __m512i zero;
  __mmask16 lanes;
  SPANWAY_AVX512 explicit FreshGather(__mmask16 wanted) noexcept
      : zero(_mm512_setzero_si512()), lanes(wanted) {
    asm("" : "+v"(zero), "+k"(lanes));
  }
};

// 16 pairs of words of the pool, by word offset.
SPANWAY_AVX512_INLINE __m512i pairs_at(PoolWords pool, __mmask16 lanes, __m512i at) noexcept {
  const FreshGather gather(lanes);
  return _mm512_mask_i32gather_epi32(gather.zero, gather.lanes, at, pool.words(0), 2);
}

// 16 words of the pool. Reads two bytes more than it uses.
SPANWAY_AVX512_INLINE __m512i words_at(PoolWords pool, __mmask16 lanes, __m512i at) noexcept {
  return _mm512_and_si512(pairs_at(pool, lanes, at), _mm512_set1_epi32(0xffff));
}

// Bits of `bitmap` at and below bit `slot`.
SPANWAY_AVX512_INLINE __m512i rank(__m512i bitmap, __m512i slot) noexcept {
  const __m512i up_to =
      _mm512_sub_epi32(_mm512_sllv_epi32(_mm512_set1_epi32(2), slot), _mm512_set1_epi32(1));
  return _mm512_popcnt_epi32(_mm512_and_si512(bitmap, up_to));
}

// Hands `count` addresses to a kernel whose Walk has look_up<groups>(view, addresses, out), up to
// kGroups groups of kLanes side by side, and one_by_one(view, addresses, out, count).
template <class Walk, class View, class Address>
SPANWAY_AVX512_INLINE void in_groups(const View& view, const Address* addresses, NextHopId* out,
                                     size_t count) noexcept {
  for (; count >= kBlock; count -= kBlock) {
    Walk::template look_up<kGroups>(view, addresses, out);
    addresses += kBlock;
    out += kBlock;
  }
  if (count == 0) return;
  constexpr size_t kFewest = 4;  // fewer than these are cheaper one by one
  if (count < kFewest) return Walk::one_by_one(view, addresses, out, count);
  // The rest, made up to whole groups by its first address: all may still begin alike.
  std::array<Address, kBlock> padded;
  std::array<NextHopId, kBlock> answers;
  std::fill(std::copy_n(addresses, count, padded.begin()), padded.end(), addresses[0]);
  switch ((count + kLanes - 1) / kLanes) {
    case 1:
      Walk::template look_up<1>(view, padded.data(), answers.data());
      break;
    case 2:
      Walk::template look_up<2>(view, padded.data(), answers.data());
      break;
    case 3:
      Walk::template look_up<3>(view, padded.data(), answers.data());
      break;
    default:
      Walk::template look_up<4>(view, padded.data(), answers.data());
  }
  std::copy_n(answers.begin(), count, out);
}

}  // namespace spanway::table
