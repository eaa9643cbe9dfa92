// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/fib4.h"

#include <gtest/gtest.h>

#include <vector>

#include "dataplane/base/random.h"
#include "tests/unit/table/crowded4.h"
#include "tests/unit/table/fib_test.h"
#include "tests/unit/table/oracle.h"

namespace spanway::table {
namespace {

using Fib4Test = test::FibTest<Fib4, Prefix4, Ip4Addr>;

TEST_F(Fib4Test, EmptyMatchesNothing) {
  EXPECT_EQ(at("0.0.0.0"), 0);
  EXPECT_EQ(at("255.255.255.255"), 0);
  EXPECT_EQ(fib_.size(), 0u);
}

TEST_F(Fib4Test, LongestWinsAtEveryLevel) {
  ASSERT_TRUE(fib_.insert(prefix("0.0.0.0/0"), NextHopId{1}));
  ASSERT_TRUE(fib_.insert(prefix("10.0.0.0/8"), NextHopId{2}));
  ASSERT_TRUE(fib_.insert(prefix("10.1.32.0/19"), NextHopId{3}));
  ASSERT_TRUE(fib_.insert(prefix("10.1.33.0/24"), NextHopId{4}));
  ASSERT_TRUE(fib_.insert(prefix("10.1.33.128/25"), NextHopId{5}));
  ASSERT_TRUE(fib_.insert(prefix("10.1.33.255/32"), NextHopId{6}));
  EXPECT_EQ(at("9.255.255.255"), 1);
  EXPECT_EQ(at("10.1.31.255"), 2);
  EXPECT_EQ(at("10.1.32.0"), 3);
  EXPECT_EQ(at("10.1.33.0"), 4);
  EXPECT_EQ(at("10.1.33.254"), 5);
  EXPECT_EQ(at("10.1.33.255"), 6);
  ASSERT_TRUE(fib_.remove(prefix("10.1.33.128/25")));
  EXPECT_EQ(at("10.1.33.254"), 4);
  EXPECT_EQ(at("10.1.33.255"), 6);
  ASSERT_TRUE(fib_.remove(prefix("0.0.0.0/0")));
  EXPECT_EQ(at("11.0.0.0"), 0);
  EXPECT_EQ(fib_.size(), 4u);
}

TEST_F(Fib4Test, SaysWhatItCanNot) {
  EXPECT_EQ(fib_.remove(prefix("10.0.0.0/8")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(fib_.insert(prefix("10.0.0.0/8"), NextHopId{0}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(fib_.insert(prefix("10.0.0.0/8"), NextHopId{32768}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(fib_.size(), 0u);
}

TEST_F(Fib4Test, AgreesWithOracleOverRandomEdits) {
  Random random(20260101);
  test::Oracle4 oracle;
  std::vector<uint32_t> addresses(64);
  std::vector<NextHopId> answers(64);
  for (int step = 0; step < 200'000; ++step) {
    const Prefix4 target = test::crowded_prefix4(random);
    if (target.length() < 6 && random.below(64) != 0) continue;  // wide edits are slow
    const uint16_t hop = random.below(3) == 0 ? 0 : static_cast<uint16_t>(random.below(9) + 1);
    const bool there = oracle.find(target) != 0;
    if (hop == 0)
      ASSERT_EQ(fib_.remove(target).has_value(), there);
    else
      ASSERT_TRUE(fib_.insert(target, NextHopId{hop}));
    oracle.set(target, hop);
    if (step % 64 == 0) tidy();
    // Around the edges of what changed, and anywhere.
    const uint32_t first = target.addr().value(), last = first | ~mask4(target.length());
    for (size_t i = 0; i < addresses.size(); ++i)
      addresses[i] = test::crowded_prefix4(random).addr().value();
    addresses[0] = first;
    addresses[1] = last;
    addresses[2] = first - 1;
    addresses[3] = last + 1;
    const size_t count = step % 16 == 0 ? 64 : 4;
    fib_.lookup(addresses.data(), answers.data(), count);
    for (size_t i = 0; i < count; ++i)
      ASSERT_EQ(answers[i].value, oracle.lookup(Ip4Addr(addresses[i])))
          << "step " << step << ", " << Ip4Addr(addresses[i]).to_string() << " after "
          << target.to_string() << " = " << hop;
  }
  EXPECT_EQ(fib_.size(), oracle.size());
}

}  // namespace
}  // namespace spanway::table
