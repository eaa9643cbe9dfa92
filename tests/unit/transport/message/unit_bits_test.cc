// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/unit_bits.h"

#include <gtest/gtest.h>

#include <vector>

#include "dataplane/base/random.h"
#include "dataplane/transport/message/stream_queue.h"

namespace spanway::transport {
namespace {

TEST(UnitBits, CountsWhatChanged) {
  UnitBits bits(128);
  EXPECT_EQ(bits.set(60, 10), 10u);
  EXPECT_EQ(bits.set(58, 4), 2u);
  EXPECT_EQ(bits.next_set(0, 128), 58u);
  EXPECT_EQ(bits.next_clear(58, 128), 70u);
  EXPECT_TRUE(bits.any(69, 2));
  EXPECT_FALSE(bits.any(70, 58));
  EXPECT_EQ(bits.clear(0, 60), 2u);
  EXPECT_EQ(bits.clear(0, 128), 10u);
  EXPECT_EQ(bits.next_set(5, 100), 100u);
}

// Against a plain row of bools, at places around the wrap of their counter as well.
TEST(UnitBits, AgreesWithARowOfBools) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    Random random(seed);
    const auto units = static_cast<uint32_t>(64u << random.below(4));
    UnitBits bits(units);
    std::vector<bool> plain(units);
    const uint32_t base = seed % 2 == 0 ? 0 : 0u - units * 2;
    for (int step = 0; step < 2'000; ++step) {
      const uint32_t at = base + static_cast<uint32_t>(random.below(units * 4));
      const auto count = static_cast<uint32_t>(random.below(units + 1));
      const bool value = random.below(2) == 0;
      uint32_t changed = 0, first = at + count;
      for (uint32_t i = count; i-- != 0;)
        if (plain[(at + i) % units] == value) first = at + i;
      switch (random.below(3)) {
        case 0:
          for (uint32_t i = 0; i < count; ++i) {
            if (plain[(at + i) % units] != value) ++changed;
            plain[(at + i) % units] = value;
          }
          EXPECT_EQ(value ? bits.set(at, count) : bits.clear(at, count), changed) << seed;
          break;
        case 1:
          EXPECT_EQ(value ? bits.next_set(at, at + count) : bits.next_clear(at, at + count), first)
              << seed;
          break;
        default:
          if (value) {
            EXPECT_EQ(bits.any(at, count), first != at + count) << seed;
          }
      }
    }
  }
}

TEST(StreamQueue, KeepsItsOrderAndEachOnce) {
  StreamQueue queue;
  EXPECT_TRUE(queue.empty());
  for (const uint16_t stream : {5, 63, 0, 5, 63}) queue.push(stream);
  EXPECT_EQ(queue.front(), 5);
  queue.rotate();
  EXPECT_EQ(queue.front(), 63);
  queue.pop();
  EXPECT_FALSE(queue.alone());
  EXPECT_EQ(queue.front(), 0);
  queue.pop();
  EXPECT_TRUE(queue.alone());
  EXPECT_EQ(queue.front(), 5);
  queue.rotate();
  EXPECT_EQ(queue.front(), 5);
  queue.pop();
  EXPECT_TRUE(queue.empty());
}

TEST(StreamQueue, HoldsAllStreamsAtOnceAndTurnsForEver) {
  StreamQueue queue;
  for (uint16_t stream = 0; stream < kMostStreams; ++stream) queue.push(stream);
  for (unsigned turn = 0; turn < 10'000; ++turn) {
    ASSERT_EQ(queue.front(), turn % kMostStreams);
    queue.rotate();
  }
}

}  // namespace
}  // namespace spanway::transport
