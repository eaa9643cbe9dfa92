// SPDX-License-Identifier: BSD-3-Clause
// Our tables against DPDK's rte_fib and rte_fib6, over random edits.
#include <gtest/gtest.h>
#include <rte_fib.h>
#include <rte_fib6.h>

#include <memory>
#include <set>
#include <vector>

#include "dataplane/base/random.h"
#include "dataplane/table/fib4.h"
#include "dataplane/table/fib6.h"
#include "tests/support/eal.h"

namespace spanway::table {
namespace {

constexpr size_t kProbes = 64;

class AgainstRteFib : public testing::Test {
 protected:
  void SetUp() override { test::buffers(); }  // starts EAL
  seam::Qsbr qsbr_{1};
  seam::Graveyard graveyard_{qsbr_};
};

TEST_F(AgainstRteFib, Ip4) {
  rte_fib_conf conf{};
  conf.type = RTE_FIB_DIR24_8;
  conf.max_routes = 1 << 15;
  conf.dir24_8.nh_sz = RTE_FIB_DIR24_8_4B;
  conf.dir24_8.num_tbl8 = 1 << 12;
  const std::unique_ptr<rte_fib, decltype(&rte_fib_free)> rival(
      rte_fib_create("oracle4", SOCKET_ID_ANY, &conf), rte_fib_free);
  ASSERT_NE(rival, nullptr);
  Fib4 fib(graveyard_);
  Random random(42);
  const auto address = [&random] {
    return 0x0a000000u | static_cast<uint32_t>(random.below(1u << 20));
  };
  std::set<Prefix4> there;
  for (int step = 0; step < 100'000; ++step) {
    const Prefix4 prefix(Ip4Addr(address()), static_cast<unsigned>(12 + random.below(21)));
    const bool remove = there.size() > 12'000 || random.below(5) < 2;
    if (remove) {
      ASSERT_EQ(fib.remove(prefix).has_value(), there.erase(prefix) == 1);
      rte_fib_delete(rival.get(), prefix.addr().value(), static_cast<uint8_t>(prefix.length()));
    } else {
      const NextHopId hop{static_cast<uint16_t>(1 + random.below(32767))};
      there.insert(prefix);
      ASSERT_TRUE(fib.insert(prefix, hop));
      ASSERT_EQ(rte_fib_add(rival.get(), prefix.addr().value(),
                            static_cast<uint8_t>(prefix.length()), hop.value),
                0);
    }
    if (step % 16 != 0) continue;
    graveyard_.seal();
    graveyard_.reclaim();
    uint32_t probes[kProbes];
    for (uint32_t& probe : probes) probe = address();
    probes[0] = prefix.addr().value();
    NextHopId ours[kProbes];
    uint64_t theirs[kProbes];
    fib.lookup(probes, ours, kProbes);
    rte_fib_lookup_bulk(rival.get(), probes, theirs, kProbes);
    for (size_t i = 0; i < kProbes; ++i)
      ASSERT_EQ(ours[i].value, theirs[i]) << step << " " << Ip4Addr(probes[i]).to_string();
  }
  EXPECT_EQ(fib.size(), there.size());
}

TEST_F(AgainstRteFib, Ip6) {
  rte_fib6_conf conf{};
  conf.type = RTE_FIB6_TRIE;
  conf.max_routes = 1 << 13;
  conf.trie.nh_sz = RTE_FIB6_TRIE_4B;
  conf.trie.num_tbl8 = 1 << 15;
  const std::unique_ptr<rte_fib6, decltype(&rte_fib6_free)> rival(
      rte_fib6_create("oracle6", SOCKET_ID_ANY, &conf), rte_fib6_free);
  ASSERT_NE(rival, nullptr);
  Fib6 fib(graveyard_);
  Random random(43);
  const auto address = [&random] {
    return Ip6Addr::from_halves(
        0x20010db8'00000000 | random.below(8) << 40 | random.below(64) << 14,
        random.below(4) << 60 | random.below(64));
  };
  std::set<Prefix6> there;
  for (int step = 0; step < 20'000; ++step) {
    const Prefix6 prefix(address(), static_cast<unsigned>(24 + random.below(105)));
    if (there.size() > 2'000 || random.below(5) < 2) {
      ASSERT_EQ(fib.remove(prefix).has_value(), there.erase(prefix) == 1);
      rte_fib6_delete(rival.get(), prefix.addr().bytes.data(),
                      static_cast<uint8_t>(prefix.length()));
    } else {
      const NextHopId hop{static_cast<uint16_t>(1 + random.below(32767))};
      there.insert(prefix);
      ASSERT_TRUE(fib.insert(prefix, hop));
      ASSERT_EQ(rte_fib6_add(rival.get(), prefix.addr().bytes.data(),
                             static_cast<uint8_t>(prefix.length()), hop.value),
                0);
    }
    if (step % 16 != 0) continue;
    graveyard_.seal();
    graveyard_.reclaim();
    Ip6Addr probes[kProbes];
    for (Ip6Addr& probe : probes) probe = address();
    probes[0] = prefix.addr();
    NextHopId ours[kProbes];
    uint64_t theirs[kProbes];
    fib.lookup(probes, ours, kProbes);
    rte_fib6_lookup_bulk(rival.get(), reinterpret_cast<uint8_t(*)[16]>(probes), theirs, kProbes);
    for (size_t i = 0; i < kProbes; ++i)
      ASSERT_EQ(ours[i].value, theirs[i]) << step << " " << probes[i].to_string();
  }
  EXPECT_EQ(fib.size(), there.size());
}

}  // namespace
}  // namespace spanway::table
