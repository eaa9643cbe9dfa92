// SPDX-License-Identifier: BSD-3-Clause
// The CPU's instruction takes eight bytes in three cycles and can begin another each cycle, so long
// input is cut into three lanes that are counted side by side. A lane's remainder moves behind the
// bytes of the next ones by a multiplication with x to the number of their bits, modulo the
// polynomial (Gopal et al., "Fast CRC Computation for iSCSI Polynomial", 2011).
//
// A CPU that multiplies four pairs of 64 bits at once does without until the end: sixteen lanes of
// 128 bits are moved 256 bytes ahead and meet what stands there, then each other (Gopal et al.,
// "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", 2009).
#include "dataplane/transport/message/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace spanway::transport {
namespace {

// Bits are reflected everywhere: the highest is x^0, the lowest x^31.
constexpr uint32_t kPolynomial = 0x82f6'3b78;

constexpr uint32_t times_x(uint32_t value) noexcept {
  return value >> 1 ^ ((value & 1) != 0 ? kPolynomial : 0);
}

constexpr std::array<uint32_t, 256> kTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = times_x(value);
    table[byte] = value;
  }
  return table;
}();

using Crc = uint32_t (*)(const uint8_t* at, size_t count, uint32_t state) noexcept;

uint32_t by_table(const uint8_t* at, size_t count, uint32_t state) noexcept {
  for (; count != 0; --count) state = kTable[(state ^ *at++) & 0xff] ^ state >> 8;
  return state;
}

#if defined(__x86_64__)
#define SPANWAY_CRC __attribute__((target("sse4.2,pclmul")))

// What a remainder is multiplied with to stand `bytes` further ahead. The product of two reflected
// words is short of one bit, and the reduction by the instruction adds 32 of them.
constexpr uint32_t behind(size_t bytes) noexcept {
  uint32_t power = 0x8000'0000;
  for (size_t i = 0; i < bytes * 8 - 33; ++i) power = times_x(power);
  return power;
}

SPANWAY_CRC inline uint64_t word(const uint8_t* at) noexcept {
  uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <size_t kBytes>
SPANWAY_CRC inline uint32_t moved(uint64_t state) noexcept {
  constexpr uint32_t kFactor = behind(kBytes);
  const __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<int64_t>(state)),
                                               _mm_cvtsi32_si128(static_cast<int>(kFactor)), 0);
  return static_cast<uint32_t>(_mm_crc32_u64(0, static_cast<uint64_t>(_mm_cvtsi128_si64(product))));
}

// As many times three lanes of kLane bytes as there are.
template <size_t kLane>
SPANWAY_CRC inline uint64_t three_lanes(const uint8_t*& at, size_t& count,
                                        uint64_t state) noexcept {
  static_assert(kLane % 8 == 0);
  for (; count >= 3 * kLane; at += 3 * kLane, count -= 3 * kLane) {
    uint64_t second = 0, third = 0;
    for (size_t i = 0; i < kLane; i += 8) {
      state = _mm_crc32_u64(state, word(at + i));
      second = _mm_crc32_u64(second, word(at + kLane + i));
      third = _mm_crc32_u64(third, word(at + 2 * kLane + i));
    }
    state = moved<2 * kLane>(state) ^ moved<kLane>(second) ^ third;
  }
  return state;
}

SPANWAY_CRC uint32_t by_instruction(const uint8_t* at, size_t count, uint32_t before) noexcept {
  uint64_t state = before;
  state = three_lanes<256>(at, count, state);
  state = three_lanes<64>(at, count, state);
  for (; count >= 8; at += 8, count -= 8) state = _mm_crc32_u64(state, word(at));
  auto rest = static_cast<uint32_t>(state);
  for (; count != 0; --count) rest = _mm_crc32_u8(rest, *at++);
  return rest;
}

#define SPANWAY_WIDE_CRC __attribute__((target("sse4.2,pclmul,avx512f,vpclmulqdq")))

