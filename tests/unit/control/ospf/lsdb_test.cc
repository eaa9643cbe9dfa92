// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/lsdb.h"

#include <gtest/gtest.h>

namespace spanway::ospf {
namespace {

LsaPtr lsa(uint32_t id, uint16_t age_s, Nanos since) {
  StoredLsa made;
  made.lsa.header.key = {LsaType::kRouter, LinkStateId{id}, RouterId{id}};
  made.lsa.header.age_s = age_s;
  made.since = since;
  return std::make_shared<StoredLsa>(std::move(made));
}

TEST(Lsdb, AnLsaAgesByItselfUpToMaxAge) {
  const LsaPtr one = lsa(1, 100, seconds(50));
  EXPECT_EQ(one->age_s(seconds(50)), 100);
  EXPECT_EQ(one->age_s(seconds(51) - Nanos(1)), 100);
  EXPECT_EQ(one->age_s(seconds(51)), 101);
  EXPECT_EQ(one->age_s(seconds(100'000)), kMaxAgeS);
  EXPECT_TRUE(one->header(seconds(3'550)).is_max_age());
}

TEST(Lsdb, GivesTheDeadOnceAndInOrder) {
  Lsdb lsdb;
  lsdb.install(lsa(1, 0, seconds(10)), Nanos::never());
  lsdb.install(lsa(2, 3'000, seconds(10)), Nanos::never());
  EXPECT_EQ(lsdb.next_death(), seconds(610));
  EXPECT_EQ(lsdb.take_dead(seconds(610) - Nanos(1)), nullptr);
  const LsaPtr dead = lsdb.take_dead(seconds(610));
  ASSERT_TRUE(dead);
  EXPECT_EQ(dead->key().id, LinkStateId{2});
  EXPECT_EQ(dead->age_s(seconds(610)), kMaxAgeS);
  EXPECT_EQ(lsdb.take_dead(seconds(610)), nullptr);
  EXPECT_EQ(lsdb.next_death(), seconds(3'610));
  EXPECT_EQ(lsdb.size(), 2u);  // whoever asked takes it out
}

TEST(Lsdb, ANewerInstanceDiesLater) {
  Lsdb lsdb;
  lsdb.install(lsa(1, 0, seconds(0)), Nanos::never());
  lsdb.install(lsa(1, 0, seconds(1'800)), Nanos::never());
  EXPECT_EQ(lsdb.next_death(), seconds(5'400));
  EXPECT_EQ(lsdb.count(LsaType::kRouter), 1u);
  lsdb.remove(lsa(1, 0, {})->key());
  EXPECT_EQ(lsdb.next_death(), Nanos::never());
  EXPECT_EQ(lsdb.size(), 0u);
  EXPECT_EQ(lsdb.count(LsaType::kRouter), 0u);
}

TEST(Lsdb, WhatCameAtMaxAgeDiesNoSecondTime) {
  Lsdb lsdb;
  lsdb.install(lsa(1, kMaxAgeS, seconds(0)), Nanos::never());
  EXPECT_EQ(lsdb.next_death(), Nanos::never());
}

}  // namespace
}  // namespace spanway::ospf
