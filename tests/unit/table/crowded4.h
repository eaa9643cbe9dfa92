// SPDX-License-Identifier: BSD-3-Clause
// IPv4 routes that overlap often.
#pragma once

#include <cstdint>

#include "dataplane/base/prefix.h"
#include "dataplane/base/random.h"

namespace spanway::test {

// A random route, most often in a small corner of the address space.
inline Prefix4 crowded_prefix4(Random& random, unsigned shortest = 0) {
  const auto bits = static_cast<uint32_t>(random());
  const uint32_t corner = random.below(4) == 0 ? bits : 0x0a000000u | (bits & 0x0001ffffu);
  return {Ip4Addr(corner), shortest + static_cast<unsigned>(random.below(33 - shortest))};
}

}  // namespace spanway::test
