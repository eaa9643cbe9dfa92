// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/siphash.h"

#include <bit>
#include <cstring>

namespace spanway::transport {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they lie");

uint64_t word(const uint8_t* at) noexcept {
  uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

struct State {
  uint64_t v0, v1, v2, v3;

  explicit State(uint64_t k0, uint64_t k1) noexcept
      : v0(k0 ^ 0x736f6d6570736575),
        v1(k1 ^ 0x646f72616e646f6d),
        v2(k0 ^ 0x6c7967656e657261),
        v3(k1 ^ 0x7465646279746573) {}
  void rounds(int n) noexcept {
    for (int i = 0; i < n; ++i) {
      v0 += v1, v2 += v3;
      v1 = std::rotl(v1, 13) ^ v0, v3 = std::rotl(v3, 16) ^ v2;
      v0 = std::rotl(v0, 32);
      v2 += v1, v0 += v3;
      v1 = std::rotl(v1, 17) ^ v2, v3 = std::rotl(v3, 21) ^ v0;
      v2 = std::rotl(v2, 32);
    }
  }
  void take(uint64_t m) noexcept {
    v3 ^= m;
    rounds(2);
    v0 ^= m;
  }
};

}  // namespace

uint64_t siphash(const SipKey& key, std::span<const uint8_t> bytes) noexcept {
  State state(word(key.data()), word(key.data() + 8));
  const uint8_t* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) state.take(word(at));
  uint64_t last = static_cast<uint64_t>(bytes.size()) << 56;
  for (size_t i = 0; i < left; ++i) last |= uint64_t{at[i]} << (8 * i);
  state.take(last);
  state.v2 ^= 0xff;
  state.rounds(4);
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace spanway::transport
