// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/recent6.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <vector>

#include "dataplane/base/random.h"
#include "dataplane/table/cpu.h"
#include "dataplane/table/fib6.h"

namespace spanway::table {
namespace {

constexpr size_t kBurst = kRecall6;

struct Burst {
  std::vector<Ip6Addr> addresses = std::vector<Ip6Addr>(kBurst);
  std::vector<NextHopId> hops = std::vector<NextHopId>(kBurst);
};

// What Fib6 does with it, told by hand: the table of one answer for each address.
class Recent6Test : public testing::Test {
 protected:
  static constexpr unsigned kNotAsked = kBurst + 1;

  // How many of the burst were not remembered. The others have the right answer, then.
  unsigned look_up(Burst& burst, uint64_t version) {
    if (!recent_.ready(version)) return kNotAsked;
    const uint64_t missed =
        recall6_scalar(recent_.view(), burst.addresses.data(), burst.hops.data(), kBurst);
    for (size_t i = 0; i < kBurst; ++i) {
      const NextHopId right = hop_of(burst.addresses[i], version);
      if ((missed >> i & 1) != 0) burst.hops[i] = right;
      EXPECT_EQ(burst.hops[i], right) << burst.addresses[i].to_string();
    }
    recent_.note(missed, burst.addresses.data(), burst.hops.data(), kBurst);
    return static_cast<unsigned>(std::popcount(missed));
  }
  static NextHopId hop_of(const Ip6Addr& address, uint64_t version) {
    const uint64_t mixed = (address.high() * 31 + address.low()) * 0x9e3779b97f4a7c15u;
    return NextHopId{static_cast<uint16_t>((mixed >> 50) + version)};
  }
  Burst of_flows(const std::vector<Ip6Addr>& flows) {
    Burst burst;
    for (Ip6Addr& one : burst.addresses) one = flows[random_.below(flows.size())];
    return burst;
  }
  Ip6Addr any() { return Ip6Addr::from_halves(random_(), random_()); }
  std::vector<Ip6Addr> some_flows(size_t count) {
    std::vector<Ip6Addr> flows(count);
    for (Ip6Addr& one : flows) one = any();
    return flows;
  }
  // So many bursts of these flows.
  struct Seen {
    int asked = 0;  // bursts
    unsigned missed = 0;
  };
  Seen see(const std::vector<Ip6Addr>& flows, int bursts, uint64_t version) {
    Seen seen;
    for (int i = 0; i < bursts; ++i) {
      Burst burst = of_flows(flows);
      const unsigned missed = look_up(burst, version);
      if (missed == kNotAsked) continue;
      ++seen.asked;
      seen.missed += missed;
    }
    return seen;
  }

