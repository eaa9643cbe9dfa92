// SPDX-License-Identifier: BSD-3-Clause
// What simulations have in common: their seed, and an ordinary wire.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "drivers/sim/lane.h"

namespace spanway::test {

// From the environment, or 1; printed, so that a failed run can be had again.
inline uint64_t seed_of_this_run() {
  const char* given = std::getenv("SPANWAY_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  std::cout << "seed " << seed << " (SPANWAY_SEED chooses another)\n";
  return seed;
}

inline sim::LaneOptions gigabit() {
  sim::LaneOptions lane;
  lane.rate_bps = 1'000'000'000;
  lane.delay = micros(20);
  return lane;
}

}  // namespace spanway::test
