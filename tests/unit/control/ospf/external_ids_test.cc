// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/external_ids.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "dataplane/base/random.h"

namespace spanway::ospf {
namespace {

Prefix4 prefix(const char* text) { return Prefix::parse(text)->v4(); }
LinkStateId id(const char* text) { return LinkStateId{Ip4Addr::parse(text)->value()}; }

TEST(ExternalIds, GivesTheAddressThenHostBits) {
  ExternalIds ids;
  EXPECT_EQ(ids.give(prefix("10.0.0.0/8"))->id, id("10.0.0.0"));
  EXPECT_EQ(ids.give(prefix("10.0.0.0/16"))->id, id("10.0.255.255"));
  EXPECT_EQ(ids.give(prefix("10.0.0.0/24"))->id, id("10.0.0.255"));
  EXPECT_EQ(ids.give(prefix("10.0.0.0/8"))->id, id("10.0.0.0"));
}

// Appendix E: a host has no other ID than its address.
TEST(ExternalIds, MovesWhoHasTheIdOfAHost) {
  ExternalIds ids;
  ASSERT_TRUE(ids.give(prefix("10.0.0.0/8")));
  const auto given = ids.give(prefix("10.0.0.0/32"));
  ASSERT_TRUE(given);
  EXPECT_EQ(given->id, id("10.0.0.0"));
  EXPECT_EQ(given->moved, prefix("10.0.0.0/8"));
  EXPECT_EQ(ids.find(prefix("10.0.0.0/8")), id("10.255.255.255"));
}

TEST(ExternalIds, FindsAnotherWhereTheBroadcastAddressIsAHost) {
  ExternalIds ids;
  ASSERT_TRUE(ids.give(prefix("10.0.0.255/32")));
  ASSERT_TRUE(ids.give(prefix("10.0.0.0/16")));
  EXPECT_EQ(ids.give(prefix("10.0.0.0/24"))->id, id("10.0.0.254"));
}

TEST(ExternalIds, NeverGivesOneTwiceNorOneOutsideThePrefix) {
  Random random(7);
  ExternalIds ids;
  std::set<Prefix4> held;
  for (int step = 0; step < 20'000; ++step) {
    const Prefix4 one(Ip4Addr(10u << 24 | static_cast<uint32_t>(random.below(64))),
                      26 + static_cast<unsigned>(random.below(7)));
    if (random.below(3) == 0) {
      ids.take_back(one);
      held.erase(one);
    } else if (ids.give(one)) {
      held.insert(one);
    }
    std::set<LinkStateId> used;
    for (const Prefix4& each : held) {
      const auto found = ids.find(each);
      ASSERT_TRUE(found) << each.to_string();
      ASSERT_TRUE(used.insert(*found).second) << "twice, step " << step;
      ASSERT_TRUE(each.contains(Ip4Addr(found->value)));
    }
  }
}

}  // namespace
}  // namespace spanway::ospf
