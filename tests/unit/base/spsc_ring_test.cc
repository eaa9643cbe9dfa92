// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/base/spsc_ring.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace spanway {
namespace {

TEST(SpscRing, KeepsOrderAndRefusesWhenFull) {
  SpscRing<int> ring(4);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(i));
  EXPECT_FALSE(ring.push(4));
  int out = -1;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(ring.pop(out));
    EXPECT_EQ(out, i);
  }
  EXPECT_FALSE(ring.pop(out));
}

TEST(SpscRing, BurstsTakeWhatFits) {
  SpscRing<int> ring(8);
  const std::vector<int> six = {0, 1, 2, 3, 4, 5};
  EXPECT_EQ(ring.push_burst(six), 6u);
  EXPECT_EQ(ring.push_burst(six), 2u);
  std::vector<int> out(16);
  ASSERT_EQ(ring.pop_burst(out), 8u);
  EXPECT_EQ(std::vector<int>(out.begin(), out.begin() + 8),
            (std::vector<int>{0, 1, 2, 3, 4, 5, 0, 1}));
  EXPECT_EQ(ring.pop_burst(out), 0u);
}

TEST(SpscRing, TwoThreadsLoseNothing) {
  SpscRing<uint64_t> ring(64);
  constexpr uint64_t kCount = 200'000;
  std::thread producer([&] {
    for (uint64_t i = 0; i < kCount;)
      if (ring.push(i))
        ++i;
      else
        std::this_thread::yield();
  });
  uint64_t expected = 0;
  uint64_t batch[16];
  while (expected < kCount) {
    const size_t n = ring.pop_burst(batch);
    if (n == 0) std::this_thread::yield();
    for (size_t i = 0; i < n; ++i) ASSERT_EQ(batch[i], expected++);
  }
  producer.join();
}

}  // namespace
}  // namespace spanway
