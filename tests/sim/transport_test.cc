// SPDX-License-Identifier: BSD-3-Clause
// The message protocol between whole routers on simulated wires, in virtual time: handshake in
// control, packets in the workers, routed like any other.
#include <gtest/gtest.h>

#include "control/lab/lab.h"
#include "control/lab/shape.h"
#include "tests/support/eal.h"
#include "tests/support/lanes.h"

namespace spanway::lab {
namespace {

using transport::ProbeJob;
using transport::ProbeKind;
using transport::ProbeOptions;
using transport::Probes;

constexpr uint16_t kPort = 7007;

class Line : public testing::Test {
 protected:
  void TearDown() override {
    if (!lab_) return;
    EXPECT_EQ(lab_->report().imbalance, 0);
    lab_.reset();
    EXPECT_EQ(test::buffers_in_use(), 0u);
  }

  // r1 - r2 - r3 with hosts' networks behind the ends.
  void build(const sim::LaneOptions& lane) {
    Plan plan = lab::build(*make_graph("line", 3), {.lane = lane});
    plan.virtual_time = true;
    plan.seed = test::seed_of_this_run();
    auto made = Lab::create(std::move(plan), test::buffers(), "");
    ASSERT_TRUE(made) << made.error().message;
    lab_ = std::move(*made);
    lab_->run(seconds(5), [&] { return lab_->ready(); });
    ASSERT_TRUE(lab_->ready());
    r1_ = lab_->router("r1");
    r3_ = lab_->router("r3");
  }

  // An address of r3 that r1 has a route to.
  IpAddr far_address(Family family) {
    for (daemon::NamedInterface* one : r3_->interfaces().all())
      for (const IpWithLength& own : one->configured)
        if (own.addr.family() == family && !(own.addr.is6() && own.addr.v6().is_link_local()) &&
            r1_->source_for(own.addr, kNoInterface))
          return own.addr;
    ADD_FAILURE() << "no way to r3";
    return {};
  }

  uint32_t start(const ProbeOptions& options, Family family = Family::kIp4) {
    const auto number =
        r1_->probes().start({far_address(family), kPort}, std::nullopt, options, lab_->now());
    EXPECT_TRUE(number) << number.error().message;
    return number ? *number : 0;
  }
  // Until the measurement is over and its connection buried.
  const Probes::Probe& finish(uint32_t number, Nanos most) {
    lab_->run(most, [&] { return !r1_->probes().poll(number, lab_->now())->alive; });
    const Probes::Probe& probe = *r1_->probes().poll(number, lab_->now());
    EXPECT_FALSE(probe.alive);
    return probe;
  }

