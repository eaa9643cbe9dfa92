// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/recent4.h"

#include <gtest/gtest.h>

#include <vector>

#include "dataplane/base/random.h"
#include "dataplane/table/cpu.h"
#include "dataplane/table/fib4.h"

namespace spanway::table {
namespace {

constexpr size_t kBurst = 64;

struct Burst {
  std::vector<uint32_t> addresses = std::vector<uint32_t>(kBurst);
  std::vector<NextHopId> hops = std::vector<NextHopId>(kBurst);
};

// What Fib4 does with it, told by hand: the table of one answer for each address.
class Recent4Test : public testing::Test {
 protected:
  // Whether the burst was answered from memory; rightly, then.
  bool look_up(Burst& burst, uint64_t version) {
    if (!recent_.ready(version)) return false;
    const bool all = recall4_scalar(recent_.slots(), burst.addresses.data(), burst.hops.data(),
                                    burst.addresses.size());
    if (all) {
      recent_.answered();
      for (size_t i = 0; i < burst.addresses.size() && !HasFailure(); ++i)
        EXPECT_EQ(burst.hops[i], hop_of(burst.addresses[i], version)) << burst.addresses[i];
      return true;
    }
    for (size_t i = 0; i < burst.addresses.size(); ++i)
      burst.hops[i] = hop_of(burst.addresses[i], version);
    recent_.learn(burst.addresses.data(), burst.hops.data(), burst.addresses.size());
    return false;
  }
  static NextHopId hop_of(uint32_t address, uint64_t version) {
    return NextHopId{static_cast<uint16_t>((address * 2654435761u >> 18) + version)};
  }
  Burst of_flows(const std::vector<uint32_t>& flows) {
    Burst burst;
    for (uint32_t& one : burst.addresses) one = flows[random_.below(flows.size())];
    return burst;
  }
  std::vector<uint32_t> some_flows(size_t count) {
    std::vector<uint32_t> flows(count);
    for (uint32_t& one : flows) one = static_cast<uint32_t>(random_());
    return flows;
  }

  Random random_{11};
  Recent4 recent_;
};

TEST_F(Recent4Test, KnowsNothingAtFirst) {
  Burst burst;  // address 0 sixty-four times
  ASSERT_TRUE(recent_.ready(0));
  EXPECT_FALSE(recall4_scalar(recent_.slots(), burst.addresses.data(), burst.hops.data(), kBurst));
}

TEST_F(Recent4Test, RemembersSixteenFlowsWhicheverTheyAre) {
  for (int set = 0; set < 100; ++set) {
    auto flows = some_flows(16);
    flows[0] = 0;
    flows[1] = 1;
    unsigned answered = 0;
    const uint64_t version = static_cast<uint64_t>(set) * 2;
    for (int i = 0; i < 40; ++i) {
      Burst burst = of_flows(flows);
      answered += look_up(burst, version) ? 1 : 0;
    }
    EXPECT_GE(answered, 20u) << "set " << set;  // eight pass by, a few teach
  }
}

TEST_F(Recent4Test, GivesNothingDuringAnEditAndForgetsAfterIt) {
  const auto flows = some_flows(8);
  Burst burst = of_flows(flows);
  while (!look_up(burst, 4)) burst = of_flows(flows);
  EXPECT_FALSE(recent_.ready(5));
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(look_up(burst, 5)) << i;
  for (int i = 0; i < 20; ++i) {
    burst = of_flows(flows);
    look_up(burst, 6);  // checks that no answer is one of version 4
  }
  EXPECT_TRUE(look_up(burst, 6));
}

TEST_F(Recent4Test, StandsAsideWhereNothingIsHot) {
  unsigned asked = 0;
  for (int i = 0; i < 10'000; ++i) {
    if (!recent_.ready(0)) continue;
    ++asked;
    Burst burst;
    for (uint32_t& one : burst.addresses) one = static_cast<uint32_t>(random_());
    for (NextHopId& one : burst.hops) one = NextHopId{1};
    recent_.learn(burst.addresses.data(), burst.hops.data(), kBurst);
  }
  EXPECT_LT(asked, 100u);
  // And still finds out when that changes.
  const auto flows = some_flows(16);
  unsigned answered = 0;
  for (int i = 0; i < 2'000; ++i) {
    Burst burst = of_flows(flows);
    answered += look_up(burst, 0) ? 1 : 0;
  }
  EXPECT_GT(answered, 900u);
}

TEST_F(Recent4Test, KernelsAgree) {
  if (!has_avx512()) GTEST_SKIP() << "this CPU has no AVX-512 with VPOPCNTDQ";
  const auto flows = some_flows(24);
  unsigned all = 0;
  for (int i = 0; i < 5'000; ++i) {
    Burst burst = of_flows(flows);
    look_up(burst, static_cast<uint64_t>(i / 500) * 2);
    const size_t count = random_.below(kBurst + 1);
    if (random_.below(4) == 0) burst.addresses[random_.below(kBurst)] ^= 1;
    std::vector<NextHopId> scalar(kBurst), fast(kBurst);
    const auto& slots = recent_.slots();
    const bool known = recall4_scalar(slots, burst.addresses.data(), scalar.data(), count);
    ASSERT_EQ(recall4_avx512(slots, burst.addresses.data(), fast.data(), count), known);
    if (!known) continue;
    ++all;
    for (size_t k = 0; k < count; ++k) ASSERT_EQ(fast[k], scalar[k]);
  }
  EXPECT_GT(all, 1'000u);
}

// The table itself, edited between bursts of a few flows: never an answer of before the edit.
TEST(Recent4Fib, AgreesWithTheTableOverEdits) {
  seam::Qsbr qsbr(1);
  seam::Graveyard graveyard(qsbr);
  Fib4 fib(graveyard);
  Recent4 recent;
  Random random(12);
  std::vector<uint32_t> flows(12);
  for (uint32_t& one : flows) one = static_cast<uint32_t>(random.below(1u << 12)) << 20;
  for (int step = 0; step < 20'000; ++step) {
    if (random.below(16) == 0) {
      const Ip4Addr edited{flows[random.below(flows.size())]};
      const Prefix4 prefix(edited, static_cast<unsigned>(random.below(33)));
      if (prefix.length() < 8 && prefix.length() > 0 && random.below(16) != 0) continue;
      if (random.below(3) == 0)
        static_cast<void>(fib.remove(prefix));
      else
        ASSERT_TRUE(fib.insert(prefix, NextHopId{static_cast<uint16_t>(1 + random.below(999))}));
      graveyard.seal();
      graveyard.reclaim();
    }
    Burst burst;
    for (uint32_t& one : burst.addresses) one = flows[random.below(flows.size())];
    fib.lookup(burst.addresses.data(), burst.hops.data(), kBurst, recent);
    for (size_t i = 0; i < kBurst; ++i)
      ASSERT_EQ(burst.hops[i], fib.lookup(Ip4Addr(burst.addresses[i]))) << "step " << step;
  }
}

}  // namespace
}  // namespace spanway::table
