// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/parse.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace spanway::lab {
namespace {

class LabFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() /
            ("spanway-lab-test-" + std::to_string(getpid()) + ".toml");
  }
  void TearDown() override { std::filesystem::remove(path_); }
  Result<Plan> load(const std::string& text) {
    std::ofstream(path_) << text;
    return lab::load(path_, false);
  }
  std::string error_of(const std::string& text) {
    auto plan = load(text);
    return plan ? "" : plan.error().message;
  }
  std::filesystem::path path_;
};

TEST(Units, RatesAndSpans) {
  EXPECT_EQ(*parse_rate("10G"), 10'000'000'000u);
  EXPECT_EQ(*parse_rate("1.5M"), 1'500'000u);
  EXPECT_EQ(*parse_rate("0"), 0u);
  EXPECT_EQ(*parse_span("50us"), micros(50));
  EXPECT_EQ(*parse_span("1.5ms"), micros(1500));
  for (const char* bad : {"", "10", "10x", "-1s", "s", "1 s"}) EXPECT_FALSE(parse_span(bad)) << bad;
  for (const char* bad : {"", "10T", "-1G", "G", "9999G"}) EXPECT_FALSE(parse_rate(bad)) << bad;
}

TEST(Topology, IsAShapeWithItsRouters) {
  for (const char* good : {"ring:6", "star:5", "tree:7", "line:4", "mesh:4", "grid:6"}) {
    const auto plan = plan_of(good, {});
    ASSERT_TRUE(plan) << good << plan.error().message;
    EXPECT_EQ(plan->name, good);
    EXPECT_EQ(plan->routers.size(), static_cast<size_t>(good[5] - '0'));
    EXPECT_TRUE(plan->guests.empty());
  }
  EXPECT_FALSE(plan_of("ring:3", {.guests = true})->guests.empty());
  for (const char* bad : {"ring", "ring:", ":3", "ring:2", "ring:x", "ring:3x", "ring:-3", "cube:8",
                          "line:201", "ring:99999999999"}) {
    const auto plan = plan_of(bad, {});
    ASSERT_FALSE(plan) << bad;
    EXPECT_NE(plan.error().fix, "") << bad;
  }
}

TEST(Topology, TakesTheSettingsOfAFile) {
  Plan plan;
  ASSERT_TRUE(override_settings(plan, "", "", ""));
  EXPECT_EQ(plan.seed, Plan{}.seed);
  ASSERT_TRUE(override_settings(plan, "7", "virtual", "250ms"));
  EXPECT_EQ(plan.seed, 7u);
  EXPECT_TRUE(plan.virtual_time);
  EXPECT_EQ(plan.duration, millis(250));
  ASSERT_TRUE(override_settings(plan, "", "real", ""));
  EXPECT_FALSE(plan.virtual_time);
  EXPECT_FALSE(override_settings(plan, "x", "", ""));
  EXPECT_FALSE(override_settings(plan, "", "later", ""));
  EXPECT_FALSE(override_settings(plan, "", "", "soon"));
}

TEST_F(LabFile, AShapeWithWires) {
  auto plan = load(
      "[lab]\nshape='ring'\nrouters=3\ntime='virtual'\nseed=9\nduration='2s'\n"
      "[wires]\nrate='1G'\nloss=0.5\n");
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->routers.size(), 3u);
  EXPECT_EQ(plan->wires.size(), 6u);  // three between routers, three to hosts
  EXPECT_TRUE(plan->virtual_time);
  EXPECT_EQ(plan->seed, 9u);
  EXPECT_EQ(plan->duration, seconds(2));
  EXPECT_EQ(plan->wires[0].lane.rate_bps, 1'000'000'000u);
  EXPECT_EQ(plan->wires[0].lane.impairment.loss, 0.5);
}

TEST_F(LabFile, OspfWithCostsAndEvents) {
  auto plan = load(
      "[lab]\nshape='ring'\nrouters=4\nrouting='ospf'\ncost=7\nduration='3s'\n"
      "[[wire]]\nname='r2-r3'\ncost=40\ndelay='5ms'\n"
      "[[event]]\nat='2s'\nmend='r1-r2'\n[[event]]\nat='500ms'\ncut='r1-r2'\n");
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->routers[0].config.ospf.ports[0].cost, 7);
  EXPECT_EQ(plan->routers[2].config.ospf.ports[0].cost, 40);
  EXPECT_EQ(plan->wires[1].lane.delay, millis(5));
  ASSERT_EQ(plan->events.size(), 2u);
  EXPECT_EQ(plan->events[0].at, millis(500));
  EXPECT_EQ(plan->events[0].what, EventPlan::What::kCut);
  EXPECT_EQ(plan->events[1].what, EventPlan::What::kMend);
  EXPECT_FALSE(override_settings(*plan, "", "", "1s"));  // an event would come after the end
}

