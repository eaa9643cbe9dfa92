// SPDX-License-Identifier: BSD-3-Clause
// The sender and the receive log over a simulated path.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "dataplane/base/random.h"
#include "tests/support/path_sim.h"

namespace spanway::transport::test {
namespace {

constexpr Nanos kLong = seconds(100'000);
// What tests/checks/mutants.py looks for.
constexpr const char* kWrong = ": this path went wrong";

FlowOptions flow_of(uint64_t items) {
  FlowOptions flow{};
  flow.items = items;
  return flow;
}

TEST(Path, AQuietPathRepeatsNothing) {
  PathSim sim({.delay = micros(20)});
  Flow& flow = sim.add(flow_of(20'000));
  ASSERT_TRUE(sim.run(kLong));
  EXPECT_TRUE(flow.done());
  EXPECT_EQ(flow.repeated(), 0u);
  EXPECT_EQ(flow.sender.counts().packets_sent, 20'000u);
  EXPECT_EQ(flow.sender.counts().episodes, 0u);
}

// Jain's index of what equal flows on one link got.
double jain(Algorithm algorithm) {
  PathSim sim({.delay = millis(10), .bytes_per_second = 2'500'000, .queue_bytes = 60'000});
  std::vector<Flow*> flows;
  for (int i = 0; i < 4; ++i) {
    FlowOptions options{};
    options.sender.algorithm = algorithm;
    options.starts = millis(137) * i;
    flows.push_back(&sim.add(options));
  }
  sim.run(seconds(20));
  std::vector<double> before;
  for (Flow* flow : flows) before.push_back(static_cast<double>(flow->items_delivered()));
  sim.run(seconds(120));
  double sum = 0, squares = 0;
  for (size_t i = 0; i < flows.size(); ++i) {
    const double got = static_cast<double>(flows[i]->items_delivered()) - before[i];
    sum += got;
    squares += got * got;
  }
  // And together they fill it.
  EXPECT_GT(sum * 1200, 0.9 * 2'500'000 * 100);
  return sum * sum / (static_cast<double>(flows.size()) * squares);
}

TEST(Path, EqualFlowsShareEqually) {
  EXPECT_GE(jain(Algorithm::kReno), 0.95);
  EXPECT_GE(jain(Algorithm::kCubic), 0.95);
}

TEST(Path, ATailLossIsRepairedByAProbe) {
  for (uint64_t lost_from : {100u, 99u, 96u}) {  // one, two, five of the tail
    PathSim sim({.delay = millis(5), .lost = [=](uint64_t count, Nanos) {
                   return count >= lost_from && count <= 100;
                 }});
    Flow& flow = sim.add(flow_of(100));
    ASSERT_TRUE(sim.run(kLong));
    EXPECT_TRUE(flow.done());
    EXPECT_EQ(flow.sender.counts().timeouts, 0u) << lost_from << kWrong;
    EXPECT_GE(flow.sender.counts().probes, 1u);
    EXPECT_LT(flow.longest_stall(), millis(45)) << lost_from;
  }
}

TEST(Path, ABlackHoleIsWaitedForWithLongerAndLongerPauses) {
  PathSim sim({.delay = millis(1), .lost = [](uint64_t, Nanos now) {
                 return now >= millis(500) && now < millis(3500);
               }});
  FlowOptions options{};
  options.items_per_second = 2000;
  options.items = 20'000;
  Flow& flow = sim.add(options);
  ASSERT_TRUE(sim.run(kLong));
  EXPECT_TRUE(flow.done());
  ASSERT_GE(flow.timeouts.size(), 6u);
  for (size_t i = 2; i < flow.timeouts.size(); ++i) {
    const Nanos gap = flow.timeouts[i] - flow.timeouts[i - 1];
    const Nanos before = flow.timeouts[i - 1] - flow.timeouts[i - 2];
    EXPECT_EQ(gap.ns(), std::min(before * 2, seconds(1)).ns()) << i << kWrong;
  }
  // At most one pause, no longer than the ceiling, after the path is back.
  EXPECT_LT(flow.longest_stall(), seconds(4) + millis(50));
  EXPECT_EQ(flow.sender.rtt().doublings(), 0);
}

TEST(Path, ReorderingIsLearned) {
  // Every seventh packet is overtaken by all that are sent in the next 40% of a round trip.
  PathSim sim({.delay = millis(10), .held = [](uint64_t count, Nanos) {
                 return count % 7 == 0 ? millis(8) : Nanos(0);
               }});
  FlowOptions options{};
  options.items_per_second = 5000;
  Flow& flow = sim.add(options);
  sim.run(seconds(2));
  const uint64_t while_learning = flow.repeated();
  sim.run(seconds(12));
  EXPECT_GT(while_learning, 0u);
  EXPECT_LE(flow.repeated() - while_learning, 2u) << kWrong;
  EXPECT_GE(flow.sender.rack().multiplier(), 2u);
  EXPECT_EQ(flow.sender.counts().timeouts, 0u);
  EXPECT_GT(flow.items_delivered(), 59'000u);
}

TEST(Path, LostAcknowledgementsRepeatLittle) {
  PathSim sim(
      {.delay = micros(50), .ack_lost = [](uint64_t count, Nanos) { return count % 3 != 0; }});
  Flow& flow = sim.add(flow_of(50'000));
  ASSERT_TRUE(sim.run(kLong));
  EXPECT_TRUE(flow.done());
  EXPECT_EQ(flow.sender.counts().episodes, 0u);
  EXPECT_LE(flow.repeated(), 5u);
}

TEST(Path, SlowStartEndsBeforeALongQueueRunsOver) {  // HyStart++
  PathSim sim({.delay = millis(25), .bytes_per_second = 12'500'000, .queue_bytes = 5'000'000});
  FlowOptions options = flow_of(40'000);
  options.sender.capacity = 8192;
  Flow& flow = sim.add(options);
  sim.run(seconds(3), [&] { return flow.sender.congestion().phase() == Phase::kAvoidance; });
  EXPECT_EQ(flow.sender.congestion().phase(), Phase::kAvoidance);
  EXPECT_EQ(flow.sender.counts().episodes, 0u);
  EXPECT_GT(flow.sender.congestion().window(), 12'500'000u / 20);  // and not before it is used
}

TEST(Path, MarksKeepTheQueueShort) {
  PathSim sim({.delay = millis(5),
               .bytes_per_second = 12'500'000,
               .queue_bytes = 500'000,
               .mark_bytes = 100'000});
  Flow& flow = sim.add(flow_of(50'000));
  ASSERT_TRUE(sim.run(kLong));
  EXPECT_TRUE(flow.done());
  EXPECT_GT(flow.sender.counts().marks, 0u);
  EXPECT_EQ(flow.repeated(), 0u);
}

TEST(Path, PacingSpreadsTheWindow) {
  for (bool pacing : {false, true}) {
    PathSim sim({.delay = millis(20), .bytes_per_second = 1'250'000, .queue_bytes = 60'000});
    FlowOptions options = flow_of(20'000);
    options.sender.pacing = pacing;
    Flow& flow = sim.add(options);
    ASSERT_TRUE(sim.run(kLong));
    EXPECT_TRUE(flow.done());
    // The link is used, paced or not.
    EXPECT_LT(sim.now().seconds(), 1.15 * 20'000 * 1200 / 1'250'000);
  }
}

// Some eight small packets in flight between two nodes of a rack, a hundredth lost each way.
TEST(Path, LossOnAShortPathStallsBriefly) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    Random random(seed);
    PathOptions path{.delay = micros(10)};
    path.lost = [&](uint64_t, Nanos) { return random.below(100) == 0; };
    path.ack_lost = path.lost;
    PathSim sim(path);
    FlowOptions options = flow_of(100'000);
    options.bytes = 64;
    options.items_per_second = 400'000;
    Flow& flow = sim.add(options);
    flow.sender.learn_rtt(micros(20), Nanos(0));
    ASSERT_TRUE(sim.run(kLong));
    EXPECT_TRUE(flow.done());
    EXPECT_LT(flow.longest_wait().ns(), millis(5).ns()) << seed << kWrong;
    EXPECT_LT(sim.now().ns(), millis(275).ns()) << seed << kWrong;  // 250 without loss
    EXPECT_LE(flow.repeated(), 1500u) << seed << kWrong;
  }
}

// Longer than the first timeout and than its ceiling: learned from what comes late.
TEST(Path, ALongPathIsLearned) {
  PathSim sim({.delay = millis(1500)});
  Flow& flow = sim.add(flow_of(3000));
  ASSERT_TRUE(sim.run(kLong));
  EXPECT_TRUE(flow.done());
  EXPECT_LE(flow.repeated(), 20u);
  EXPECT_LE(flow.sender.counts().timeouts, 3u);
}

// Loss, bursts of loss, reordering and lost acknowledgements together, by seed.
void random_path(uint64_t seed) {
  Random random(seed);
  const double p = random.unit() * 0.15, burst = random.unit() * 0.01, ack_p = random.unit() * 0.2;
  const double hold = random.unit() * 0.1;
  const int64_t delay = 1000 + static_cast<int64_t>(random.below(5'000'000));
  Nanos dropping;
  PathOptions path{.delay = Nanos(delay)};
  path.lost = [&](uint64_t, Nanos now) {
    if (random.unit() < burst)
      dropping = now + Nanos(static_cast<int64_t>(random.below(50'000'000)));
    return now < dropping || random.unit() < p;
  };
  path.held = [&](uint64_t, Nanos) {
    return random.unit() < hold ? Nanos(static_cast<int64_t>(random.below(2'000'000))) : Nanos(0);
  };
  path.ack_lost = [&](uint64_t, Nanos) { return random.unit() < ack_p; };
  PathSim sim(path);
  FlowOptions options = flow_of(400 + random.below(400));
  options.sender.algorithm = random.below(2) == 0 ? Algorithm::kReno : Algorithm::kCubic;
  options.sender.capacity = 64u << random.below(4);
  options.first_number = static_cast<uint32_t>(random());
  if (random.below(3) == 0) options.items_per_second = 1000 + random.below(1'000'000);
  Flow& flow = sim.add(options);
  sim.run(kLong);
  ASSERT_TRUE(flow.done()) << "seed " << seed << kWrong;
  ASSERT_EQ(flow.items_arrived(), options.items) << "seed " << seed << kWrong;
  ASSERT_LT(flow.longest_stall(), seconds(5)) << "seed " << seed << kWrong;
  ASSERT_EQ(flow.sender.scoreboard().bytes_in_flight() % options.bytes, 0u);
}

TEST(Path, EverythingArrivesOverAnyPath) {
  for (uint64_t seed = 1; seed <= 500; ++seed) random_path(seed);
}

}  // namespace
}  // namespace spanway::transport::test
