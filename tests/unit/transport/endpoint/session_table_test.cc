// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/endpoint/session_table.h"

#include <gtest/gtest.h>

#include <map>

#include "dataplane/base/random.h"

namespace spanway::transport {
namespace {

// Never looked into: the table keeps addresses.
Session& session(uint32_t n) { return *reinterpret_cast<Session*>(uintptr_t{n} * 64); }

TEST(SessionTable, FindsWhatAMapFinds) {
  Random random(1);
  SessionTable table(64);
  std::map<uint32_t, Session*> oracle;
  for (int step = 0; step < 200'000; ++step) {
    // Few ids, so that they are often there, and neighbours in the table.
    const auto id = static_cast<uint32_t>(1 + random.below(200));
    if (random.below(2) == 0) {
      const bool fits = oracle.size() < 64 && !oracle.contains(id);
      ASSERT_EQ(table.insert({id}, session(id)), fits);
      if (fits) oracle[id] = &session(id);
    } else {
      table.erase({id});
      oracle.erase(id);
    }
    ASSERT_EQ(table.size(), oracle.size());
    const auto asked = static_cast<uint32_t>(1 + random.below(200));
    ASSERT_EQ(table.find({asked}), oracle.contains(asked) ? oracle[asked] : nullptr);
  }
}

TEST(SessionTable, KeepsEveryoneElseWhenOneGoes) {
  SessionTable table(1024);
  for (uint32_t id = 1; id <= 1024; ++id) ASSERT_TRUE(table.insert({id}, session(id)));
  EXPECT_FALSE(table.insert({5000}, session(5000))) << "it is full";
  for (uint32_t gone = 1; gone <= 1024; gone += 3) {
    table.erase({gone});
    for (uint32_t id = 1; id <= 1024; ++id)
      ASSERT_EQ(table.find({id}), id <= gone && id % 3 == 1 ? nullptr : &session(id)) << gone;
  }
}

}  // namespace
}  // namespace spanway::transport