// What the halves of four lanes, to be moved so many bits ahead, are multiplied with. The product
// of two reflected words of 64 bits is short of one bit.
using Factors = std::array<uint64_t, 8>;
constexpr Factors ahead(const std::array<size_t, 4>& bits) noexcept {
  Factors factors{};
  for (size_t lane = 0; lane < 4; ++lane) {
    if (bits[lane] == 0) continue;
    uint32_t power = 0x8000'0000;
    for (size_t i = 0; i < bits[lane] - 1; ++i) power = times_x(power);
    factors[2 * lane + 1] = uint64_t{power} << 32;
    for (size_t i = 0; i < 64; ++i) power = times_x(power);
    factors[2 * lane] = uint64_t{power} << 32;
  }
  return factors;
}
template <size_t kBits>
constexpr Factors kAhead = ahead({kBits, kBits, kBits, kBits});
constexpr Factors kToTheLast = ahead({384, 256, 128, 0});

SPANWAY_WIDE_CRC inline __m512i four(const void* at) noexcept { return _mm512_loadu_si512(at); }
// Four lanes moved ahead, and what stands there.
SPANWAY_WIDE_CRC inline __m512i met(__m512i lanes, __m512i by, __m512i with) noexcept {
  constexpr int kXor = 0x96;
  return _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(lanes, by, 0x00),
                                   _mm512_clmulepi64_epi128(lanes, by, 0x11), with, kXor);
}
// The state behind four lanes of which the first stands 384 bits before the last.
SPANWAY_WIDE_CRC inline uint32_t state_of(__m512i lanes) noexcept {
  const __m512i last = _mm512_maskz_mov_epi64(0xc0, lanes);
  std::array<uint64_t, 8> half;
  _mm512_storeu_si512(half.data(), met(lanes, four(kToTheLast.data()), last));
  const uint64_t first = half[0] ^ half[2] ^ half[4] ^ half[6];
  const uint64_t second = half[1] ^ half[3] ^ half[5] ^ half[7];
  return static_cast<uint32_t>(_mm_crc32_u64(_mm_crc32_u64(0, first), second));
}

SPANWAY_WIDE_CRC uint32_t by_wide_lanes(const uint8_t* at, size_t count, uint32_t before) noexcept {
  if (count < 256) return by_instruction(at, count, before);
  __m512i a = four(at), b = four(at + 64), c = four(at + 128), d = four(at + 192);
  a = _mm512_xor_si512(a, _mm512_maskz_set1_epi32(1, static_cast<int>(before)));
  const __m512i far = four(kAhead<2'048>.data()), near = four(kAhead<512>.data());
  for (at += 256, count -= 256; count >= 256; at += 256, count -= 256) {
    a = met(a, far, four(at));
    b = met(b, far, four(at + 64));
    c = met(c, far, four(at + 128));
    d = met(d, far, four(at + 192));
  }
  d = met(met(a, near, b), four(kAhead<1'024>.data()), met(c, near, d));
  for (; count >= 64; at += 64, count -= 64) d = met(d, near, four(at));
  return by_instruction(at, count, state_of(d));
}

// nullptr: not on this CPU.
Crc crc_by(CrcWay way) noexcept {
  __builtin_cpu_init();
  const bool lanes = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
  switch (way) {
    case CrcWay::kTable:
      return by_table;
    case CrcWay::kThreeLanes:
      return lanes ? by_instruction : nullptr;
    case CrcWay::kWideLanes:
      return lanes && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("vpclmulqdq")
                 ? by_wide_lanes
                 : nullptr;
  }
  return nullptr;
}
#else
Crc crc_by(CrcWay way) noexcept { return way == CrcWay::kTable ? by_table : nullptr; }
#endif

Crc best() noexcept {
  for (const CrcWay way : {CrcWay::kWideLanes, CrcWay::kThreeLanes})
    if (const Crc crc = crc_by(way)) return crc;
  return by_table;
}

const Crc kBest = best();

}  // namespace

uint32_t crc32c(std::span<const uint8_t> bytes, uint32_t before) noexcept {
  return ~kBest(bytes.data(), bytes.size(), ~before);
}

std::optional<uint32_t> crc32c_by(CrcWay way, std::span<const uint8_t> bytes,
                                  uint32_t before) noexcept {
  const Crc crc = crc_by(way);
  if (crc == nullptr) return std::nullopt;
  return ~crc(bytes.data(), bytes.size(), ~before);
}

}  // namespace spanway::transport
