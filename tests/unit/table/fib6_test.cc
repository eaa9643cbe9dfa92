// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/fib6.h"

#include <gtest/gtest.h>

#include <vector>

#include "dataplane/base/random.h"
#include "tests/unit/table/crowded6.h"
#include "tests/unit/table/fib_test.h"
#include "tests/unit/table/oracle.h"

namespace spanway::table {
namespace {

using Fib6Test = test::FibTest<Fib6, Prefix6, Ip6Addr>;

TEST_F(Fib6Test, EmptyMatchesNothing) {
  EXPECT_EQ(at("::"), 0);
  EXPECT_EQ(at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 0);
}

TEST_F(Fib6Test, LongestWinsAtEveryLevel) {
  ASSERT_TRUE(fib_.insert(prefix("::/0"), NextHopId{1}));
  ASSERT_TRUE(fib_.insert(prefix("2000::/3"), NextHopId{2}));
  ASSERT_TRUE(fib_.insert(prefix("2001:db8::/32"), NextHopId{3}));
  ASSERT_TRUE(fib_.insert(prefix("2001:db8:1::/48"), NextHopId{4}));
  ASSERT_TRUE(fib_.insert(prefix("2001:db8:1:2::/64"), NextHopId{5}));
  ASSERT_TRUE(fib_.insert(prefix("2001:db8:1:2::3/128"), NextHopId{6}));
  EXPECT_EQ(at("fe80::1"), 1);
  EXPECT_EQ(at("2002::1"), 2);
  EXPECT_EQ(at("2001:db8:0:ffff::1"), 3);
  EXPECT_EQ(at("2001:db8:1:1::3"), 4);
  EXPECT_EQ(at("2001:db8:1:2::4"), 5);
  EXPECT_EQ(at("2001:db8:1:2::3"), 6);
  ASSERT_TRUE(fib_.remove(prefix("2001:db8:1:2::/64")));
  EXPECT_EQ(at("2001:db8:1:2::4"), 4);
  EXPECT_EQ(at("2001:db8:1:2::3"), 6);
  ASSERT_TRUE(fib_.remove(prefix("2001:db8:1:2::3/128")));
  ASSERT_TRUE(fib_.remove(prefix("2001:db8:1::/48")));
  ASSERT_TRUE(fib_.remove(prefix("2001:db8::/32")));
  EXPECT_EQ(at("2001:db8:1:2::3"), 2);
  EXPECT_EQ(fib_.size(), 2u);
}

// One route in each /16, in several /16s at a time; a second round over what the first left behind.
TEST_F(Fib6Test, HasRoomForARouteInEverySixteenth) {
  constexpr uint32_t kPlaces = 1u << 16, kBatch = 4096;
  const size_t empty = fib_.bytes();
  const auto route = [](uint32_t i, unsigned round) {
    const uint64_t place = i * 0x9e37u % kPlaces;  // odd: every place once
    const uint64_t rest = (i & 0xff) << 8 | (round + 1);
    return Prefix6(Ip6Addr::from_halves(place << 48 | rest << 32, 0),
                   round == 0 ? 32 : 31 + i % 90);
  };
  const auto hop = [](uint32_t i) { return NextHopId{static_cast<uint16_t>(1 + i % 32767)}; };
  const auto apply_all = [&](unsigned round, bool adds) {
    std::vector<Change6> changes;
    for (uint32_t first = 0; first < kPlaces; first += kBatch) {
      changes.clear();
      for (uint32_t i = first; i < first + kBatch; ++i)
        changes.push_back({route(i, round), adds ? hop(i) : NextHopId{}});
      ASSERT_TRUE(fib_.apply(changes).empty()) << first;
      tidy();
    }
  };
  for (unsigned round = 0; round < 2; ++round) {
    apply_all(round, true);
    EXPECT_EQ(fib_.size(), kPlaces);
    for (uint32_t i = 0; i < kPlaces; ++i) {
      ASSERT_EQ(fib_.lookup(route(i, round).addr()), hop(i)) << i;
      // What the other round had there, or will have, is not there.
      ASSERT_EQ(fib_.lookup(Ip6Addr::from_halves(route(i, 1 - round).addr().high(), 7)).value, 0)
          << i;
    }
    apply_all(round, false);
    EXPECT_EQ(fib_.size(), 0u);
    EXPECT_EQ(fib_.bytes(), empty);
  }
}

TEST_F(Fib6Test, SaysWhatItCanNot) {
  EXPECT_EQ(fib_.remove(prefix("2001:db8::/32")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(fib_.insert(prefix("2001:db8::/32"), NextHopId{0}).error().code, ErrorCode::kInvalid);
}

TEST_F(Fib6Test, AgreesWithOracleOverRandomEdits) {
  Random random(20260102);
  test::Oracle6 oracle;
  std::vector<Ip6Addr> addresses(64);
  std::vector<NextHopId> answers(64);
  for (int step = 0; step < 20'000; ++step) {
    const Prefix6 target(test::crowded_address(random), test::crowded_length(random));
    if (target.length() < 24 && random.below(32) != 0) continue;  // wide edits are slow
    // Grows for a while, shrinks for a while.
    const bool shrink = step / 4'000 % 2 == 1;
    const uint16_t hop =
        random.below(8) < (shrink ? 6u : 2u) ? 0 : static_cast<uint16_t>(random.below(9) + 1);
    const bool there = oracle.find(target) != 0;
    if (hop == 0)
      ASSERT_EQ(fib_.remove(target).has_value(), there);
    else
      ASSERT_TRUE(fib_.insert(target, NextHopId{hop}));
    oracle.set(target, hop);
    if (step % 64 == 0) tidy();
    for (Ip6Addr& address : addresses) address = test::crowded_address(random);
    addresses[0] = target.addr();
    const size_t count = step % 16 == 0 ? 64 : 4;
    fib_.lookup(addresses.data(), answers.data(), count);
    for (size_t i = 0; i < count; ++i)
      ASSERT_EQ(answers[i].value, oracle.lookup(addresses[i]))
          << "step " << step << ", " << addresses[i].to_string() << " after " << target.to_string()
          << " = " << hop;
  }
  EXPECT_EQ(fib_.size(), oracle.size());
}

}  // namespace
}  // namespace spanway::table
