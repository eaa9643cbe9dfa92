// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/packet_number.h"

#include <gtest/gtest.h>

namespace spanway::transport {
namespace {

TEST(PacketNumber, OrdersAroundTheWrap) {
  const PacketNumber before(0xffff'ffff), after(0);
  EXPECT_LT(before, after);
  EXPECT_GT(after, before);
  EXPECT_EQ(after - before, 1);
  EXPECT_EQ(before - after, -1);
  EXPECT_EQ(before + 1, after);
  EXPECT_EQ(later_of(before, after), after);
}

TEST(PacketNumber, LooksHalfTheCircleAhead) {
  const PacketNumber n(12345);
  EXPECT_GT(n + 0x7fff'ffff, n);
  EXPECT_LT(n + 0x8000'0001, n);
}

}  // namespace
}  // namespace spanway::transport
