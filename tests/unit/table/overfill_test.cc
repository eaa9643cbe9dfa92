// SPDX-License-Identifier: BSD-3-Clause
// A table that is full refuses the new, keeps the old right, and takes more after deletes. And it
// gives back every byte.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "dataplane/base/random.h"
#include "dataplane/table/fib4.h"
#include "dataplane/table/fib6.h"
#include "tests/unit/table/oracle.h"

namespace spanway::table {
namespace {

Prefix4 host4(uint32_t i) { return Prefix4(Ip4Addr(0x0a000000u + i * 4099), 32); }
Prefix6 host6(uint32_t i) {
  return Prefix6(Ip6Addr::from_halves(0x20010db8'00000000 + (uint64_t{i} * 77 << 8), i), 128);
}
NextHopId hop(uint32_t i) { return NextHopId{static_cast<uint16_t>(1 + i % 1000)}; }

template <class Fib, class Make>
void overfill(size_t pool_bytes, Make prefix_of) {
  seam::Qsbr qsbr(1);
  seam::Graveyard graveyard(qsbr);
  Fib fib(graveyard, pool_bytes);
  const auto tidy = [&graveyard] {
    graveyard.seal();
    graveyard.reclaim();
  };
  const auto all_right = [&](uint32_t first, uint32_t end) {
    for (uint32_t i = first; i < end; ++i)
      ASSERT_EQ(fib.lookup(prefix_of(i).addr()), hop(i)) << "route " << i;
  };
  uint32_t count = 0;
  Status done;
  while ((done = fib.insert(prefix_of(count), hop(count)))) {
    ++count;
    tidy();
    ASSERT_LT(count, 1'000'000u);
  }
  EXPECT_EQ(done.error().code, ErrorCode::kFull);
  EXPECT_NE(done.error().message.find(prefix_of(count).to_string()), std::string::npos);
  EXPECT_GT(count, 100u);
  // A tenth more: each refused, none of the old harmed.
  size_t refused = 0;
  for (uint32_t i = count; i < count + count / 10; ++i)
    if (!fib.insert(prefix_of(i), hop(i))) ++refused;
  EXPECT_GT(refused, 0u);
  const size_t size = fib.size();
  EXPECT_EQ(size, count + count / 10 - refused);
  all_right(0, count);
  for (uint32_t i = 0; i < count / 4; ++i) {
    ASSERT_TRUE(fib.remove(prefix_of(i))) << i;
    tidy();
  }
  ASSERT_TRUE(fib.insert(prefix_of(count), hop(count)));
  EXPECT_EQ(fib.lookup(prefix_of(count).addr()), hop(count));
  ASSERT_TRUE(fib.insert(prefix_of(2'000'000), hop(7)));
  EXPECT_EQ(fib.lookup(prefix_of(2'000'000).addr()), hop(7));
  all_right(count / 4, count);
}

// Routes of all lengths, a tenth more than there is room for, and an oracle for who is right. What
// was refused comes in once others have gone.
template <class Fib, class Oracle, class Prefix>
void overfill_mixed(size_t pool_bytes, const std::vector<Prefix>& routes) {
  seam::Qsbr qsbr(1);
  seam::Graveyard graveyard(qsbr);
  Fib fib(graveyard, pool_bytes);
  Oracle oracle;
  const auto tidy = [&graveyard] {
    graveyard.seal();
    graveyard.reclaim();
  };
  const auto all_right = [&](size_t end) {
    for (size_t i = 0; i < end; ++i)
      ASSERT_EQ(fib.lookup(routes[i].addr()).value, oracle.lookup(routes[i].addr()))
          << routes[i].to_string();
  };
  const auto try_insert = [&](size_t i) {
    const NextHopId next_hop = hop(static_cast<uint32_t>(i));
    const Status done = fib.insert(routes[i], next_hop);
    tidy();
    if (done) {
      oracle.set(routes[i], next_hop.value);
      return true;
    }
    EXPECT_EQ(done.error().code, ErrorCode::kFull);
    EXPECT_NE(done.error().message.find("table full at " + routes[i].to_string()),
              std::string::npos);
    EXPECT_NE(done.error().fix.find("remove routes"), std::string::npos);
    return false;
  };
  size_t fit = 0;
  while (try_insert(fit)) ASSERT_LT(++fit, routes.size() * 9 / 10);
  ASSERT_GT(fit, 1000u);
  std::vector<size_t> refused{fit};
  const size_t end = fit + fit / 10;
  for (size_t i = fit + 1; i < end; ++i)
    if (!try_insert(i)) refused.push_back(i);
  EXPECT_EQ(fib.size(), oracle.size());
  all_right(end);
  // One after another goes until the refused are in. What lay under a short one is built anew when
  // it goes: where that has no room, it stays and the next one goes.
  size_t gone = 0, stayed = 0;
  for (const size_t i : refused)
    while (!fib.insert(routes[i], hop(static_cast<uint32_t>(i)))) {
      ASSERT_LT(gone, fit / 2) << refused.size() << " were refused";
      const Status left = fib.remove(routes[gone]);
      if (left) {
        oracle.set(routes[gone], 0);
      } else {
        EXPECT_EQ(left.error().code, ErrorCode::kFull);
        ++stayed;
      }
      ++gone;
      tidy();
    }
  for (const size_t i : refused) oracle.set(routes[i], hop(static_cast<uint32_t>(i)).value);
  EXPECT_EQ(fib.size(), oracle.size());
  all_right(end);
  EXPECT_LT(stayed, gone / 10);
}

TEST(Overfill, Ip4OfAllLengthsComesInAfterDeletes) {
  Random random(31);
  std::set<Prefix4> seen;
  std::vector<Prefix4> routes;
  while (routes.size() < 60'000) {
    const auto bits = static_cast<uint32_t>(random());
    const Prefix4 route(Ip4Addr(0x0a000000u | (bits & 0x00ffffffu)),
                        static_cast<unsigned>(16 + random.below(17)));
    if (seen.insert(route).second) routes.push_back(route);
  }
  overfill_mixed<Fib4, test::Oracle4>(size_t{1} << 19, routes);
}

TEST(Overfill, Ip6OfAllLengthsComesInAfterDeletes) {
  Random random(31);
  std::set<Prefix6> seen;
  std::vector<Prefix6> routes;
  while (routes.size() < 60'000) {
    const uint64_t high = 0x20010d00'00000000 | random() >> 24, low = random();
    const auto length = static_cast<unsigned>(28 + random.below(40));
    const Prefix6 route(Ip6Addr::from_halves(high, low), length);
    if (seen.insert(route).second) routes.push_back(route);
  }
  overfill_mixed<Fib6, test::Oracle6>(size_t{1} << 21, routes);
}

TEST(Overfill, Ip4) { overfill<Fib4>(size_t{1} << 18, host4); }
TEST(Overfill, Ip6) { overfill<Fib6>(size_t{1} << 20, host6); }

// Removing a route can need memory in thousands of places: all of it, or nothing happens.
TEST(Overfill, WideRemovalIsRefusedWhole) {
  seam::Qsbr qsbr(1);
  seam::Graveyard graveyard(qsbr);
  Fib4 fib(graveyard, size_t{1} << 15);
  const Prefix4 wide(Ip4Addr(20, 0, 0, 0), 8);
  ASSERT_TRUE(fib.insert(wide, NextHopId{9}));
  // Under the wide route these show nothing of their own, and cost nothing.
  const auto hidden = [](uint32_t i) { return Prefix4(Ip4Addr(0x14000500u + (i << 13)), 24); };
  for (uint32_t i = 0; i < 2048; ++i) ASSERT_TRUE(fib.insert(hidden(i), NextHopId{9}));
  uint32_t count = 0;
  while (fib.insert(host4(count), hop(count))) {
    ++count;
    graveyard.seal();
    graveyard.reclaim();
  }
  const size_t size = fib.size(), bytes = fib.bytes();
  const Status done = fib.remove(wide);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kFull);
  EXPECT_EQ(fib.size(), size);
  EXPECT_EQ(fib.bytes(), bytes);
  for (uint32_t i = 0; i < 2048; ++i)
    ASSERT_EQ(fib.lookup(Ip4Addr(0x14000000u + (i << 13))), NextHopId{9});
  for (uint32_t i = 0; i < count; ++i) {
    graveyard.seal();
    graveyard.reclaim();
    ASSERT_TRUE(fib.remove(host4(i)));
  }
  graveyard.seal();
  graveyard.reclaim();
  ASSERT_TRUE(fib.remove(wide));
  EXPECT_EQ(fib.lookup(Ip4Addr(20, 0, 0, 0)), NextHopId{0});
  EXPECT_EQ(fib.lookup(hidden(7).addr()), NextHopId{9});
}

template <class Fib, class Make>
void gives_back(Make prefix_of) {
  seam::Qsbr qsbr(1);
  seam::Graveyard graveyard(qsbr);
  Fib fib(graveyard);
  const size_t empty = fib.bytes();
  for (int round = 0; round < 3; ++round) {
    for (uint32_t i = 0; i < 3000; ++i) ASSERT_TRUE(fib.insert(prefix_of(i), hop(i)));
    for (uint32_t i = 0; i < 3000; ++i) ASSERT_TRUE(fib.insert(prefix_of(i), hop(i + 1)));
    // Some prefixes are the same one.
    for (uint32_t i = 0; i < 3000; ++i) static_cast<void>(fib.remove(prefix_of(i)));
    EXPECT_GT(graveyard.waiting(), 0u);
    graveyard.seal();
    graveyard.reclaim();
    EXPECT_EQ(graveyard.waiting(), 0u);
    EXPECT_EQ(fib.size(), 0u);
    EXPECT_EQ(fib.bytes(), empty) << "round " << round;
  }
}

TEST(GivesBack, Ip4) {
  gives_back<Fib4>(host4);
  gives_back<Fib4>(
      [](uint32_t i) { return Prefix4(Ip4Addr(0x0a000000u + (i << 8)), 20 + i % 13); });
}
TEST(GivesBack, Ip6) {
  gives_back<Fib6>(host6);
  gives_back<Fib6>([](uint32_t i) {
    return Prefix6(Ip6Addr::from_halves(0x20010db8'00000000 + (uint64_t{i} << 16), 0), 17 + i % 60);
  });
}

}  // namespace
}  // namespace spanway::table
