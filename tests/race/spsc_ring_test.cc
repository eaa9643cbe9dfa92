// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/base/spsc_ring.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

namespace spanway {
namespace {

constexpr uint64_t kCount = 200'000;

// A value in two words: a torn one shows.
struct Pair {
  uint64_t value = 0;
  uint64_t twin = 0;
};

TEST(SpscRingRace, EveryValueArrivesOnceAndInOrder) {
  SpscRing<Pair> ring(64);
  std::thread producer([&ring] {
    for (uint64_t i = 0; i < kCount;)
      if (ring.push(Pair{i, ~i}))
        ++i;
      else
        std::this_thread::yield();
  });
  for (uint64_t i = 0; i < kCount;) {
    Pair got;
    if (!ring.pop(got)) {
      std::this_thread::yield();
      continue;
    }
    EXPECT_EQ(got.value, i);
    EXPECT_EQ(got.twin, ~i);
    ++i;
  }
  producer.join();
  EXPECT_EQ(ring.size(), 0U);
}

TEST(SpscRingRace, BurstsKeepTheOrder) {
  SpscRing<Pair> ring(64);
  std::thread producer([&ring] {
    uint64_t next = 0;
    while (next < kCount) {
      std::array<Pair, 24> burst;
      for (size_t i = 0; i < burst.size(); ++i) burst[i] = {next + i, ~(next + i)};
      const size_t wanted = std::min<uint64_t>(burst.size(), kCount - next);
      const size_t sent = ring.push_burst(std::span<const Pair>(burst).first(wanted));
      if (sent == 0) std::this_thread::yield();
      next += sent;
    }
  });
  uint64_t next = 0;
  while (next < kCount) {
    std::array<Pair, 17> burst;
    const size_t got = ring.pop_burst(burst);
    if (got == 0) std::this_thread::yield();
    for (size_t i = 0; i < got; ++i, ++next) {
      EXPECT_EQ(burst[i].value, next);
      EXPECT_EQ(burst[i].twin, ~next);
    }
  }
  producer.join();
}

}  // namespace
}  // namespace spanway
