// SPDX-License-Identifier: BSD-3-Clause
// Labs under OSPF in virtual time: they converge, lose a link, find another way and come back.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/lab/convergence.h"
#include "control/lab/lab.h"
#include "control/lab/report.h"
#include "control/lab/script.h"
#include "control/lab/shape.h"
#include "tests/support/eal.h"

namespace spanway::lab {
namespace {

const auto kNever = [] { return false; };

// A few datagrams at a time: what counts here is where they go.
Plan ospf_plan(const Graph& graph) {
  ShapeOptions options{.routing = Routing::kOspf};
  options.lane.delay = micros(200);
  Plan plan = build(graph, options);
  plan.virtual_time = true;
  plan.window = 4;
  plan.duration = millis(50);
  return plan;
}

std::unique_ptr<Lab> lab_of(Plan plan) {
  auto lab = Lab::create(std::move(plan), test::buffers(), "");
  if (lab) return std::move(lab).value();
  ADD_FAILURE() << lab.error().message;
  return nullptr;
}

// Converged, and for long enough that routers may speak of the next change at once
// (MinLSInterval).
Status quiet(Lab& lab, Script& script) {
  if (auto ready = script.wait_ready(kNever); !ready) return ready;
  lab.run(seconds(8));
  return {};
}

struct Case {
  const char* shape;
  unsigned routers;
};

class OspfShapes : public testing::TestWithParam<Case> {};

TEST_P(OspfShapes, ConvergeAndCarryTraffic) {
  auto lab = lab_of(ospf_plan(*make_graph(GetParam().shape, GetParam().routers)));
  ASSERT_NE(lab, nullptr);
  Script script(*lab, [](const EventResult&) {});
  const auto ready = script.wait_ready(kNever);
  ASSERT_TRUE(ready) << ready.error().message;
  ASSERT_TRUE(script.converged_s());
  EXPECT_LT(*script.converged_s(), 10.0);
  ASSERT_TRUE(script.run(kNever));
  const Report report = lab->report();
  for (const FlowResult& flow : report.flows) {
    EXPECT_GT(flow.received, 20u) << flow.name;
    EXPECT_EQ(flow.sent, flow.received) << flow.name;
  }
  EXPECT_EQ(report.imbalance, 0);
  EXPECT_EQ(report.unexplained(), 0u);
  lab.reset();
  EXPECT_EQ(test::buffers_in_use(), 0u);
}

INSTANTIATE_TEST_SUITE_P(All, OspfShapes,
                         testing::Values(Case{"ring", 5}, Case{"tree", 7}, Case{"star", 5},
                                         Case{"grid", 6}),
                         [](const auto& named) {
                           return std::string(named.param.shape) +
                                  std::to_string(named.param.routers);
                         });

// A ring of four, cut and mended under traffic.
Plan cut_and_mend() {
  Plan plan = ospf_plan(*make_graph("ring", 4));
  plan.duration = millis(300);
  plan.events = {{EventPlan::What::kCut, millis(100), "r1-r2"},
                 {EventPlan::What::kMend, millis(200), "r1-r2"}};
  return plan;
}

TEST(LabOspf, ACutIsRoutedAroundAndAMendComesBack) {
  auto lab = lab_of(cut_and_mend());
  ASSERT_NE(lab, nullptr);
  std::vector<std::string> told;
  Script script(*lab, [&](const EventResult& event) { told.push_back(to_text(event)); });
  ASSERT_TRUE(quiet(*lab, script));
  const auto took = script.run(kNever);
  ASSERT_TRUE(took) << took.error().message;
  const auto& events = script.events();
  ASSERT_EQ(events.size(), 2u);
  ASSERT_TRUE(events[0].complete_after_s);
  EXPECT_LT(*events[0].complete_after_s, 0.020);  // carrier says it; no dead interval is awaited
  ASSERT_TRUE(events[1].complete_after_s);
  EXPECT_LT(*events[1].complete_after_s, 10.0);
  EXPECT_EQ(told.size(), 2u);

  const Report report = lab->report();
  EXPECT_EQ(report.imbalance, 0);
  EXPECT_EQ(report.unexplained(), 0u);
  EXPECT_EQ(report.lost(), events[0].lost + events[1].lost);
  EXPECT_LE(report.lost(), 8u);  // of each of the two directions what was under way
  EXPECT_GT(report.flows[0].received, 50u);
}

TEST(LabOspf, TheSameSeedGivesTheSameReport) {
  std::string texts[2];
  for (std::string& text : texts) {
    auto lab = lab_of(cut_and_mend());
    ASSERT_NE(lab, nullptr);
    Script script(*lab, [](const EventResult&) {});
    ASSERT_TRUE(quiet(*lab, script));
    ASSERT_TRUE(script.run(kNever));
    text = to_json(*lab, script, lab->report()).dump();
  }
  EXPECT_EQ(texts[0], texts[1]);
}

TEST(LabOspf, WhatIsCutOffHasNoRoute) {
  Plan plan = ospf_plan(*make_graph("line", 3));
  plan.duration = millis(300);  // longer than senders wait for news
  plan.events = {{EventPlan::What::kCut, millis(10), "r2-r3"}};
  auto lab = lab_of(std::move(plan));
  ASSERT_NE(lab, nullptr);
  Script script(*lab, [](const EventResult&) {});
  ASSERT_TRUE(quiet(*lab, script));
  const auto took = script.run(kNever);
  ASSERT_TRUE(took) << took.error().message;
  EXPECT_TRUE(script.events()[0].complete_after_s);
  const Report report = lab->report();
  EXPECT_GT(report.lost(), 0u);
  EXPECT_TRUE(report.drops.contains("no_route"));
  EXPECT_EQ(report.imbalance, 0);
  EXPECT_EQ(report.unexplained(), 0u);
}

// What the lab believes of OSPF is put to the test: a router that costs differently than its
// config, a link that is not there.
TEST(LabOspf, ConvergenceSeesWhatIsMissing) {
  auto lab = lab_of(ospf_plan(*make_graph("ring", 4)));
  ASSERT_NE(lab, nullptr);
  Convergence convergence(*lab);
  EXPECT_TRUE(convergence.expected());
  EXPECT_FALSE(convergence.complete());
  EXPECT_NE(convergence.missing().find("Full"), std::string::npos) << convergence.missing();
  lab->run(seconds(20), [&] { return convergence.complete(); });
  EXPECT_TRUE(convergence.complete()) << convergence.missing();

  ASSERT_TRUE(lab->network().cut("r1-r2"));
  EXPECT_FALSE(convergence.complete());
  EXPECT_NE(convergence.missing().find("r1-r2"), std::string::npos) << convergence.missing();
  lab->run(seconds(1), [&] { return convergence.complete(); });
  EXPECT_TRUE(convergence.complete()) << convergence.missing();

  config::Config other = lab->plan().routers[2].config;
  other.ospf.ports[0].cost = 11;
  auto& store = lab->router("r3")->store();
  ASSERT_TRUE(store.boot(other));
  lab->run(seconds(3));
  EXPECT_FALSE(convergence.complete());
  EXPECT_NE(convergence.missing().find("costs"), std::string::npos) << convergence.missing();
}

// The way there may cost something else than the way back.
TEST(LabOspf, CostsOfBothDirectionsCount) {
  Plan plan = ospf_plan(*make_graph("ring", 4));
  plan.routers[0].config.ospf.ports[0].cost = 70;  // r1 towards r2
  plan.routers[2].config.ospf.ports[0].cost = 3;   // r3 towards r2
  auto lab = lab_of(std::move(plan));
  ASSERT_NE(lab, nullptr);
  Script script(*lab, [](const EventResult&) {});
  const auto ready = script.wait_ready(kNever);
  ASSERT_TRUE(ready) << ready.error().message;
}

TEST(LabOspf, StaticRoutesNeedNoConvergence) {
  Plan plan = build(*make_graph("ring", 3), {});
  plan.virtual_time = true;
  auto lab = lab_of(std::move(plan));
  ASSERT_NE(lab, nullptr);
  Script script(*lab, [](const EventResult&) {});
  ASSERT_TRUE(script.wait_ready(kNever));
  EXPECT_FALSE(script.converged_s());
}

}  // namespace
}  // namespace spanway::lab
