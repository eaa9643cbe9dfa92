// SPDX-License-Identifier: BSD-3-Clause
// A batch leaves the table that its changes would leave one by one, however little room there is.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "dataplane/base/random.h"
#include "dataplane/table/fib6.h"
#include "tests/unit/table/crowded6.h"
#include "tests/unit/table/fib_test.h"
#include "tests/unit/table/oracle.h"

namespace spanway::table {
namespace {

using Fib6BatchTest = test::FibTest<Fib6, Prefix6, Ip6Addr>;

Ip6Addr last_of(const Prefix6& prefix) {
  const unsigned length = prefix.length();
  const uint64_t high = length >= 64 ? 0 : ~uint64_t{0} >> length;
  const uint64_t low = length == 128  ? 0
                       : length <= 64 ? ~uint64_t{0}
                                      : ~uint64_t{0} >> (length - 64);
  return Ip6Addr::from_halves(prefix.addr().high() | high, prefix.addr().low() | low);
}

TEST_F(Fib6BatchTest, AgreesWithOracleOverRandomBatches) {
  Random random(20260202);
  test::Oracle6 oracle;
  const size_t empty = fib_.bytes();
  for (int step = 0; step < 250; ++step) {
    // Grows for a while, shrinks for a while.
    const bool shrink = step / 50 % 2 == 1;
    std::vector<Change6> changes;
    for (uint64_t i = 1 + random.below(step % 10 == 0 ? 600 : 60); i > 0; --i) {
      const Prefix6 target(test::crowded_address(random), test::crowded_length(random));
      if (target.length() < 24 && random.below(16) != 0) continue;  // wide edits are slow
      const uint64_t hop = random.below(8) < (shrink ? 6u : 2u) ? 0 : random.below(9) + 1;
      changes.push_back({target, NextHopId{static_cast<uint16_t>(hop)}});
    }
    ASSERT_TRUE(fib_.apply(changes).empty());
    for (const Change6& one : changes) oracle.set(one.prefix, one.next_hop.value);
    for (const Change6& one : changes)
      for (const Ip6Addr& address :
           {one.prefix.addr(), last_of(one.prefix), test::crowded_address(random)})
        ASSERT_EQ(fib_.lookup(address).value, oracle.lookup(address))
            << "step " << step << ", " << address.to_string() << " after "
            << one.prefix.to_string();
    ASSERT_EQ(fib_.size(), oracle.size());
    // The single road goes on where a batch ends.
    const Prefix6 target(test::crowded_address(random), 20 + test::crowded_length(random) % 109);
    ASSERT_TRUE(fib_.insert(target, NextHopId{3}));
    oracle.set(target, 3);
    ASSERT_EQ(fib_.lookup(target.addr()).value, oracle.lookup(target.addr()));
    if (step % 4 == 0) tidy();
  }
  std::vector<Change6> all;
  for (unsigned length = 0; length <= 128; ++length)
    for (const auto& [addr, hop] : oracle.routes(length))
      all.push_back({Prefix6(addr, length), NextHopId{}});
  ASSERT_TRUE(fib_.apply(all).empty());
  tidy();
  EXPECT_EQ(fib_.size(), 0u);
  EXPECT_EQ(fib_.bytes(), empty) << "every byte comes back";
}

TEST_F(Fib6BatchTest, OneBatchOfEveryLevel) {
  const std::vector<Change6> changes = {{prefix("2001:db8:1:2::3/128"), NextHopId{7}},
                                        {prefix("::/0"), NextHopId{1}},
                                        {prefix("2001:db8:1::/48"), NextHopId{5}},
                                        {prefix("2001:db8::/32"), NextHopId{4}},
                                        {prefix("2000::/3"), NextHopId{2}},
                                        {prefix("2001:d00::/24"), NextHopId{3}},
                                        {prefix("2001:db8:1:2::/64"), NextHopId{6}},
                                        {prefix("::/0"), NextHopId{9}}};
  ASSERT_TRUE(fib_.apply(changes).empty());
  EXPECT_EQ(fib_.size(), 7u);
  EXPECT_EQ(at("4000::"), 9);
  EXPECT_EQ(at("2a00::"), 2);
  EXPECT_EQ(at("2001:dff::"), 3);
  EXPECT_EQ(at("2001:db8:2::"), 4);
  EXPECT_EQ(at("2001:db8:1:1::"), 5);
  EXPECT_EQ(at("2001:db8:1:2::4"), 6);
  EXPECT_EQ(at("2001:db8:1:2::3"), 7);
  // Short ones go and long ones come, and the other way round, where there was no page before.
  ASSERT_TRUE(fib_.apply(std::vector<Change6>{{prefix("2000::/3"), NextHopId{}},
                                              {prefix("2001:db8:1:2::3/128"), NextHopId{}},
                                              {prefix("2a00:1::/32"), NextHopId{8}},
                                              {prefix("2a00::/12"), NextHopId{10}}})
                  .empty());
  EXPECT_EQ(at("2a00:1::1"), 8);
  EXPECT_EQ(at("2a00:2::"), 10);
  EXPECT_EQ(at("2b00::"), 9);
  EXPECT_EQ(at("2001:db8:1:2::3"), 6);
  EXPECT_EQ(fib_.size(), 7u);
}

// More than there is room for, in one batch: which are in is exact, and the others fit later.
TEST_F(Fib6BatchTest, FullInTheMiddle) {
  Fib6 fib(graveyard_, size_t{1} << 18);
  const auto route = [](uint32_t i) {
    return Prefix6(Ip6Addr::from_halves(0x20010db8'00000000 + (uint64_t{i} * 77 << 8), 0), 56);
  };
  const auto hop = [](uint32_t i) { return NextHopId{static_cast<uint16_t>(1 + i % 1000)}; };
  const size_t empty = fib.bytes();
  std::vector<Change6> first, second, last;
  for (uint32_t i = 0; i < 500; ++i) first.push_back({route(i), hop(i)});
  ASSERT_TRUE(fib.apply(first).empty());
  for (uint32_t i = 500; i < 40'000; ++i) second.push_back({route(i), hop(i)});
  second.push_back({prefix("2002::/16"), NextHopId{32768}});  // can not be
  const std::vector<uint32_t> refused = fib.apply(second);
  ASSERT_GT(refused.size(), 1u);
  ASSERT_LT(refused.size(), second.size());
  EXPECT_EQ(refused.back(), second.size() - 1);
  EXPECT_EQ(fib.size(), first.size() + second.size() - refused.size());
  for (uint32_t i = 0; i < first.size(); ++i) ASSERT_EQ(fib.lookup(route(i).addr()), hop(i)) << i;
  for (uint32_t i = 0; i < second.size(); ++i) {
    const bool out = std::ranges::binary_search(refused, i);
    ASSERT_EQ(fib.lookup(second[i].prefix.addr()), out ? NextHopId{} : second[i].next_hop) << i;
  }
  for (const auto& list : {first, second})
    for (const Change6& one : list) last.push_back({one.prefix, NextHopId{}});
  for (int round = 0; round < 8 && fib.size() != 0; ++round) {
    static_cast<void>(fib.apply(last));
    tidy();
  }
  EXPECT_EQ(fib.size(), 0u);
  EXPECT_EQ(fib.bytes(), empty);
  ASSERT_TRUE(fib.apply(first).empty());
  EXPECT_EQ(fib.lookup(route(7).addr()), hop(7));
}

}  // namespace
}  // namespace spanway::table
