// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/seam/qsbr.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dataplane/seam/published.h"

namespace spanway::seam {
namespace {

class GraveyardTest : public testing::Test {
 protected:
  void retire(char name) {
    graveyard_.retire(
        [](void* text, uint64_t c) { *static_cast<std::string*>(text) += static_cast<char>(c); },
        &disposed_, static_cast<uint64_t>(name));
  }
  std::string disposed_;
  Qsbr qsbr_{2};
  Graveyard graveyard_{qsbr_};
};

TEST_F(GraveyardTest, WaitsForEveryWorkerThatIsOnline) {
  qsbr_.online(WorkerId{0});
  qsbr_.online(WorkerId{1});
  retire('a');
  graveyard_.seal();
  qsbr_.quiet(WorkerId{0});
  EXPECT_EQ(graveyard_.reclaim(), 0u);
  qsbr_.quiet(WorkerId{1});
  EXPECT_EQ(graveyard_.reclaim(), 1u);
  EXPECT_EQ(disposed_, "a");
  qsbr_.offline(WorkerId{0});
  qsbr_.offline(WorkerId{1});
}

TEST_F(GraveyardTest, AWorkerOfflineIsNotWaitedFor) {
  qsbr_.online(WorkerId{0});
  retire('a');
  graveyard_.seal();
  EXPECT_EQ(graveyard_.reclaim(), 0u);
  qsbr_.offline(WorkerId{0});
  EXPECT_EQ(graveyard_.reclaim(), 1u);
}

TEST_F(GraveyardTest, WhatIsNotSealedStays) {
  retire('a');
  EXPECT_EQ(graveyard_.reclaim(), 0u);
  EXPECT_EQ(graveyard_.waiting(), 1u);
  graveyard_.seal();
  retire('b');
  EXPECT_EQ(graveyard_.reclaim(), 1u);
  EXPECT_EQ(disposed_, "a");
  graveyard_.seal();
  EXPECT_EQ(graveyard_.reclaim(), 1u);
  EXPECT_EQ(disposed_, "ab");
}

TEST_F(GraveyardTest, AQuietPointBeforeTheSealDoesNotCount) {
  qsbr_.online(WorkerId{0});
  retire('a');
  qsbr_.quiet(WorkerId{0});
  graveyard_.seal();
  EXPECT_EQ(graveyard_.reclaim(), 0u);
  qsbr_.quiet(WorkerId{0});
  EXPECT_EQ(graveyard_.reclaim(), 1u);
  qsbr_.offline(WorkerId{0});
}

TEST(Graveyard, DisposesOfTheRestInOrderAtItsEnd) {
  std::string disposed;
  Qsbr qsbr(1);
  {
    Graveyard graveyard(qsbr);
    for (const char name : {'a', 'b', 'c'})
      graveyard.retire([&disposed, name] { disposed += name; });
  }
  EXPECT_EQ(disposed, "abc");
}

TEST(Graveyard, HoldsManyCheaply) {
  Qsbr qsbr(1);
  Graveyard graveyard(qsbr);
  static size_t count = 0;
  for (int i = 0; i < 100'000; ++i) graveyard.retire([](void*, uint64_t) { ++count; }, nullptr);
  graveyard.seal();
  EXPECT_EQ(graveyard.waiting(), 100'000u);
  EXPECT_EQ(graveyard.reclaim(), 100'000u);
  EXPECT_EQ(count, 100'000u);
}

TEST(Published, OldObjectLivesUntilTheReaderIsQuiet) {
  struct Watched {
    explicit Watched(bool* flag) : gone(flag) {}
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    ~Watched() { *gone = true; }
    bool* gone;
  };
  Qsbr qsbr(1);
  Graveyard graveyard(qsbr);
  bool first_gone = false, second_gone = false;
  Published<Watched> published(std::make_unique<const Watched>(&first_gone));
  qsbr.online(WorkerId{0});
  const Watched* borrowed = published.load();
  published.publish(std::make_unique<const Watched>(&second_gone), graveyard);
  EXPECT_NE(published.load(), borrowed);
  graveyard.seal();
  graveyard.reclaim();
  EXPECT_FALSE(first_gone);
  qsbr.quiet(WorkerId{0});
  graveyard.reclaim();
  EXPECT_TRUE(first_gone);
  EXPECT_FALSE(second_gone);
  qsbr.offline(WorkerId{0});
}

}  // namespace
}  // namespace spanway::seam
