// SPDX-License-Identifier: BSD-3-Clause
#include "control/publish/buckets.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <numeric>

#include "dataplane/base/random.h"

namespace spanway::publish {
namespace {

std::vector<uint16_t> share(std::vector<uint16_t> weights) { return share_buckets(weights); }

TEST(Buckets, ExactWhereWeightsAllow) {
  EXPECT_EQ(share({1}), (std::vector<uint16_t>{2}));
  EXPECT_EQ(share({1, 1}), (std::vector<uint16_t>{1, 1}));
  EXPECT_EQ(share({5, 15}), (std::vector<uint16_t>{1, 3}));
  EXPECT_EQ(share({256, 256}), (std::vector<uint16_t>{1, 1}));
}

TEST(Buckets, LargestRemainderElse) {
  EXPECT_EQ(share({1, 1, 1}), (std::vector<uint16_t>{86, 85, 85}));
  EXPECT_EQ(share({2, 1}), (std::vector<uint16_t>{171, 85}));
}

TEST(Buckets, EveryMemberHasOneAndSharesAreClose) {
  Random random(11);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<uint16_t> weights(1 + random.below(64));
    for (uint16_t& weight : weights) weight = static_cast<uint16_t>(1 + random.below(256));
    if (round % 3 == 0) weights[0] = 256;
    const std::vector<uint16_t> shares = share_buckets(weights);
    const unsigned sum = std::accumulate(shares.begin(), shares.end(), 0u);
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    ASSERT_TRUE(std::has_single_bit(sum) && sum >= 2 && sum <= 256);
    for (size_t i = 0; i < shares.size(); ++i) {
      ASSERT_GE(shares[i], 1);
      // Members raised to one bucket cost the largest a few.
      ASSERT_LE(shares[i], std::ceil(weights[i] * 256.0 / total) + 1);
    }
  }
}

}  // namespace
}  // namespace spanway::publish
