// SPDX-License-Identifier: BSD-3-Clause
// CPU time of a work, as the work grows.
//
// The least of some rounds counts, and what is compared takes its turns side by side: on a busy
// machine others want the caches, too.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <string>

#include "tests/support/sanitizer.h"

namespace spanway::config {

inline double seconds_since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// seconds(routes): CPU seconds of the work. Ten times the routes take ten times as long, or some
// more, but not a hundred times.
template <class Seconds>
void expect_no_longer_each(unsigned routes, const Seconds& seconds) {
  double few = 1e9, many = 1e9;
  for (int round = 0; round < 3; ++round) {
    few = std::min(few, seconds(routes / 10));
    many = std::min(many, seconds(routes));
  }
  EXPECT_LT(many, 40 * few);
}

inline void expect_within_a_second(double seconds) {
  testing::Test::RecordProperty("seconds", std::to_string(seconds));
  if (spanway::test::kTimesCount) {
    EXPECT_LT(seconds, 1.0);
  }
}

}  // namespace spanway::config
