// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/unit_map.h"

#include <gtest/gtest.h>

#include <set>

#include "dataplane/base/random.h"

namespace spanway::transport {
namespace {

TEST(UnitMap, AgreesWithASet) {
  Random random(5);
  UnitMap map;
  for (int round = 0; round < 300; ++round) {
    const uint32_t bytes = 1 + static_cast<uint32_t>(random.below(round % 2 == 0 ? 5'000 : 40'000));
    map.reset(bytes);
    const uint32_t units = units_of(bytes);
    ASSERT_EQ(map.units(), units);
    std::set<uint32_t> there;
    while (!map.full()) {
      const auto first = static_cast<uint32_t>(random.below(units));
      const auto count = static_cast<uint32_t>(1 + random.below(units - first));
      uint32_t fresh = 0;
      for (uint32_t unit = first; unit < first + count; ++unit)
        fresh += there.insert(unit).second ? 1 : 0;
      ASSERT_EQ(map.add(first, count), fresh);
      ASSERT_EQ(map.full(), there.size() == units);
      const auto from = static_cast<uint32_t>(random.below(units));
      const auto end = static_cast<uint32_t>(from + random.below(units - from + 1));
      uint32_t absent = from, present = from;
      while (absent < end && there.contains(absent)) ++absent;
      while (present < end && !there.contains(present)) ++present;
      ASSERT_EQ(map.next_absent(from, end), absent);
      ASSERT_EQ(map.next_present(from, end), present);
      ASSERT_EQ(map.has(first), true);
    }
  }
}

}  // namespace
}  // namespace spanway::transport
