// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/base/token_bucket.h"

#include <gtest/gtest.h>

namespace spanway {
namespace {

TEST(TokenBucket, StartsFullAndRefillsAtItsRate) {
  TokenBucket bucket(10, 5);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(bucket.take(Nanos(0)));
  EXPECT_FALSE(bucket.take(Nanos(0)));
  EXPECT_FALSE(bucket.take(millis(99)));
  EXPECT_TRUE(bucket.take(millis(100)));
  EXPECT_FALSE(bucket.take(millis(100)));
}

TEST(TokenBucket, NeverSavesMoreThanItsBurst) {
  TokenBucket bucket(1'000'000, 3);
  EXPECT_TRUE(bucket.take(seconds(1'000'000), 3));
  EXPECT_FALSE(bucket.take(seconds(1'000'000)));
}

TEST(TokenBucket, SaysWhenItWillHaveEnough) {
  TokenBucket bucket(1'000, 50);
  EXPECT_TRUE(bucket.has(seconds(1), 50));
  EXPECT_TRUE(bucket.has(seconds(1), 50)) << "nothing was taken";
  EXPECT_EQ(bucket.when(50), seconds(1)) << "already";
  EXPECT_TRUE(bucket.take(seconds(1), 45));
  EXPECT_EQ(bucket.when(25), seconds(1) + millis(20));
  EXPECT_FALSE(bucket.has(seconds(1) + millis(20) - Nanos(1), 25));
  EXPECT_TRUE(bucket.has(seconds(1) + millis(20), 25));
  EXPECT_EQ(bucket.when(51), Nanos::never());
  EXPECT_EQ(TokenBucket(0, 5).when(5), Nanos(0));
  TokenBucket dry(0, 5);
  dry.take(Nanos(0), 1);
  EXPECT_EQ(dry.when(5), Nanos::never());
}

TEST(TokenBucket, RateOverALongTimeIsExact) {
  TokenBucket bucket(333, 10);
  int taken = 0;
  for (int ms = 0; ms <= 10'000; ++ms)
    while (bucket.take(millis(ms))) ++taken;
  EXPECT_EQ(taken, 10 + 3330);
}

}  // namespace
}  // namespace spanway
