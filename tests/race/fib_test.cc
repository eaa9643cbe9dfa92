// SPDX-License-Identifier: BSD-3-Clause
// Lookups while control edits: an answer is always the old one or the new one, never one between.
// A route's next hop is its length and one, so an answer tells which route gave it.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "dataplane/base/random.h"
#include "dataplane/seam/qsbr.h"
#include "dataplane/table/fib4.h"
#include "dataplane/table/fib6.h"
#include "dataplane/table/next_hop.h"
#include "dataplane/table/recent4.h"
#include "dataplane/table/recent6.h"
#include "tests/race/never_behind.h"
#include "tests/race/readers.h"

namespace spanway::table {
namespace {

constexpr uint16_t kReaders = 2;
constexpr uint16_t kStable = 9;  // next hop of the /8 that is always there

NextHopId hop_of_length(unsigned length) { return NextHopId{static_cast<uint16_t>(length + 1)}; }

std::unique_ptr<const NextHop> next_hop(uint16_t mtu) {
  auto hop = std::make_unique<NextHop>();
  hop->kind = NextHopKind::kForward;
  hop->mtu = mtu;
  hop->gateway = Ip4Addr(mtu);
  return hop;
}

class Router {
 public:
  explicit Router(unsigned max_length) {
    for (unsigned length = 8; length <= max_length; ++length)
      next_hops.set(hop_of_length(length), next_hop(static_cast<uint16_t>(length)), graveyard);
  }
  void tidy(unsigned round) {
    if (round % 8 == 0) graveyard.seal();
    if (round % 32 == 0) graveyard.reclaim();
  }

  seam::Qsbr qsbr{kReaders};
  seam::Graveyard graveyard{qsbr};
  NextHopTable next_hops;
};

// Adds what the first loop removes, so that every route comes and goes a few times.
template <class Fib, class Prefix>
void edit(Router& router, Fib& fib, const std::vector<Prefix>& routes, test::Readers& readers) {
  for (unsigned round = 0; round < 6000; ++round) {
    const Prefix& route = routes[(round * 7919) % routes.size()];
    const NextHopId hop = hop_of_length(route.length());
    if (!fib.remove(route)) {
      ASSERT_TRUE(fib.insert(route, hop));
      router.next_hops.set(hop, next_hop(static_cast<uint16_t>(route.length())), router.graveyard);
    }
    router.tidy(round);
    if (round % 512 == 0) readers.meet();
  }
}

TEST(FibRace, Ip4AnswersAreOldOrNew) {
  Router router(32);
  Fib4 fib(router.graveyard);
  ASSERT_TRUE(fib.insert(Prefix4(Ip4Addr(10, 0, 0, 0), 8), NextHopId{kStable}));
  Random random(1);
  std::vector<Prefix4> routes;
  for (unsigned length = 9; length <= 32; ++length)
    for (int i = 0; i < 12; ++i)
      routes.emplace_back(Ip4Addr(static_cast<uint32_t>((10U << 24) + random.below(1U << 18))),
                          length);
  std::atomic<uint64_t> broken{0};
  test::Readers readers(router.qsbr, kReaders, [&] {
    static thread_local Random dice(7);
    std::array<uint32_t, 32> addresses;
    std::array<NextHopId, 32> hops;
    for (uint32_t& a : addresses) a = static_cast<uint32_t>((10U << 24) + dice.below(1U << 18));
    addresses[0] = (10U << 24) + (200U << 16);  // covered by nothing but the /8
    fib.lookup(addresses.data(), hops.data(), addresses.size());
    bool good = hops[0] == NextHopId{kStable};
    for (const NextHopId hop : hops) {
      const NextHop* entry = router.next_hops.get(hop);
      good = good && hop.value >= kStable && entry->mtu + 1 == hop.value &&
             entry->gateway == IpAddr(Ip4Addr(entry->mtu));
    }
    if (!good) broken.fetch_add(1);
  });
  edit(router, fib, routes, readers);
  readers.stop();
  EXPECT_EQ(broken.load(), 0U);
}

TEST(FibRace, Ip4RemembersNothingThatIsOver) {
  Router router(8);
  Fib4 fib(router.graveyard);
  const Prefix4 route(Ip4Addr(10, 0, 0, 0), 8);
  ASSERT_TRUE(fib.insert(route, NextHopId{1}));
  test::never_behind<Recent4>(fib, router.qsbr, kReaders, test::first_of(route.addr()), 200,
                              [&](uint16_t step) {
                                const bool done = fib.insert(route, NextHopId{step}).has_value();
                                router.tidy(step);
                                return done;
                              });
}

TEST(FibRace, Ip6RemembersNothingThatIsOver) {
  Router router(8);
  Fib6 fib(router.graveyard);
  const Prefix6 route(*Ip6Addr::parse("2000::"), 4);  // thousands of entries of the first level
  ASSERT_TRUE(fib.insert(route, NextHopId{1}));
  test::never_behind<Recent6>(fib, router.qsbr, kReaders, test::first_of(route.addr()), 200,
                              [&](uint16_t step) {
                                const bool done = fib.insert(route, NextHopId{step}).has_value();
                                router.tidy(step);
                                return done;
                              });
}

TEST(FibRace, Ip6AnswersAreOldOrNew) {
  Router router(128);
  Fib6 fib(router.graveyard);
  const Ip6Addr base = *Ip6Addr::parse("2001:db8::");
  ASSERT_TRUE(fib.insert(Prefix6(*Ip6Addr::parse("2000::"), 8), NextHopId{kStable}));
  Random random(1);
  std::vector<Prefix6> routes;
  const auto target = [&base](Random& dice) {
    return Ip6Addr::from_halves(base.high() + dice.below(64),
                                dice.below(64) << 58 | dice.below(16));
  };
  for (int i = 0; i < 300; ++i) {
    const unsigned length = 20 + static_cast<unsigned>(random.below(109));
    routes.emplace_back(target(random), length);
  }
  std::atomic<uint64_t> broken{0};
  test::Readers readers(router.qsbr, kReaders, [&] {
    static thread_local Random dice(7);
    std::array<Ip6Addr, 32> addresses;
    std::array<NextHopId, 32> hops;
    for (Ip6Addr& a : addresses) a = target(dice);
    addresses[0] = *Ip6Addr::parse("2002::1");
    fib.lookup(addresses.data(), hops.data(), addresses.size());
    bool good = hops[0] == NextHopId{kStable};
    for (const NextHopId hop : hops)
      good = good && hop.value >= kStable && router.next_hops.get(hop)->mtu + 1 == hop.value;
    if (!good) broken.fetch_add(1);
  });
  edit(router, fib, routes, readers);
  readers.stop();
  EXPECT_EQ(broken.load(), 0U);
}

}  // namespace
}  // namespace spanway::table
