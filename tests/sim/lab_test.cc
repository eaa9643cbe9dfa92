// SPDX-License-Identifier: BSD-3-Clause
// Routers, wires, hosts: the whole road from an application's datagram to another's, in virtual
// time.
#include "control/lab/lab.h"

#include <gtest/gtest.h>

#include "control/lab/shape.h"
#include "tests/support/eal.h"
#include "tests/support/lanes.h"

namespace spanway::lab {
namespace {

Plan plan_of(const std::string& shape, unsigned routers, const sim::LaneOptions& lane) {
  Plan plan = build(*make_graph(shape, routers), {.lane = lane});
  plan.virtual_time = true;
  plan.seed = test::seed_of_this_run();
  return plan;
}

// Lets addresses become ready, then traffic flow for `span`, then the last datagrams arrive.
Report run(Lab& lab, Nanos span) {
  lab.run(seconds(5), [&] { return lab.ready(); });
  EXPECT_TRUE(lab.ready());
  lab.traffic(true);
  lab.run(span);
  lab.traffic(false);
  lab.run(seconds(1));
  return lab.report();
}

struct Case {
  const char* shape;
  unsigned routers;
};

class Shapes : public testing::TestWithParam<Case> {};

TEST_P(Shapes, CarryBothFamiliesWithoutLoss) {
  auto lab = Lab::create(plan_of(GetParam().shape, GetParam().routers, test::gigabit()),
                         test::buffers(), "");
  ASSERT_TRUE(lab) << lab.error().message;
  const Report report = run(**lab, millis(20));
  for (const FlowResult& flow : report.flows) {
    EXPECT_GT(flow.received, 100u) << flow.name;
    EXPECT_EQ(flow.sent, flow.received) << flow.name;
    EXPECT_EQ(flow.reordered, 0u) << flow.name;
  }
  EXPECT_EQ(report.imbalance, 0);
  lab->reset();
  EXPECT_EQ(test::buffers_in_use(), 0u);
}

INSTANTIATE_TEST_SUITE_P(All, Shapes,
                         testing::Values(Case{"ring", 3}, Case{"ring", 6}, Case{"star", 5},
                                         Case{"tree", 7}, Case{"line", 4}, Case{"mesh", 4}),
                         [](const auto& named) {
                           return std::string(named.param.shape) +
                                  std::to_string(named.param.routers);
                         });

TEST(Lab, BadWiresLoseNothingUnexplained) {
  sim::LaneOptions lane = test::gigabit();
  lane.impairment.loss = 0.02;
  lane.impairment.reorder = 0.02;
  lane.impairment.reorder_delay = micros(200);
  lane.impairment.duplicate = 0.01;
  lane.impairment.corrupt = 0.02;
  auto lab = Lab::create(plan_of("ring", 3, lane), test::buffers(), "");
  ASSERT_TRUE(lab) << lab.error().message;
  const Report report = run(**lab, millis(200));
  EXPECT_GT(report.received, 1000u);
  EXPECT_LT(report.received, report.sent);
  EXPECT_EQ(report.imbalance, 0);
  // Damaged headers are seen; damaged payloads are for the end hosts' checksums.
  EXPECT_TRUE(report.drops.contains("ip4_bad_checksum"));
  lab->reset();
  EXPECT_EQ(test::buffers_in_use(), 0u);
}

TEST(Lab, TheSameSeedGivesTheSameRun) {
  sim::LaneOptions lane = test::gigabit();
  lane.impairment.loss = 0.05;
  Report runs[2];
  for (Report& report : runs) {
    auto lab = Lab::create(plan_of("ring", 4, lane), test::buffers(), "");
    ASSERT_TRUE(lab) << lab.error().message;
    report = run(**lab, millis(50));
  }
  ASSERT_EQ(runs[0].flows.size(), runs[1].flows.size());
  for (size_t i = 0; i < runs[0].flows.size(); ++i) {
    EXPECT_EQ(runs[0].flows[i].sent, runs[1].flows[i].sent);
    EXPECT_EQ(runs[0].flows[i].received, runs[1].flows[i].received);
    EXPECT_EQ(runs[0].flows[i].latency_max_us, runs[1].flows[i].latency_max_us);
  }
  EXPECT_EQ(runs[0].drops, runs[1].drops);
}

// A ring of four has two equal paths between opposite routers. When one wire is cut, the static
// multipath route goes on with the gateway that is left.
TEST(Lab, ACutWireLeavesTheOtherPath) {
  Plan plan = plan_of("ring", 4, test::gigabit());
  plan.flows = {{"h1", "h3", Family::kIp4}, {"h1", "h3", Family::kIp6}};
  auto lab = Lab::create(std::move(plan), test::buffers(), "");
  ASSERT_TRUE(lab) << lab.error().message;
  (void)run(**lab, millis(10));
  for (const char* wire : {"r1-r2", "r1-r4"}) {
    ASSERT_TRUE((*lab)->network().cut(wire));
    // The gateway that is left may have to be resolved first; more than a handful of packets do not
    // wait for that.
    (*lab)->run(seconds(1));
    (*lab)->traffic(true);
    (*lab)->run(millis(1));
    (*lab)->traffic(false);
    (*lab)->run(seconds(1));
    const Report before = (*lab)->report();
    (*lab)->traffic(true);
    (*lab)->run(millis(20));
    (*lab)->traffic(false);
    (*lab)->run(seconds(1));
    const Report after = (*lab)->report();
    for (size_t i = 0; i < after.flows.size(); ++i) {
      EXPECT_GT(after.flows[i].received, before.flows[i].received + 100) << wire;
      EXPECT_EQ(after.flows[i].sent - before.flows[i].sent,
                after.flows[i].received - before.flows[i].received)
          << wire;
    }
    EXPECT_EQ(after.imbalance, 0);
    ASSERT_TRUE((*lab)->network().mend(wire));
    (*lab)->run(seconds(3));
  }
}

// Simulated ports have one queue here, so the two workers of each router share flows by software.
TEST(Lab, TwoWorkersShareTheFlows) {
  Plan plan = plan_of("ring", 3, test::gigabit());
  for (RouterPlan& router : plan.routers) router.config.daemon.workers = {0, 1};
  auto lab = Lab::create(std::move(plan), test::buffers(), "");
  ASSERT_TRUE(lab) << lab.error().message;
  const Report report = run(**lab, millis(50));
  for (const FlowResult& flow : report.flows) {
    EXPECT_GT(flow.received, 100u) << flow.name;
    EXPECT_EQ(flow.sent, flow.received) << flow.name;
    EXPECT_EQ(flow.reordered, 0u) << flow.name;
  }
  EXPECT_EQ(report.imbalance, 0);
  const daemon::Engine* router = (*lab)->router("r1");
  EXPECT_GT(router->counters(WorkerId{0}).rx.get(), 100u);
  EXPECT_GT(router->counters(WorkerId{1}).rx.get(), 100u);
}

TEST(Lab, CutOffMeansDroppedByName) {
  Plan plan = plan_of("line", 2, test::gigabit());
  auto lab = Lab::create(std::move(plan), test::buffers(), "");
  ASSERT_TRUE(lab) << lab.error().message;
  (void)run(**lab, millis(10));
  ASSERT_TRUE((*lab)->network().cut("r1-r2"));
  (*lab)->run(seconds(1));
  (*lab)->traffic(true);
  (*lab)->run(millis(50));
  (*lab)->traffic(false);
  (*lab)->run(seconds(1));
  const Report report = (*lab)->report();
  EXPECT_GT(report.drops.at("no_route"), 0u);
  EXPECT_EQ(report.imbalance, 0);
}

}  // namespace
}  // namespace spanway::lab
