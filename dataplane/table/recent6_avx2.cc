// SPDX-License-Identifier: BSD-3-Clause
// Both places of a set lie in one register.
#include <immintrin.h>

#include <cstring>

#include "dataplane/table/recent6.h"

namespace spanway::table {

// The target by attribute: see avx512.h.
__attribute__((target("avx2,bmi2"))) uint64_t recall6_avx2(const Recent6Slots& slots,
                                                           const Ip6Addr* addresses, NextHopId* out,
                                                           size_t count) noexcept {
  // By the four halves that are equal: whether it is neither both of the first
  // place nor both of the second.
  constexpr unsigned kUnknown =
      0xffff & ~(1u << 0b0011 | 1u << 0b0111 | 1u << 0b1011 | 0b1111u << 0b1100);
  constexpr unsigned kSecond = 0b1100;  // from here on the second place's are
  uint64_t missed = 0;
#pragma GCC unroll 4
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* bytes = addresses[i].bytes.data();
    uint64_t first = 0, second = 0;
    std::memcpy(&first, bytes, sizeof(first));
    std::memcpy(&second, bytes + sizeof(first), sizeof(second));
    const size_t set = Recent6Slots::set_of(first, second);
    const __m256i wanted =
        _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
    const __m256i there =
        _mm256_load_si256(reinterpret_cast<const __m256i*>(slots.addresses[set].data()));
    const auto equal = static_cast<unsigned>(
        _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(wanted, there))));
    out[i].value = slots.hops[set][equal >= kSecond];
    missed |= (uint64_t{kUnknown >> equal} & 1) << i;
  }
  return missed;
}

}  // namespace spanway::table