TEST_F(LabFile, ATopologyBesideTheFile) {
  const auto gml = path_.parent_path() / (path_.stem().string() + ".gml");
  std::ofstream(gml)
      << "graph [ label \"two\" node [ id 0 ] node [ id 1 ] edge [ source 0 target 1 ] ]";
  const std::string name = gml.filename();
  auto plan = load("[lab]\ntopology='" + name + "'\n");
  auto fixed = load("[lab]\ntopology='" + name + "'\nrouting='static'\n");
  std::filesystem::remove(gml);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->routers.size(), 2u);
  EXPECT_FALSE(plan->routers[0].config.ospf.ports.empty());
  ASSERT_TRUE(fixed) << fixed.error().message;
  EXPECT_TRUE(fixed->routers[0].config.ospf.ports.empty());
}

TEST_F(LabFile, FaultsOfOspfAndEvents) {
  const std::string ring = "[lab]\nshape='ring'\nrouters=3\nrouting='ospf'\n";
  EXPECT_NE(error_of("[lab]\nshape='ring'\nrouters=3\nrouting='rip'\n").find("'rip'"),
            std::string::npos);
  EXPECT_NE(error_of(ring + "cost=0\n").find(":5:"), std::string::npos);
  EXPECT_NE(error_of(ring + "topology='x.gml'\n").find("exclude"), std::string::npos);
  EXPECT_NE(error_of("[lab]\ntopology='nowhere.gml'\n").find("nowhere.gml"), std::string::npos);
  EXPECT_NE(error_of(ring + "[[wire]]\nname='r1-r9'\n").find(":5:"), std::string::npos);
  EXPECT_NE(error_of(ring + "[[event]]\nat='1s'\ncut='r1-r9'\n").find("r1-r9"), std::string::npos);
  EXPECT_NE(error_of(ring + "[[event]]\nat='1s'\n").find("either"), std::string::npos);
  EXPECT_NE(error_of(ring + "[[event]]\nat='1s'\ncut='r1-r2'\nmend='r1-r2'\n").find("either"),
            std::string::npos);
  EXPECT_NE(error_of(ring + "[[event]]\ncut='r1-r2'\n").find("at is missing"), std::string::npos);
  EXPECT_NE(error_of(ring + "[[event]]\nat='9s'\ncut='r1-r2'\n").find("after"), std::string::npos);
  EXPECT_NE(
      error_of("[lab]\nshape='ring'\nrouters=3\n[[wire]]\nname='r1-r2'\ncost=5\n").find("OSPF"),
      std::string::npos);
}

TEST_F(LabFile, FaultsHaveTheirPlace) {
  EXPECT_NE(error_of("[lab]\nshape='ring'\nrouters=3\nroutes=4\n").find(":4:"), std::string::npos);
  EXPECT_NE(error_of("[lab]\nshape='ring'\nrouters='3'\n").find(":3:"), std::string::npos);
  EXPECT_NE(error_of("[lab]\nshape='ring'\nrouters=-3\n").find("range"), std::string::npos);
  EXPECT_NE(error_of("[lab]\nshape='ring'\nrouters=2\n").find("ring"), std::string::npos);
  EXPECT_NE(error_of("[lab]\nshape='ring'\nrouters=3\n[wires]\nloss=2\n").find(":5:"),
            std::string::npos);
  EXPECT_NE(error_of("[lab\n").find(":1:"), std::string::npos);
  EXPECT_NE(error_of("[lab]\n").find("no routers"), std::string::npos);
  EXPECT_NE(error_of("x=1\n").find("unknown key 'x'"), std::string::npos);
}

TEST_F(LabFile, TheExamplesLoad) {
  for (const char* name : {"ring", "ring-ospf", "star", "tree", "lossy"}) {
    auto plan =
        lab::load(std::string(SPANWAY_SOURCE_ROOT) + "/docs/examples/" + name + ".toml", false);
    EXPECT_TRUE(plan) << plan.error().message;
  }
}

}  // namespace
}  // namespace spanway::lab