  std::unique_ptr<Lab> lab_;
  daemon::Engine* r1_ = nullptr;
  daemon::Engine* r3_ = nullptr;
};

TEST_F(Line, EchoesComeBackAfterTwiceTheWay) {
  build(test::gigabit());
  ASSERT_TRUE(r3_->probes().listen(kPort));
  for (const Family family : {Family::kIp4, Family::kIp6}) {
    const uint32_t number =
        start({.kind = ProbeKind::kPing, .count = 5, .interval = millis(2)}, family);
    const Probes::Probe& probe = finish(number, seconds(2));
    EXPECT_FALSE(probe.failed) << probe.failed->message;
    EXPECT_EQ(probe.job->done.get(), 5u);
    EXPECT_EQ(probe.job->end.get(), static_cast<uint64_t>(transport::End::kClosed));
    ProbeJob::Reply reply;
    for (uint64_t sequence = 1; sequence <= 5; ++sequence) {
      ASSERT_TRUE(probe.job->replies.pop(reply));
      EXPECT_EQ(reply.sequence, sequence);
      // Two wires of 20 us there and back, and what a turn takes.
      EXPECT_GT(reply.rtt, micros(80));
      EXPECT_LT(reply.rtt, micros(400));
    }
  }
  lab_->run(seconds(1));
  EXPECT_TRUE(r1_->transport().sessions().empty());
  EXPECT_TRUE(r3_->transport().sessions().empty());
}

TEST_F(Line, AStreamFillsTheWire) {
  build(test::gigabit());
  ASSERT_TRUE(r3_->probes().listen(kPort));
  const uint32_t number = start(
      {.kind = ProbeKind::kStream, .bytes = 100'000, .outstanding = 16, .duration = millis(300)});
  lab_->run(millis(200));
  const auto view = r1_->transport().session(number);
  ASSERT_TRUE(view);
  // 1,500 bytes of IPv4 packet hold 1,472; the search ends within 16 of them.
  EXPECT_GE(view->session->gauges().packet_bytes.get(), 1'456u);
  const Probes::Probe& probe = finish(number, seconds(3));
  const double seconds_sent =
      static_cast<double>(probe.job->ended_ns.get() - probe.job->began_ns.get()) / 1e9;
  const double bits = static_cast<double>(probe.job->done.get()) * 100'000 * 8;
  EXPECT_GT(bits / seconds_sent, 0.8e9);
  EXPECT_LT(bits / seconds_sent, 1.05e9);
}

TEST_F(Line, AStreamComesWhenAskedFor) {
  build(test::gigabit());
  ASSERT_TRUE(r3_->probes().listen(kPort));
  const uint32_t number = start(
      {.kind = ProbeKind::kFetch, .bytes = 100'000, .outstanding = 16, .duration = millis(300)});
  lab_->run(millis(200));
  ASSERT_EQ(r3_->transport().sessions().size(), 1u);
  EXPECT_GT(r3_->transport().sessions()[0].session->gauges().bytes_sent.get(), 10'000'000u);
  const Probes::Probe& probe = finish(number, seconds(3));
  EXPECT_EQ(probe.job->end.get(), static_cast<uint64_t>(transport::End::kClosed));
  const double bits = static_cast<double>(probe.job->done.get()) * 100'000 * 8;
  EXPECT_GT(bits / 0.3, 0.8e9);
  EXPECT_LT(bits / 0.3, 1.05e9);
}

TEST_F(Line, ALimitedConnectionSendsAtItsRate) {
  build(test::gigabit());
  ASSERT_TRUE(r3_->probes().listen(kPort));
  constexpr uint64_t kRate = 100'000'000;
  r1_->transport().limit_rate(kRate / 8);
  const uint32_t number = start(
      {.kind = ProbeKind::kStream, .bytes = 20'000, .outstanding = 16, .duration = millis(300)});
  const Probes::Probe& probe = finish(number, seconds(3));
  const double seconds_sent =
      static_cast<double>(probe.job->ended_ns.get() - probe.job->began_ns.get()) / 1e9;
  const double rate = static_cast<double>(probe.job->done.get()) * 20'000 * 8 / seconds_sent;
  EXPECT_LT(rate, kRate);  // headers have their share
  EXPECT_GT(rate, 0.9 * kRate);
}

TEST_F(Line, OnABadWireEverythingArrives) {
  sim::LaneOptions lane = test::gigabit();
  lane.impairment.loss = 0.01;
  lane.impairment.reorder = 0.01;
  lane.impairment.reorder_delay = micros(200);
  lane.impairment.duplicate = 0.01;
  lane.impairment.corrupt = 0.005;
  build(lane);
  ASSERT_TRUE(r3_->probes().listen(kPort));
  const uint32_t number =
      start({.kind = ProbeKind::kEcho, .bytes = 64, .outstanding = 8, .duration = millis(500)});
  const Probes::Probe& probe = finish(number, seconds(10));
  EXPECT_FALSE(probe.failed);
  EXPECT_GT(probe.job->done.get(), 1'000u);
  EXPECT_EQ(probe.job->done.get(), probe.job->sent.get());
  EXPECT_EQ(probe.job->end.get(), static_cast<uint64_t>(transport::End::kClosed));
}

TEST_F(Line, APortIsFreeWhileFormerConnectionsEnd) {
  build(test::gigabit());
  ASSERT_TRUE(r3_->probes().listen(kPort));
  const uint32_t former = start({.kind = ProbeKind::kPing, .count = 50, .interval = millis(2)});
  lab_->run(millis(20));
  ASSERT_EQ(r3_->transport().sessions().size(), 1u);
  r3_->probes().unlisten(kPort);
  ASSERT_TRUE(r3_->probes().listen(kPort)) << "only its listener holds a port";
  const uint32_t next = start({.kind = ProbeKind::kPing, .count = 3, .interval = millis(2)});
  EXPECT_FALSE(finish(next, seconds(2)).failed);
  EXPECT_EQ(finish(former, seconds(2)).job->done.get(), 50u);
  // From where somebody dials nobody else takes calls.
  const uint32_t last = start({.kind = ProbeKind::kPing, .count = 50, .interval = millis(2)});
  lab_->run(millis(20));
  const auto view = r1_->transport().session(last);
  ASSERT_TRUE(view);
  EXPECT_FALSE(r1_->probes().listen(view->session->path().own.port));
  finish(last, seconds(2));
}

TEST_F(Line, WhoLeavesSaysSo) {
  build(test::gigabit());
  ASSERT_TRUE(r3_->probes().listen(kPort));
  const uint32_t number = start({.kind = ProbeKind::kEcho, .duration = seconds(9)});
  lab_->run(millis(20));
  ASSERT_EQ(r3_->transport().sessions().size(), 1u);
  EXPECT_FALSE(r3_->take_leave(lab_->now()));
  lab_->run(millis(20));
  EXPECT_TRUE(r3_->take_leave(lab_->now()));
  const Probes::Probe& probe = finish(number, millis(20));
  EXPECT_EQ(probe.job->end.get(), static_cast<uint64_t>(transport::End::kClosed));
}

TEST_F(Line, NobodyListensIsSaidByName) {
  build(test::gigabit());
  const uint32_t number = start({.kind = ProbeKind::kPing, .count = 1});
  const Probes::Probe& probe = finish(number, seconds(10));
  ASSERT_TRUE(probe.failed);
  EXPECT_EQ(probe.failed->code, ErrorCode::kUnavailable);
  EXPECT_NE(probe.failed->message.find(":7007"), std::string::npos) << probe.failed->message;
}

TEST_F(Line, WithDifferentKeysNobodyMeets) {
  build(test::gigabit());
  ASSERT_TRUE(r3_->probes().listen(kPort));
  const std::vector<uint8_t> key(16, 7), other(16, 8);
  r1_->transport().protect({transport::Protected::kAes128Gcm, key});
  r3_->transport().protect({transport::Protected::kAes128Gcm, other});
  const uint32_t apart = start({.kind = ProbeKind::kPing, .count = 1});
  EXPECT_TRUE(finish(apart, seconds(10)).failed);
  r3_->transport().protect({transport::Protected::kAes128Gcm, key});
  const uint32_t together = start({.kind = ProbeKind::kPing, .count = 3, .interval = millis(1)});
  const Probes::Probe& probe = finish(together, seconds(10));
  EXPECT_FALSE(probe.failed);
  EXPECT_EQ(probe.job->done.get(), 3u);
}

}  // namespace
}  // namespace spanway::lab
