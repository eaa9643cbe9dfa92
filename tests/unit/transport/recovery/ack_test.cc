// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/ack.h"

#include <gtest/gtest.h>

#include <vector>

namespace spanway::transport {
namespace {

std::vector<AckRange> ranges(AckWords words) {
  AckRanges room;
  const auto found = ranges_of(words, room);
  return {found.begin(), found.end()};
}

AckRange range(uint32_t first, uint32_t last) { return {PacketNumber(first), PacketNumber(last)}; }

TEST(Ack, OneRunIsOneRange) {
  EXPECT_EQ(ranges({PacketNumber(100), 1, 0}), std::vector{range(100, 100)});
  EXPECT_EQ(ranges({PacketNumber(100), 30, 0}), std::vector{range(71, 100)});
  EXPECT_EQ(ranges({PacketNumber(2), 5, 0}), std::vector{range(0xffff'fffe, 2)});
}

TEST(Ack, TheBitmapLiesBelowTheHole) {
  // 98 is the hole, 97 and 96 arrived, 95 did not, 35 is the lowest a bit speaks of.
  EXPECT_EQ(ranges({PacketNumber(100), 2, uint64_t{3} << 61 | 1}),
            (std::vector{range(99, 100), range(96, 97), range(35, 35)}));
  EXPECT_EQ(ranges({PacketNumber(100), 2, ~uint64_t{0} >> 1}),
            (std::vector{range(99, 100), range(35, 97)}));
}

TEST(Ack, TakesAnyWords) {
  EXPECT_EQ(ranges({PacketNumber(7), 0, 0}), std::vector{range(7, 7)});
  EXPECT_EQ(ranges({PacketNumber(7), 1, uint64_t{1} << 63}), std::vector{range(7, 7)});
  EXPECT_EQ(ranges({PacketNumber(7), 0xffff'ffff, 0}).front().first, PacketNumber(8) - kLongestRun);
  EXPECT_EQ(ranges({PacketNumber(7), 1, 0x5555'5555'5555'5555}).size(), kMostAckRanges);
}

}  // namespace
}  // namespace spanway::transport
