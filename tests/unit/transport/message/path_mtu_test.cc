// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/path_mtu.h"

#include <gtest/gtest.h>

namespace spanway::transport {
namespace {

const Nanos kRound = millis(10);

// A path that takes `path` bytes: how many probes until the search rests.
struct Search {
  PathMtu mtu;
  uint32_t path;
  Nanos now = seconds(1);

  unsigned run() {
    unsigned probes = 0;
    while (const uint32_t size = mtu.to_probe(now)) {
      EXPECT_GT(size, mtu.size());
      mtu.probed();
      EXPECT_EQ(mtu.to_probe(now), 0u) << "one at a time";
      now += kRound;
      if (size <= path)
        mtu.delivered(size, true, now);
      else
        mtu.lost(size, true, now, kRound);
      if (++probes == 100) break;
    }
    return probes;
  }
  // All full packets of these rounds are lost.
  void lose(unsigned rounds) {
    for (unsigned i = 0; i < rounds; ++i) {
      now += kRound;
      for (int packet = 0; packet < 50; ++packet) mtu.lost(mtu.size(), false, now, kRound);
    }
  }
};

TEST(PathMtu, TheLongestIsTriedFirst) {
  Search search{PathMtu(1'200, 8'900), 9'000};
  EXPECT_EQ(search.mtu.size(), 1'200u);
  EXPECT_EQ(search.run(), 1u);
  EXPECT_EQ(search.mtu.size(), 8'900u);
}

TEST(PathMtu, FindsWhatEveryPathTakes) {
  for (uint32_t path = 1'200; path < 9'000; path += 7) {
    Search search{PathMtu(1'200, 8'900), path};
    EXPECT_LE(search.run(), 30u) << path;
    EXPECT_LE(search.mtu.size(), path);
    EXPECT_GT(search.mtu.size() + PathMtu::kStep, std::min(path, 8'900u)) << path;
  }
}

TEST(PathMtu, NothingIsTriedThatMayNotBe) {
  Search search{PathMtu(1'400, 1'400), 9'000};
  EXPECT_EQ(search.run(), 0u);
  Search none{PathMtu(1'400, 0), 9'000};
  EXPECT_EQ(none.run(), 0u);
  EXPECT_EQ(none.mtu.size(), 1'400u);
}

TEST(PathMtu, OneLossIsNoVerdict) {
  PathMtu mtu(1'200, 8'900);
  for (unsigned i = 0; i < PathMtu::kMostProbes; ++i) {
    EXPECT_EQ(mtu.to_probe(seconds(1)), 8'900u);
    mtu.probed();
    mtu.lost(8'900, true, seconds(1), kRound);
  }
  EXPECT_LT(mtu.to_probe(seconds(1)), 8'900u);
  // The last one comes late after all.
  EXPECT_TRUE(mtu.delivered(8'900, true, seconds(1)));
  EXPECT_EQ(mtu.size(), 8'900u);
  EXPECT_EQ(mtu.to_probe(seconds(1)), 0u);
}

TEST(PathMtu, AnswersAreAskedForAgainAfterALongTime) {
  Search search{PathMtu(1'200, 8'900), 1'500};
  search.run();
  const uint32_t found = search.mtu.size();
  search.path = 9'000;
  search.now += PathMtu::kRaiseAfter - seconds(1);
  EXPECT_EQ(search.run(), 0u);
  search.now += seconds(1);
  EXPECT_EQ(search.run(), 1u);
  EXPECT_LT(found, 1'501u);
  EXPECT_EQ(search.mtu.size(), 8'900u);
}

TEST(PathMtu, ABlackHoleIsNoticedAndLeft) {
  Search search{PathMtu(1'200, 8'900), 9'000};
  search.run();
  search.lose(PathMtu::kBlackRounds - 1);
  EXPECT_EQ(search.mtu.size(), 8'900u) << "so much may be chance";
  search.mtu.delivered(8'900, false, search.now);
  search.lose(PathMtu::kBlackRounds - 1);
  EXPECT_EQ(search.mtu.size(), 8'900u) << "one came through";
  search.lose(1);
  EXPECT_EQ(search.mtu.size(), PathMtu::kBase);
  // What is still lost of the long ones says nothing of the short ones.
  EXPECT_FALSE(search.mtu.lost(8'900, false, search.now + seconds(1), kRound));
  search.path = 1'472;
  EXPECT_GT(search.run(), 0u);
  EXPECT_GT(search.mtu.size(), 1'472u - PathMtu::kStep);
}

// Who began with packets that are too long from the start.
TEST(PathMtu, ABeginTooLongIsLeftAsWell) {
  Search search{PathMtu(1'400, 0), 1'300};
  search.lose(PathMtu::kBlackRounds);
  EXPECT_EQ(search.mtu.size(), PathMtu::kBase);
  search.run();
  EXPECT_GT(search.mtu.size(), 1'300 - PathMtu::kStep);
  search.path = 9'000;
  search.now += PathMtu::kRaiseAfter;
  search.run();
  EXPECT_EQ(search.mtu.size(), 1'400u) << "and no further";
}

}  // namespace
}  // namespace spanway::transport
