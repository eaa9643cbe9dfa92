// SPDX-License-Identifier: BSD-3-Clause
// A fast 128-to-32-bit mix (the multiply-and-fold step of wyhash). Not for secrets.
#pragma once

#include <cstdint>

namespace spanway {

inline uint32_t hash_mix(uint64_t a, uint64_t b) noexcept {
  __extension__ typedef unsigned __int128 Wide;
  const Wide product = Wide{a ^ 0xa0761d6478bd642f} * (b ^ 0xe7037ed1a0b428db);
  const uint64_t folded = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  return static_cast<uint32_t>(folded ^ folded >> 32);
}

}  // namespace spanway
