// SPDX-License-Identifier: BSD-3-Clause
#include "control/stats/snapshot.h"

#include <gtest/gtest.h>

namespace spanway::stats {
namespace {

using Workers = std::vector<std::unique_ptr<seam::WorkerCounters>>;

Workers make(size_t count) {
  Workers out;
  for (size_t i = 0; i < count; ++i) out.push_back(std::make_unique<seam::WorkerCounters>());
  return out;
}

TEST(Snapshot, SumsOverWorkers) {
  Workers workers = make(3);
  for (size_t w = 0; w < 3; ++w) {
    seam::WorkerCounters& c = *workers[w];
    c.rx.add(10 + w);
    c.drops[static_cast<size_t>(DropReason::kNoRoute)].add(1);
    c.drops[static_cast<size_t>(DropReason::kShutdown)].add(w);
    c.stages[static_cast<size_t>(seam::Stage::kRoute)].packets.add(5);
    c.stages[static_cast<size_t>(seam::Stage::kRoute)].calls.add(2);
    c.stages[static_cast<size_t>(seam::Stage::kRoute)].cycles.add(100);
    c.interfaces[7].rx_packets.add(3);
    c.interfaces[255].tx_bytes.add(64);
    c.interfaces[255].drops.add(1);
  }
  const Snapshot sum = collect(workers);
  EXPECT_EQ(sum.rx, 33u);
  EXPECT_EQ(sum.drops[static_cast<size_t>(DropReason::kNoRoute)], 3u);
  EXPECT_EQ(sum.dropped(), 6u);
  EXPECT_EQ(sum.stages[static_cast<size_t>(seam::Stage::kRoute)].packets, 15u);
  EXPECT_EQ(sum.stages[static_cast<size_t>(seam::Stage::kRoute)].calls, 6u);
  EXPECT_EQ(sum.stages[static_cast<size_t>(seam::Stage::kRoute)].cycles, 300u);
  EXPECT_EQ(sum.interfaces[7].rx_packets, 9u);
  EXPECT_EQ(sum.interfaces[255].tx_bytes, 192u);
  EXPECT_EQ(sum.interfaces[255].drops, 3u);
  ASSERT_EQ(sum.workers.size(), 3u);
  EXPECT_EQ(sum.workers[2].rx, 12u);
  EXPECT_EQ(sum.workers[2].dropped, 3u);
}

TEST(Snapshot, TotalsOfOneWorkerWithItsRings) {
  seam::WorkerCounters counters;
  auto channels = std::make_unique<seam::Channels>();
  counters.turns.add(9);
  counters.heartbeat_ns.set(123);
  channels->trace_lost.add(2);
  channels->capture_lost.add(3);
  const WorkerTotals totals = totals_of(counters, *channels);
  EXPECT_EQ(totals.turns, 9u);
  EXPECT_EQ(totals.heartbeat_ns, 123u);
  EXPECT_EQ(totals.trace_lost, 2u);
  EXPECT_EQ(totals.capture_lost, 3u);
}

// Each count on its own side of the equation: one packet more there shows with the right sign.
TEST(Snapshot, EveryCountTakesPartInTheBalance) {
  using Field = seam::Counter seam::WorkerCounters::*;
  struct Case {
    const char* name;
    Field field;
    int64_t sign;
  };
  const Case cases[] = {
      {"rx", &seam::WorkerCounters::rx, 1},
      {"injected", &seam::WorkerCounters::injected, 1},
      {"originated", &seam::WorkerCounters::originated, 1},
      {"handed_in", &seam::WorkerCounters::handed_in, 1},
      {"tx", &seam::WorkerCounters::tx, -1},
      {"local", &seam::WorkerCounters::local, -1},
      {"punted", &seam::WorkerCounters::punted, -1},
      {"held", &seam::WorkerCounters::held, -1},
      {"handed_out", &seam::WorkerCounters::handed_out, -1},
  };
  for (const Case& c : cases) {
    Workers workers = make(2);
    ((*workers[1]).*(c.field)).add(3);
    EXPECT_EQ(collect(workers).imbalance(), 3 * c.sign) << c.name;
  }
  for (size_t reason = 0; reason < kDropReasons; ++reason) {
    Workers workers = make(1);
    workers[0]->drops[reason].add(1);
    EXPECT_EQ(collect(workers).imbalance(), -1) << kDropReasonNames[reason];
  }
}

TEST(Snapshot, BalancesALife) {
  Workers workers = make(2);
  workers[0]->rx.add(100);
  workers[0]->tx.add(60);
  workers[0]->handed_out.add(30);
  workers[1]->handed_in.add(25);
  workers[1]->tx.add(20);
  workers[1]->originated.add(2);
  workers[1]->tx.add(2);
  workers[0]->drops[static_cast<size_t>(DropReason::kTtlExpired)].add(2);
  workers[0]->local.add(8);
  workers[1]->held.set(5);
  const Snapshot sum = collect(workers);
  EXPECT_EQ(sum.in_flight(), 5u);
  EXPECT_EQ(sum.imbalance(), 0);
}

}  // namespace
}  // namespace spanway::stats
