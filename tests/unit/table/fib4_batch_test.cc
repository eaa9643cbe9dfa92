// SPDX-License-Identifier: BSD-3-Clause
// A batch leaves the table that its changes would leave one by one, whoever paints it and however
// little room there is.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "dataplane/base/random.h"
#include "dataplane/table/fib4.h"
#include "tests/support/thread_crew.h"
#include "tests/unit/table/crowded4.h"
#include "tests/unit/table/fib_test.h"
#include "tests/unit/table/oracle.h"

namespace spanway::table {
namespace {

class Fib4BatchTest : public test::FibTest<Fib4, Prefix4, Ip4Addr> {
 protected:
  void check(const std::vector<Change4>& changes, const test::Oracle4& oracle, Random& random) {
    for (const auto& [changed, hop] : changes) {
      const uint32_t first = changed.addr().value(), last = first | ~mask4(changed.length());
      const uint32_t inside = first + (static_cast<uint32_t>(random()) & (last - first));
      for (const uint32_t address : {first - 1, first, inside, last, last + 1})
        ASSERT_EQ(fib_.lookup(Ip4Addr(address)).value, oracle.lookup(Ip4Addr(address)))
            << Ip4Addr(address).to_string() << " after " << changed.to_string();
    }
    ASSERT_EQ(fib_.size(), oracle.size());
  }
};

// `wide`: routes of the shortest lengths too.
std::vector<Change4> crowded_batch(Random& random, size_t size, bool wide) {
  std::vector<Change4> changes;
  while (changes.size() < size) {
    const uint64_t hop = random.below(3) == 0 ? 0 : random.below(9) + 1;
    changes.push_back(
        {test::crowded_prefix4(random, wide ? 0 : 9), NextHopId{static_cast<uint16_t>(hop)}});
    // Often the same prefix again: the last one counts.
    if (random.below(8) == 0 && changes.size() < size)
      changes.push_back({changes.back().prefix, NextHopId{static_cast<uint16_t>(random.below(3))}});
  }
  return changes;
}

TEST_F(Fib4BatchTest, AgreesWithOracleOverRandomBatches) {
  for (const unsigned hands : {1u, 2u}) {
    test::ThreadCrew crew(hands);
    test::Oracle4 oracle;
    Random random(20260201 + hands);
    for (int step = 0; step < 200; ++step) {
      const auto changes =
          crowded_batch(random, 1 + random.below(step % 20 == 0 ? 4000 : 200), step % 20 == 0);
      ASSERT_TRUE(fib_.apply(changes, &crew).empty());
      for (const Change4& one : changes) oracle.set(one.prefix, one.next_hop.value);
      check(changes, oracle, random);
      if (HasFatalFailure()) return;
      // The single road goes on where a batch ends.
      const Change4 one = crowded_batch(random, 1, false).front();
      if (one.next_hop != NextHopId{})
        ASSERT_TRUE(fib_.insert(one.prefix, one.next_hop));
      else
        ASSERT_EQ(fib_.remove(one.prefix).has_value(), oracle.find(one.prefix) != 0);
      oracle.set(one.prefix, one.next_hop.value);
      check({one}, oracle, random);
      if (HasFatalFailure()) return;
      if (step % 4 == 0) tidy();
    }
    EXPECT_EQ(crew.runs() != 0, hands > 1) << "wide batches are for the crew";
    std::vector<Change4> all;  // leaves an empty table for the next round
    for (unsigned length = 0; length <= 32; ++length)
      for (const auto& [addr, hop] : oracle.routes(length))
        all.push_back({Prefix4(addr, length), NextHopId{}});
    ASSERT_TRUE(fib_.apply(all, &crew).empty());
    ASSERT_EQ(fib_.size(), 0u);
    for (int i = 0; i < 10'000; ++i)
      ASSERT_EQ(fib_.lookup(test::crowded_prefix4(random, 9).addr()), NextHopId{0});
  }
}

TEST_F(Fib4BatchTest, OneBatchOfEveryLevel) {
  const std::vector<Change4> changes = {
      {prefix("10.1.33.255/32"), NextHopId{6}}, {prefix("0.0.0.0/0"), NextHopId{1}},
      {prefix("10.1.32.0/19"), NextHopId{3}},   {prefix("10.1.33.128/25"), NextHopId{5}},
      {prefix("10.0.0.0/8"), NextHopId{2}},     {prefix("10.1.33.0/24"), NextHopId{4}}};
  ASSERT_TRUE(fib_.apply(changes).empty());
  EXPECT_EQ(fib_.size(), 6u);
  EXPECT_EQ(at("9.255.255.255"), 1);
  EXPECT_EQ(at("10.1.31.255"), 2);
  EXPECT_EQ(at("10.1.32.0"), 3);
  EXPECT_EQ(at("10.1.33.0"), 4);
  EXPECT_EQ(at("10.1.33.254"), 5);
  EXPECT_EQ(at("10.1.33.255"), 6);
  const std::vector<Change4> back = {{prefix("10.1.33.0/24"), NextHopId{}},
                                     {prefix("10.1.32.0/19"), NextHopId{}},
                                     {prefix("10.9.0.0/16"), NextHopId{}}};  // was never there
  ASSERT_TRUE(fib_.apply(back).empty());
  EXPECT_EQ(fib_.size(), 4u);
  EXPECT_EQ(at("10.1.33.0"), 2);
  EXPECT_EQ(at("10.1.33.254"), 5);
}

TEST_F(Fib4BatchTest, RefusesNextHopsThatCanNotBe) {
  const std::vector<Change4> changes = {{prefix("10.0.0.0/8"), NextHopId{2}},
                                        {prefix("10.0.0.0/24"), NextHopId{32768}},
                                        {prefix("11.0.0.0/8"), NextHopId{65535}}};
  EXPECT_EQ(fib_.apply(changes), (std::vector<uint32_t>{1, 2}));
  EXPECT_EQ(fib_.size(), 1u);
  EXPECT_EQ(at("10.0.0.1"), 2);
}

// More hosts than there is room for, in one batch with short routes: which are in is exact, what
// was there before stays right, and after a removal the refused ones fit.
TEST_F(Fib4BatchTest, FullInTheMiddle) {
  Fib4 fib(graveyard_, size_t{1} << 18);
  const auto host = [](uint32_t i) { return Prefix4(Ip4Addr(0x0a000000u + i * 4099), 32); };
  const auto hop = [](uint32_t i) { return NextHopId{static_cast<uint16_t>(1 + i % 1000)}; };
  const size_t empty = fib.bytes();
  std::vector<Change4> first, second, last;
  for (uint32_t i = 0; i < 1000; ++i) first.push_back({host(i), hop(i)});
  ASSERT_TRUE(fib.apply(first).empty());
  second.push_back({prefix("10.0.0.0/7"), NextHopId{2000}});
  for (uint32_t i = 1000; i < 8000; ++i) second.push_back({host(i), hop(i)});
  const std::vector<uint32_t> refused = fib.apply(second);
  ASSERT_FALSE(refused.empty());
  ASSERT_LT(refused.size(), second.size() - 1);
  EXPECT_EQ(fib.size(), first.size() + second.size() - refused.size());
  const bool wide = !std::ranges::binary_search(refused, 0u);
  for (uint32_t i = 0; i < 1000; ++i) ASSERT_EQ(fib.lookup(host(i).addr()), hop(i)) << i;
  for (uint32_t i = 1; i < second.size(); ++i) {
    const bool out = std::ranges::binary_search(refused, i);
    const NextHopId otherwise = wide ? NextHopId{2000} : NextHopId{0};
    ASSERT_EQ(fib.lookup(second[i].prefix.addr()), out ? otherwise : second[i].next_hop) << i;
  }
  // No room even for a batch that shrinks the table, at first; then everything goes, and every
  // byte comes back.
  for (const auto& list : {first, second})
    for (Change4 one : list) last.push_back({one.prefix, NextHopId{}});
  for (int round = 0; round < 8 && fib.size() != 0; ++round) {
    static_cast<void>(fib.apply(last));
    tidy();
  }
  EXPECT_EQ(fib.size(), 0u);
  EXPECT_EQ(fib.bytes(), empty);
  ASSERT_TRUE(fib.apply(first).empty());
  EXPECT_EQ(fib.lookup(host(7).addr()), hop(7));
}

// Several builders take more memory than they use, and give all of it back.
TEST_F(Fib4BatchTest, GivesBackWhatSeveralTook) {
  test::ThreadCrew crew(2);
  const size_t empty = fib_.bytes();
  Random random(5);
  for (int round = 0; round < 3; ++round) {
    std::vector<Change4> changes{{prefix("32.0.0.0/3"), NextHopId{7}}};
    for (int i = 0; i < 20'000; ++i)
      changes.push_back({Prefix4(Ip4Addr(static_cast<uint32_t>(0x20000000 + random.below(1 << 29))),
                                 20 + static_cast<unsigned>(random.below(13))),
                         NextHopId{static_cast<uint16_t>(1 + random.below(99))}});
    ASSERT_TRUE(fib_.apply(changes, &crew).empty());
    EXPECT_GT(fib_.bytes(), empty);
    for (Change4& one : changes) one.next_hop = NextHopId{};
    ASSERT_TRUE(fib_.apply(changes, &crew).empty());
    tidy();
    EXPECT_EQ(fib_.size(), 0u);
    EXPECT_EQ(fib_.bytes(), empty);
  }
  EXPECT_EQ(crew.runs(), 6u);
}

}  // namespace
}  // namespace spanway::table