  Random random_{11};
  Recent6 recent_;
};

TEST_F(Recent6Test, KnowsNothingAtFirst) {
  Burst burst;  // address :: sixty-four times
  ASSERT_TRUE(recent_.ready(0));
  EXPECT_EQ(recall6_scalar(recent_.view(), burst.addresses.data(), burst.hops.data(), kBurst),
            ~uint64_t{0});
  EXPECT_EQ(recall6_scalar(recent_.view(), burst.addresses.data(), burst.hops.data(), 3), 0b111u);
}

TEST_F(Recent6Test, MissesEachOfFewFlowsOnce) {
  for (int set = 0; set < 50; ++set) {
    auto flows = some_flows(16);
    flows[0] = Ip6Addr();
    flows[1] = Ip6Addr::from_halves(0, 1);
    const uint64_t version = static_cast<uint64_t>(set) * 2;
    see(flows, 40, version);
    const Seen seen = see(flows, 40, version);
    EXPECT_EQ(seen.asked, 40) << "set " << set;
    EXPECT_EQ(seen.missed, 0u) << "set " << set;
  }
}

// Hosts of one subnet differ in few bits: these, too, must spread over the lines.
TEST_F(Recent6Test, HoldsThousandsOfFlows) {
  for (const bool one_subnet : {false, true}) {
    std::vector<Ip6Addr> flows = some_flows(3'000);
    if (one_subnet)
      for (size_t i = 0; i < flows.size(); ++i)
        flows[i] = Ip6Addr::from_halves(0x20010db800010002, i + 1);
    const uint64_t version = one_subnet ? 2 : 0;
    see(flows, 20'000, version);
    const Seen seen = see(flows, 100, version);
    EXPECT_EQ(seen.asked, 100);
    EXPECT_LT(seen.missed, 100 * kBurst / 10);
  }
}

TEST_F(Recent6Test, GivesNothingDuringAnEditAndForgetsAfterIt) {
  const auto flows = some_flows(8);
  see(flows, 40, 4);
  Burst burst = of_flows(flows);
  ASSERT_EQ(look_up(burst, 4), 0u);
  EXPECT_FALSE(recent_.ready(5));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(look_up(burst, 5), kNotAsked) << i;
  see(flows, 40, 6);  // checks that no answer is one of version 4
  EXPECT_EQ(look_up(burst, 6), 0u);
}

TEST_F(Recent6Test, StandsAsideWhereNothingIsHot) {
  unsigned asked = 0;
  for (int i = 0; i < 20'000; ++i) {
    Burst burst;
    for (Ip6Addr& one : burst.addresses) one = any();
    asked += look_up(burst, 0) != kNotAsked ? 1 : 0;
  }
  EXPECT_LT(asked, 200u);
  // And still finds out when that changes.
  const auto flows = some_flows(16);
  see(flows, 9'000, 0);
  const Seen seen = see(flows, 100, 0);
  EXPECT_EQ(seen.asked, 100);
  EXPECT_EQ(seen.missed, 0u);
}

TEST_F(Recent6Test, KernelsAgree) {
  if (!has_avx2()) GTEST_SKIP() << "this CPU has no AVX2";
  const auto flows = some_flows(9'000);  // more than some lines have room for
  std::set<unsigned> seen;
  for (int i = 0; i < 5'000; ++i) {
    Burst burst = of_flows(flows);
    look_up(burst, 0);
    for (int k = 0; k < 8; ++k)  // neighbours that differ in one byte
      burst.addresses[random_.below(kBurst)].bytes[random_.below(16)] ^= 1;
    const size_t count = random_.below(kBurst + 1);
    std::vector<NextHopId> scalar(kBurst), fast(kBurst);
    const Recent6View view = recent_.view();
    const uint64_t missed = recall6_scalar(view, burst.addresses.data(), scalar.data(), count);
    ASSERT_EQ(recall6_avx2(view, burst.addresses.data(), fast.data(), count), missed);
    for (size_t k = 0; k < count; ++k)
      if ((missed >> k & 1) == 0) {
        ASSERT_EQ(fast[k], scalar[k]);
      }
    seen.insert(static_cast<unsigned>(std::popcount(missed)));
  }
  EXPECT_GT(seen.size(), 20u);  // bursts known in part, in many ways
}

// The table itself, edited between bursts of a few flows: never an answer of before the edit.
TEST(Recent6Fib, AgreesWithTheTableOverEdits) {
  seam::Qsbr qsbr(1);
  seam::Graveyard graveyard(qsbr);
  Fib6 fib(graveyard);
  Recent6 recent;
  Random random(12);
  const auto any_hop = [&] { return NextHopId{static_cast<uint16_t>(1 + random.below(999))}; };
  std::vector<Ip6Addr> flows(40);
  for (Ip6Addr& one : flows)
    one = Ip6Addr::from_halves(0x2001'0db8'0000'0000u + (random.below(16) << 28), random.below(64));
  for (int step = 0; step < 20'000; ++step) {
    if (random.below(16) == 0) {
      std::vector<Change6> changes(1 + random.below(3));
      for (Change6& one : changes) {
        const auto length = static_cast<unsigned>(random.below(4) == 0 ? 0 : random.below(129));
        one.prefix = Prefix6(flows[random.below(flows.size())], length);
        one.next_hop = random.below(3) == 0 ? NextHopId{} : any_hop();
      }
      if (changes.size() > 1) {
        ASSERT_TRUE(fib.apply(changes).empty());
      } else if (changes[0].next_hop.value != 0) {
        ASSERT_TRUE(fib.insert(changes[0].prefix, changes[0].next_hop));
      } else {
        static_cast<void>(fib.remove(changes[0].prefix));
      }
      graveyard.seal();
      graveyard.reclaim();
    }
    // More than one recall, and the last not a whole one.
    std::vector<Ip6Addr> addresses(random.below(3 * kBurst));
    std::vector<NextHopId> hops(addresses.size());
    for (Ip6Addr& one : addresses) {
      one = flows[random.below(flows.size())];
      if (random.below(40) == 0) one.bytes[7] = static_cast<uint8_t>(random());
    }
    fib.lookup(addresses.data(), hops.data(), addresses.size(), recent);
    for (size_t i = 0; i < addresses.size(); ++i)
      ASSERT_EQ(hops[i], fib.lookup(addresses[i])) << "step " << step;
  }
}

}  // namespace
}  // namespace spanway::table
