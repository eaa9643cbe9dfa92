// SPDX-License-Identifier: BSD-3-Clause
// One engine alone, its time in the test's hand.
#include "control/daemon/engine.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "drivers/sim/network.h"
#include "tests/support/eal.h"

namespace spanway::daemon {
namespace {

class OneEngine : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(network_.add("w"));
    EngineOptions options;
    options.buffers = test::buffers();
    options.network = &network_;
    engine_ = std::make_unique<Engine>(options);
  }
  void TearDown() override {
    engine_.reset();
    EXPECT_EQ(test::buffers_in_use(), 0u);
  }

  // Control and the worker have a turn each millisecond, the worker only while it lives.
  void run(Nanos span, bool worker_lives = true) {
    for (const Nanos end = now_ + span; now_ < end; now_ += millis(1)) {
      if (worker_lives) engine_->turn(WorkerId{0}, now_);
      engine_->step(now_);
    }
  }
  [[nodiscard]] Nanos time_of(const std::string& kind) const {
    const auto& log = engine_->events().log();
    const auto at = std::ranges::find(log, kind, &Event::kind);
    return at == log.end() ? Nanos::never() : at->time;
  }

  sim::Network network_;
  std::unique_ptr<Engine> engine_;
  Nanos now_{};
};

TEST_F(OneEngine, NoticesAStalledWorkerWithin100Milliseconds) {
  run(seconds(1));
  EXPECT_EQ(time_of("worker.stalled"), Nanos::never());
  const Nanos last_turn = now_;
  run(millis(300), false);
  EXPECT_LE(time_of("worker.stalled"), last_turn + millis(100));
  run(millis(100));
  EXPECT_GT(time_of("worker.running"), last_turn + millis(300) - millis(1));
  EXPECT_LT(time_of("worker.running"), now_);
}

TEST_F(OneEngine, ClosesAPortWithoutWaitingForAWorkerThatSleeps) {
  config::Config config;
  config::Port port;
  port.name = "p0";
  port.device = "sim:w.a";
  config.ports = {port};
  ASSERT_TRUE(engine_->store().apply(config, now_));
  run(millis(10));
  EXPECT_TRUE(network_.state("w")->plugged[0]);
  ASSERT_TRUE(engine_->store().apply(config::Config{}, now_));
  EXPECT_EQ(engine_->ports().find("p0"), nullptr);
  // The worker has not been quiet since: its device is still there, and control goes on.
  run(millis(50), false);
  EXPECT_TRUE(network_.state("w")->plugged[0]);
  run(millis(5));
  EXPECT_FALSE(network_.state("w")->plugged[0]);
}

TEST_F(OneEngine, AFailedChangeLeavesEverythingAsItWas) {
  config::Config config;
  config::Port good;
  good.name = "p0";
  good.device = "sim:w.a";
  config::Port bad = good;
  bad.name = "p1";
  bad.device = "sim:nowhere.a";
  config.ports = {good, bad};
  const auto applied = engine_->store().apply(config, now_);
  ASSERT_FALSE(applied);
  EXPECT_NE(applied.error().message.find("nowhere"), std::string::npos) << applied.error().message;
  EXPECT_EQ(engine_->ports().find("p0"), nullptr);
  EXPECT_TRUE(engine_->store().running().ports.empty());
  EXPECT_EQ(engine_->store().broken(), 0u);
  run(millis(10));
  EXPECT_FALSE(network_.state("w")->plugged[0]);
}

TEST_F(OneEngine, ABatchOfRoutesIsAllOrNothing) {
  const auto route = [](uint32_t i) {
    config::Route out;
    out.prefix = Prefix4(Ip4Addr(0x14000000 + (i << 8)), 24);
    out.kind = i % 2 == 0 ? config::RouteKind::kBlackhole : config::RouteKind::kReject;
    return out;
  };
  const size_t before = engine_->publisher().stats().routes4;
  std::vector<config::Change> changes;
  for (uint32_t i = 0; i < 1000; ++i) changes.emplace_back(config::RouteAdded{route(i)});
  changes[600] = config::RouteRemoved{route(5000)};
  size_t done = 1, failed = 0;
  Status status = engine_->apply_routes(changes, done, failed);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(done, 0u);
  EXPECT_EQ(failed, 600u);
  EXPECT_EQ(engine_->publisher().stats().routes4, before);
  changes[600] = config::RouteAdded{route(600)};
  changes[601] = config::RouteAdded{route(601)};
  config::Route& nowhere = std::get<config::RouteAdded>(changes[601]).route;
  nowhere.kind = config::RouteKind::kVia;
  nowhere.via = {{*IpAddr::parse("10.0.0.2"), "p9", 1}};
  ASSERT_FALSE(engine_->apply_routes(changes, done, failed));
  EXPECT_EQ(failed, 601u);
  EXPECT_EQ(engine_->publisher().stats().routes4, before);
  changes[601] = config::RouteAdded{route(601)};
  ASSERT_TRUE(engine_->apply_routes(changes, done, failed));
  EXPECT_EQ(engine_->publisher().stats().routes4, before + 1000);
  EXPECT_EQ(engine_->rib().lookup(*IpAddr::parse("20.0.7.1"))->target->kind,
            rib::TargetKind::kReject);
}

}  // namespace
}  // namespace spanway::daemon
