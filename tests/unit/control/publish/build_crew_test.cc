// SPDX-License-Identifier: BSD-3-Clause
#include "control/publish/build_crew.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "dataplane/base/cores.h"

namespace spanway::publish {
namespace {

using Cores = std::vector<unsigned>;

TEST(BuildCrew, LeavesTheWorkersTheirCores) {
  EXPECT_EQ(BuildCrew::free_cores({0, 1, 2, 3}, {2}, 1), (Cores{0, 1, 3}));
  EXPECT_EQ(BuildCrew::free_cores({0, 1, 2, 3}, {1, 3}, 2), (Cores{0, 2}));
  EXPECT_EQ(BuildCrew::free_cores({0, 1, 2, 3}, {}, 1), (Cores{0, 1, 2})) << "one roams";
  EXPECT_EQ(BuildCrew::free_cores({0, 1}, {1, 7}, 2), (Cores{0})) << "7 is not ours";
  EXPECT_EQ(BuildCrew::free_cores({0}, {}, 4), Cores());
}

TEST(BuildCrew, HasOneHandACore) {
  EXPECT_EQ(BuildCrew({}).hands(), 1u);
  EXPECT_EQ(BuildCrew({3}).hands(), 1u);
  EXPECT_EQ(BuildCrew({3, 4, 5}).hands(), 3u);
  EXPECT_EQ(BuildCrew(Cores(64, 0)).hands(), BuildCrew::kMostHands);
}

// Every piece once, no hand at two pieces at a time, and helpers nowhere but on the crew's cores.
TEST(BuildCrew, DoesEveryPieceOnce) {
  const Cores allowed = allowed_cores();
  ASSERT_FALSE(allowed.empty());
  for (const size_t size : {1u, 2u}) {
    // All hands on one core: whoever may be elsewhere was not bound.
    BuildCrew crew(Cores(size, allowed.front()));
    const pthread_t control = pthread_self();
    for (int round = 0; round < 5; ++round) {
      std::vector<std::atomic<int>> done(100), busy(crew.hands());
      std::atomic<int> wrong{0};
      crew.run(done.size(), [&](size_t piece, unsigned hand) {
        ++done[piece];
        if (hand >= busy.size() || busy[hand].fetch_add(1) != 0) ++wrong;
        if (pthread_equal(control, pthread_self()) != 0)
          std::this_thread::sleep_for(std::chrono::microseconds(200));  // lets the helpers in
        else if (allowed_cores() != Cores{allowed.front()})
          ++wrong;
        if (hand < busy.size()) --busy[hand];
      });
      EXPECT_EQ(wrong, 0);
      for (const auto& count : done) ASSERT_EQ(count, 1);
    }
  }
  EXPECT_EQ(allowed_cores(), allowed) << "control itself is not moved";
}

}  // namespace
}  // namespace spanway::publish
