// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/refusal.h"

#include <gtest/gtest.h>

#include <set>

namespace spanway::ospf {
namespace {

TEST(Refusal, HasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kRefusals; ++i) names.insert(to_string(static_cast<Refusal>(i)));
  EXPECT_EQ(names.size(), kRefusals);
  EXPECT_FALSE(names.contains(to_string(Refusal::kCount)));
}

}  // namespace
}  // namespace spanway::ospf
