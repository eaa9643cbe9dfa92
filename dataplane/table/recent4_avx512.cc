// SPDX-License-Identifier: BSD-3-Clause
// All places of Recent4 lie in eight registers; 16 addresses are looked for at a time.
#include "dataplane/table/avx512.h"
#include "dataplane/table/recent4.h"

namespace spanway::table {
namespace {

// One half's places: 32 words in two registers.
struct Half {
  __m512i addresses[2], hops[2], factor;

  SPANWAY_AVX512_INLINE Half(const Recent4Slots& slots, unsigned half) noexcept
      : addresses{_mm512_load_si512(slots.addresses[half].data()),
                  _mm512_load_si512(slots.addresses[half].data() + kLanes)},
        hops{_mm512_load_si512(slots.hops[half].data()),
             _mm512_load_si512(slots.hops[half].data() + kLanes)},
        factor(_mm512_set1_epi32(static_cast<int>(Recent4Slots::kFactors[half]))) {}
};

struct Found {
  __mmask16 lanes;
  __m512i hops;
};

SPANWAY_AVX512_INLINE Found find(const Half& half, __m512i address) noexcept {
  const __m512i place =
      _mm512_srli_epi32(_mm512_mullo_epi32(address, half.factor), Recent4Slots::kHashShift);
  const __m512i there = _mm512_permutex2var_epi32(half.addresses[0], place, half.addresses[1]);
  return {_mm512_cmpeq_epi32_mask(there, address),
          _mm512_permutex2var_epi32(half.hops[0], place, half.hops[1])};
}

}  // namespace

SPANWAY_AVX512 bool recall4_avx512(const Recent4Slots& slots, const uint32_t* addresses,
                                   NextHopId* out, size_t count) noexcept {
  const Half first(slots, 0), second(slots, 1);
  size_t done = 0;
  for (; done + kLanes <= count; done += kLanes) {
    const __m512i address = _mm512_loadu_si512(addresses + done);
    const Found in_first = find(first, address), in_second = find(second, address);
    if ((in_first.lanes | in_second.lanes) != 0xffff) return false;
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + done),
                        _mm512_cvtepi32_epi16(
                            _mm512_mask_mov_epi32(in_first.hops, in_second.lanes, in_second.hops)));
  }
  return done == count || recall4_scalar(slots, addresses + done, out + done, count - done);
}

}  // namespace spanway::table
