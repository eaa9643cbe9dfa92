// SPDX-License-Identifier: BSD-3-Clause
// IPv6 routes that overlap often.
#pragma once

#include <cstdint>
#include <iterator>

#include "dataplane/base/ip_addr.h"
#include "dataplane/base/random.h"

namespace spanway::test {

// A random address that shares a long head with others, so that routes overlap often.
inline Ip6Addr crowded_address(Random& random) {
  uint64_t high = 0x20010db8'00000000, low = 0;
  const uint64_t bits = random();
  switch (random.below(8)) {
    case 0:
      high = (bits & 0x1f) << 48 ^ bits >> 20;
      break;
    case 1:
      high ^= (bits & 7) << 16 | (bits & 3) << 40;
      break;
    case 2:
      high ^= (bits & 0x3f) << 10;
      break;
    case 3:
      low = bits & 0x1ff;
      break;
    case 4:
      low = (bits & 0xff) << 40 | (bits >> 60);
      break;
    case 5:
      high ^= (bits & 3) << 32 | (bits & 12) << 43;
      break;
    case 6:
      high ^= (bits & 0xff) << 16;
      break;
    default:
      low = bits;
  }
  return Ip6Addr::from_halves(high, low);
}

inline unsigned crowded_length(Random& random) {
  static constexpr unsigned kCommon[] = {16, 20, 27, 28, 32, 33, 40, 48, 49, 56, 64, 112, 120, 128};
  return static_cast<unsigned>(random.below(2) == 0 ? random.below(129)
                                                    : kCommon[random.below(std::size(kCommon))]);
}

}  // namespace spanway::test
