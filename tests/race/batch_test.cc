// SPDX-License-Identifier: BSD-3-Clause
// Lookups while a batch is painted, by several threads where it is large: an answer is always an
// old one or a new one. A route's next hop is its length and one, so an answer tells its route.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <vector>

#include "dataplane/base/random.h"
#include "dataplane/seam/qsbr.h"
#include "dataplane/table/fib4.h"
#include "dataplane/table/fib6.h"
#include "dataplane/table/recent4.h"
#include "tests/race/never_behind.h"
#include "tests/race/readers.h"
#include "tests/support/thread_crew.h"

namespace spanway::table {
namespace {

constexpr uint16_t kReaders = 2;
constexpr unsigned kAlways = 8;  // the length of a route that is never taken out

constexpr NextHopId hop_of(unsigned length) { return NextHopId{static_cast<uint16_t>(length + 1)}; }

// Routes come and go in batches, made by apply(chosen, there). An answer is right when it is the
// length of a route that has the address. look(addresses, out, count) asks, draw(random) makes an
// address.
template <class Prefix, class Address, class Look, class Apply, class Draw>
void toggle(const Look& look, seam::Qsbr& qsbr, seam::Graveyard& graveyard,
            const std::vector<Prefix>& routes, unsigned batches, Apply apply, Draw draw) {
  std::atomic<uint64_t> broken{0};
  test::Readers readers(qsbr, kReaders, [&] {
    static thread_local Random dice(7);
    std::array<Address, 16> addresses;
    std::array<NextHopId, 16> hops;
    for (Address& one : addresses) one = draw(dice);
    look(addresses.data(), hops.data(), addresses.size());
    for (size_t i = 0; i < addresses.size(); ++i) {
      const unsigned length = hops[i].value - 1u;
      bool good = length == kAlways;
      for (size_t r = 0; r < routes.size() && !good; ++r)
        good = routes[r].length() == length && routes[r].contains(addresses[i]);
      if (!good) broken.fetch_add(1);
    }
  });
  Random random(3);
  std::vector<bool> there(routes.size());
  for (unsigned batch = 0; batch < batches; ++batch) {
    std::vector<size_t> chosen;
    for (size_t i = 0; i < routes.size(); ++i)
      if (random.below(3) == 0) chosen.push_back(i);
    ASSERT_TRUE(apply(chosen, there));
    for (const size_t i : chosen) there[i] = !there[i];
    graveyard.seal();
    if (batch % 4 == 0) graveyard.reclaim();
    if (batch % 8 == 0) readers.meet();
  }
  readers.stop();
  EXPECT_EQ(broken.load(), 0u);
}

TEST(BatchRace, Ip4AnswersAreOldOrNew) {
  seam::Qsbr qsbr(kReaders);
  seam::Graveyard graveyard(qsbr);
  Fib4 fib(graveyard);
  test::ThreadCrew crew(2);
  ASSERT_TRUE(fib.insert(Prefix4(Ip4Addr(10, 0, 0, 0), kAlways), hop_of(kAlways)));
  Random random(1);
  // One so wide that its batches are painted by both.
  std::vector<Prefix4> routes = {Prefix4(Ip4Addr(8, 0, 0, 0), 5)};
  for (unsigned length = 9; length <= 32; ++length)
    for (int i = 0; i < 8; ++i)
      routes.emplace_back(Ip4Addr(static_cast<uint32_t>((10u << 24) + random.below(1u << 18))),
                          length);
  const auto look = [&](const Ip4Addr* addresses, NextHopId* out, size_t count) {
    std::array<uint32_t, 16> raw;
    for (size_t i = 0; i < count; ++i) raw[i] = addresses[i].value();
    fib.lookup(raw.data(), out, count);
  };
  toggle<Prefix4, Ip4Addr>(
      look, qsbr, graveyard, routes, 60,
      [&](const std::vector<size_t>& chosen, const std::vector<bool>& there) {
        std::vector<Change4> changes;
        for (const size_t i : chosen)
          changes.push_back({routes[i], there[i] ? NextHopId{} : hop_of(routes[i].length())});
        return fib.apply(changes, &crew).empty();
      },
      [](Random& dice) {
        return Ip4Addr(static_cast<uint32_t>((10u << 24) + dice.below(1u << 18)));
      });
  EXPECT_GT(crew.runs(), 5u);
}

TEST(BatchRace, Ip6AnswersAreOldOrNew) {
  seam::Qsbr qsbr(kReaders);
  seam::Graveyard graveyard(qsbr);
  Fib6 fib(graveyard);
  ASSERT_TRUE(fib.insert(Prefix6(*Ip6Addr::parse("2000::"), kAlways), hop_of(kAlways)));
  const auto draw = [](Random& dice) {
    return Ip6Addr::from_halves(0x20010db8'00000000 + (dice.below(4) << 32) + dice.below(64),
                                dice.below(64) << 58 | dice.below(16));
  };
  Random random(1);
  std::vector<Prefix6> routes;
  for (int i = 0; i < 150; ++i)
    routes.emplace_back(draw(random), 14 + static_cast<unsigned>(random.below(115)));
  const auto look = [&](const Ip6Addr* addresses, NextHopId* out, size_t count) {
    fib.lookup(addresses, out, count);
  };
  toggle<Prefix6, Ip6Addr>(
      look, qsbr, graveyard, routes, 150,
      [&](const std::vector<size_t>& chosen, const std::vector<bool>& there) {
        std::vector<Change6> changes;
        for (const size_t i : chosen)
          changes.push_back({routes[i], there[i] ? NextHopId{} : hop_of(routes[i].length())});
        return fib.apply(changes).empty();
      },
      draw);
}

// As its namesake of single changes (fib_test.cc), while both of a crew paint.
TEST(BatchRace, Ip4RemembersNothingThatIsOver) {
  constexpr uint16_t kEnd = 24;
  seam::Qsbr qsbr(kReaders);
  seam::Graveyard graveyard(qsbr);
  Fib4 fib(graveyard);
  test::ThreadCrew crew(2);
  const Prefix4 route(Ip4Addr(8, 0, 0, 0), 5);
  ASSERT_TRUE(fib.insert(route, NextHopId{1}));
  test::never_behind<Recent4>(fib, qsbr, kReaders, test::first_of(route.addr()), kEnd,
                              [&](uint16_t step) {
                                const Change4 change{route, NextHopId{step}};
                                const bool done = fib.apply({&change, 1}, &crew).empty();
                                graveyard.seal();
                                graveyard.reclaim();
                                return done;
                              });
  EXPECT_EQ(crew.runs(), kEnd - 2u);
}

}  // namespace
}  // namespace spanway::table
