// SPDX-License-Identifier: BSD-3-Clause
// The CPU's instruction takes eight bytes in three cycles and can begin another each cycle, so long
// input is cut into three lanes that are counted side by side. A lane's remainder moves behind the
// bytes of the next ones by a multiplication with x to the number of their bits, modulo the
// polynomial (Gopal et al., "Fast CRC Computation for iSCSI Polynomial", 2011).
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

Crc best() noexcept {
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") ? by_instruction
                                                                              : by_table;
}
#else
Crc best() noexcept { return by_table; }
#endif

const Crc kBest = best();

}  // namespace

uint32_t crc32c(std::span<const uint8_t> bytes, uint32_t before) noexcept {
  return ~kBest(bytes.data(), bytes.size(), ~before);
}

uint32_t crc32c_plain(std::span<const uint8_t> bytes, uint32_t before) noexcept {
  return ~by_table(bytes.data(), bytes.size(), ~before);
}

}  // namespace spanway::transport
