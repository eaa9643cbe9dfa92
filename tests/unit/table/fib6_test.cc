// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/fib6.h"

#include <gtest/gtest.h>

#include <vector>

#include "dataplane/base/random.h"
#include "tests/unit/table/oracle.h"

namespace spanway::table {
namespace {

class Fib6Test : public testing::Test {
 protected:
  static Prefix6 prefix(const char* text) { return Prefix::parse(text)->v6(); }
  uint16_t at(const char* text) const { return fib_.lookup(*Ip6Addr::parse(text)).value; }
  void tidy() {
    graveyard_.seal();
    graveyard_.reclaim();
  }

  seam::Qsbr qsbr_{1};
  seam::Graveyard graveyard_{qsbr_};
  Fib6 fib_{graveyard_};
};

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

TEST_F(Fib6Test, SaysWhatItCanNot) {
  EXPECT_EQ(fib_.remove(prefix("2001:db8::/32")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(fib_.insert(prefix("2001:db8::/32"), NextHopId{0}).error().code, ErrorCode::kInvalid);
}

// A random address that shares a long head with others, so that routes overlap often.
Ip6Addr crowded_address(Random& random) {
  uint64_t high = 0x20010db8'00000000, low = 0;
  const uint64_t bits = random();
  switch (random.below(8)) {
    case 0:
      high = (bits & 0x1f) << 48 ^ bits >> 20;
      break;
    case 1:
      high ^= (bits & 7) << 16 | (bits & 3) << 40;
      break;
    case 2:
      high ^= (bits & 0x3f) << 10;
      break;
    case 3:
      low = bits & 0x1ff;
      break;
    case 4:
      low = (bits & 0xff) << 40 | (bits >> 60);
      break;
    case 5:
      high ^= (bits & 3) << 32 | (bits & 12) << 43;
      break;
    case 6:
      high ^= (bits & 0xff) << 16;
      break;
    default:
      low = bits;
  }
  return Ip6Addr::from_halves(high, low);
}

unsigned crowded_length(Random& random) {
  static constexpr unsigned kCommon[] = {16, 20, 27, 28, 32, 33, 40, 48, 49, 56, 64, 112, 120, 128};
  return static_cast<unsigned>(random.below(2) == 0 ? random.below(129)
                                                    : kCommon[random.below(std::size(kCommon))]);
}

TEST_F(Fib6Test, AgreesWithOracleOverRandomEdits) {
  Random random(20260102);
  test::Oracle6 oracle;
  std::vector<Ip6Addr> addresses(64);
  std::vector<NextHopId> answers(64);
  for (int step = 0; step < 20'000; ++step) {
    const Prefix6 target(crowded_address(random), crowded_length(random));
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
    for (Ip6Addr& address : addresses) address = crowded_address(random);
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
