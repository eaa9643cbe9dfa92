// SPDX-License-Identifier: BSD-3-Clause
// A line in two registers: its addresses and its stamp are compared at once.
#include <array>
#include <cstring>

#include "dataplane/table/avx2.h"
#include "dataplane/table/recent6.h"

namespace spanway::table {
namespace {

// A line is eight words of 8 bytes: two for each address, the hops, the stamp. Which of them are
// equal says which hop is the answer.
constexpr unsigned kStamp = 1u << 7;
constexpr uint8_t kNowhere = kWays6;
constexpr std::array<uint8_t, 256> places() {
  std::array<uint8_t, 256> all{};
  for (unsigned equal = 0; equal < all.size(); ++equal) {
    uint8_t way = 0;
    while (way < kWays6 && (equal >> 2 * way & 3) != 3) ++way;
    const bool known = (equal & kStamp) != 0 && way < kWays6;
    all[equal] = known ? way : kNowhere;
  }
  return all;
}
constexpr std::array<uint8_t, 256> kPlaces = places();

}  // namespace

SPANWAY_AVX2 uint64_t recall6_avx2(const Recent6View& view, const Ip6Addr* addresses,
                                   NextHopId* out, size_t count) noexcept {
  const __m256i stamp = _mm256_set1_epi64x(static_cast<int64_t>(view.stamp));
  uint64_t missed = 0;
#pragma GCC unroll 4
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* bytes = addresses[i].bytes.data();
    uint64_t first = 0, second = 0;
    std::memcpy(&first, bytes, sizeof(first));
    std::memcpy(&second, bytes + sizeof(first), sizeof(second));
    const Recent6Line& line = view.lines[Recent6View::line_of(first, second)];
    const __m256i* there = reinterpret_cast<const __m256i*>(&line);
    const __m256i wanted =
        _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
    const __m256i low = _mm256_cmpeq_epi64(wanted, _mm256_load_si256(there));
    const __m256i high = _mm256_cmpeq_epi64(_mm256_blend_epi32(wanted, stamp, 0b11000000),
                                            _mm256_load_si256(there + 1));
    const auto equal = static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(low)) |
                                             _mm256_movemask_pd(_mm256_castsi256_pd(high)) << 4);
    const uint8_t place = kPlaces[equal];
    out[i].value = line.hops[place];
    missed |= uint64_t{place == kNowhere} << i;
  }
  return missed;
}

}  // namespace spanway::table
