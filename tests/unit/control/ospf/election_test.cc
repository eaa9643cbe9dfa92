// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/election.h"

#include <gtest/gtest.h>

#include <vector>

namespace spanway::ospf {
namespace {

const Ip4Addr kNobody;
Ip4Addr at(uint32_t router) { return Ip4Addr(10, 0, 0, static_cast<uint8_t>(router)); }
Candidate router(uint32_t id, uint8_t priority, Ip4Addr designated = {}, Ip4Addr backup = {}) {
  return {RouterId{id}, at(id), priority, designated, backup};
}

TEST(Election, AloneARouterLeads) { EXPECT_EQ(elect(router(1, 1), {}), (Elected{at(1), kNobody})); }

TEST(Election, WithPriorityZeroNobodyLeads) {
  const std::vector others{router(2, 0)};
  EXPECT_EQ(elect(router(1, 0), others), (Elected{kNobody, kNobody}));
}

// Step 3: nobody says yet that he leads, so who would be backup leads. That he can not be both he
// will say himself, and so leave the backup to the next.
TEST(Election, OfNewcomersTheHighestPriorityLeads) {
  const std::vector others{router(2, 5), router(3, 9)};
  EXPECT_EQ(elect(router(1, 7), others), (Elected{at(3), at(3)}));
  const std::vector later{router(2, 5), router(3, 9, at(3), kNobody)};
  EXPECT_EQ(elect(router(1, 7), later), (Elected{at(3), at(1)}));
  const std::vector lower{router(2, 5), router(1, 7)};
  EXPECT_EQ(elect(router(3, 9), lower), (Elected{at(3), at(1)}));
}

TEST(Election, AmongEqualsTheHighestIdentifier) {
  const std::vector others{router(2, 1), router(3, 1)};
  EXPECT_EQ(elect(router(1, 1), others), (Elected{at(3), at(3)}));
}

// Section 9.4 is sticky: who leads goes on, whoever comes.
TEST(Election, ANewcomerOfHigherPriorityDisplacesNobody) {
  const std::vector others{router(2, 1, at(2), at(3)), router(3, 1, at(2), at(3))};
  EXPECT_EQ(elect(router(9, 200), others), (Elected{at(2), at(3)}));
}

TEST(Election, TheBackupMovesUpAndAnotherFollows) {
  // 2, which led, is gone.
  const std::vector others{router(4, 3, at(2), at(3))};
  EXPECT_EQ(elect(router(3, 1, at(2), at(3)), others), (Elected{at(3), at(4)}));
}

TEST(Election, OfTwoThatSayTheyLeadTheHigherOneStays) {
  // Two parts of a network have grown together.
  const std::vector others{router(7, 1, at(7), kNobody)};
  EXPECT_EQ(elect(router(2, 1, at(2), kNobody), others), (Elected{at(7), at(2)}));
}

TEST(Election, WhoNoLongerMayStepsDown) {
  const std::vector others{router(2, 1, at(1), at(2))};
  EXPECT_EQ(elect(router(1, 0, at(1), at(2)), others).designated, at(2));
}

}  // namespace
}  // namespace spanway::ospf
