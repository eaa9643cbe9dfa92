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
  for (const char* name : {"ring", "star", "tree", "lossy"}) {
    auto plan =
        lab::load(std::string(SPANWAY_SOURCE_ROOT) + "/docs/examples/" + name + ".toml", false);
    EXPECT_TRUE(plan) << plan.error().message;
  }
}

}  // namespace
}  // namespace spanway::lab
