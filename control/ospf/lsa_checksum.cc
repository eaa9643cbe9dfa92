// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/lsa_checksum.h"

#include <algorithm>
#include <cstddef>

#include "dataplane/base/big_endian.h"

namespace spanway::ospf {
namespace {

constexpr size_t kAgeBytes = 2;     // not summed: it changes on the way
constexpr size_t kChecksumAt = 16;  // in the LSA
constexpr uint32_t kModulus = 255;

struct Sums {
  uint32_t c0 = 0, c1 = 0;
};

// c1 grows by at most (n + 1) * n / 2 * 255 over n bytes: 5,000 stay well within 32 bits.
constexpr size_t kBytesBetweenFolds = 5'000;

Sums sum(std::span<const uint8_t> bytes, Sums sums) {
  while (!bytes.empty()) {
    const size_t now = std::min(bytes.size(), kBytesBetweenFolds);
    for (const uint8_t byte : bytes.first(now)) {
      sums.c0 += byte;
      sums.c1 += sums.c0;
    }
    sums.c0 %= kModulus;
    sums.c1 %= kModulus;
    bytes = bytes.subspan(now);
  }
  return sums;
}

}  // namespace

uint16_t lsa_checksum(std::span<const uint8_t> lsa) noexcept {
  constexpr uint8_t kZeros[2] = {0, 0};
  Sums sums = sum(lsa.subspan(kAgeBytes, kChecksumAt - kAgeBytes), {});
  sums = sum(kZeros, sums);
  sums = sum(lsa.subspan(kChecksumAt + 2), sums);
  // Annex B: X = (L - n) * C0 - C1 and Y = C1 - (L - n + 1) * C0, where L - n bytes follow X.
  const auto after = static_cast<uint32_t>((lsa.size() - kChecksumAt - 1) % kModulus);
  uint32_t x = (after * sums.c0 + kModulus - sums.c1) % kModulus;
  uint32_t y = (sums.c1 + kModulus * (after + 1) - (after + 1) * sums.c0) % kModulus;
  // 255 is zero, too, in one's complement, and keeps a byte from looking as if it were not
  // computed.
  if (x == 0) x = kModulus;
  if (y == 0) y = kModulus;
  return static_cast<uint16_t>(x << 8 | y);
}

bool lsa_checksum_ok(std::span<const uint8_t> lsa) noexcept {
  if (load_big<uint16_t>(lsa.subspan(kChecksumAt, 2).data()) == 0) return false;
  const Sums sums = sum(lsa.subspan(kAgeBytes), {});
  return sums.c0 == 0 && sums.c1 == 0;
}

}  // namespace spanway::ospf
