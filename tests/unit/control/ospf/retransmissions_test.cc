// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/retransmissions.h"

#include <gtest/gtest.h>

namespace spanway::ospf {
namespace {

LsaPtr lsa(uint32_t id) {
  StoredLsa made;
  made.lsa.header.key = {LsaType::kExternal, LinkStateId{id}, RouterId{1}};
  return std::make_shared<StoredLsa>(std::move(made));
}

TEST(Retransmissions, GivesWhatIsDueInOrderAndPutsItOff) {
  Retransmissions list;
  EXPECT_EQ(list.next_due(), Nanos::never());
  list.add(lsa(1), seconds(5));
  list.add(lsa(2), seconds(3));
  EXPECT_EQ(list.next_due(), seconds(3));
  EXPECT_EQ(list.take_due(seconds(2), seconds(9)), nullptr);
  EXPECT_EQ(list.take_due(seconds(5), seconds(10))->key().id, LinkStateId{2});
  EXPECT_EQ(list.take_due(seconds(5), seconds(10))->key().id, LinkStateId{1});
  EXPECT_EQ(list.take_due(seconds(5), seconds(10)), nullptr);
  EXPECT_EQ(list.next_due(), seconds(10));
  EXPECT_EQ(list.size(), 2u);
}

TEST(Retransmissions, ANewerInstanceTakesThePlaceOfTheOld) {
  Retransmissions list;
  list.add(lsa(1), seconds(5));
  const LsaPtr newer = lsa(1);
  list.add(newer, seconds(7));
  EXPECT_EQ(list.size(), 1u);
  EXPECT_EQ(list.find(newer->key()), newer.get());
  EXPECT_EQ(list.next_due(), seconds(7));
  list.remove(newer->key());
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.next_due(), Nanos::never());
}

}  // namespace
}  // namespace spanway::ospf
