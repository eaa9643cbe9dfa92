// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/congestion.h"

#include <gtest/gtest.h>

#include <cmath>

namespace spanway::transport {
namespace {

constexpr uint32_t kSegment = 1000;
constexpr Nanos kRtt = millis(100);

// A sender that always fills its window: one call is a round trip.
class Round {
 public:
  explicit Round(Algorithm algorithm) : congestion(algorithm, kSegment, PacketNumber(0)) {}
  void trip(Nanos rtt = kRtt) {
    now += rtt;
    const uint64_t packets = congestion.window() / kSegment;
    for (uint64_t i = 0; i < packets; ++i) {
      congestion.sent(next, congestion.window());
      ++next;
    }
    for (uint64_t i = packets; i > 0; --i)
      congestion.delivered({.bytes = kSegment,
                            .newest = next - static_cast<uint32_t>(i),
                            .next = next,
                            .rtt = rtt,
                            .srtt = rtt,
                            .now = now});
  }
  Congested all() const {
    return {.flight = congestion.window(),
            .in_flight = congestion.window() - kSegment,
            .struck = next - 1u,
            .next = next};
  }
  // A loss, and recovery to its end.
  void lose() {
    congestion.congested(all());
    congestion.sent(next, congestion.window());
    ++next;
    congestion.delivered(
        {.bytes = kSegment, .newest = next - 1u, .next = next, .srtt = kRtt, .now = now});
  }
  double segments() const { return static_cast<double>(congestion.window()) / kSegment; }

  Congestion congestion;
  PacketNumber next{0};
  Nanos now = seconds(1);
};

TEST(Congestion, SlowStartDoubles) {  // RFC 5681 section 3.1, RFC 6928
  Round r(Algorithm::kReno);
  EXPECT_EQ(r.segments(), 10);
  r.trip();
  EXPECT_EQ(r.segments(), 20);
  r.trip();
  EXPECT_EQ(r.segments(), 40);
}

TEST(Congestion, OneAcknowledgementAddsEightSegmentsAtMost) {  // RFC 3465, RFC 9406 section 4.3
  Round r(Algorithm::kReno);
  r.congestion.sent(PacketNumber(0), 10 * kSegment);
  r.congestion.delivered(
      {.bytes = 10 * kSegment, .newest = PacketNumber(0), .next = PacketNumber(1), .now = r.now});
  EXPECT_EQ(r.segments(), 18);
}

TEST(Reno, HalvesThenAddsASegmentARoundTrip) {  // RFC 5681 equations 3 and 4
  Round r(Algorithm::kReno);
  r.trip();
  r.trip();
  r.lose();
  EXPECT_EQ(r.segments(), 20);
  EXPECT_EQ(r.congestion.phase(), Phase::kAvoidance);
  r.trip();
  EXPECT_EQ(r.segments(), 21);
  for (int i = 0; i < 5; ++i) r.trip();
  EXPECT_EQ(r.segments(), 26);
}

TEST(Congestion, ATimeoutLeavesOneSegmentAndSlowStartToHalf) {  // RFC 5681 section 3.1
  Round r(Algorithm::kReno);
  r.trip();
  r.trip();
  r.congestion.timed_out(r.all());
  EXPECT_EQ(r.segments(), 1);
  EXPECT_EQ(r.congestion.phase(), Phase::kTimeout);
  EXPECT_EQ(r.congestion.threshold(), 20u * kSegment);
  r.congestion.timed_out(r.all());  // again: ssthresh stays
  EXPECT_EQ(r.congestion.threshold(), 20u * kSegment);
  for (int i = 0; i < 4; ++i) r.trip();
  EXPECT_EQ(r.segments(), 8);  // the first trip ends the episode
  for (int i = 0; i < 2; ++i) r.trip();
  EXPECT_EQ(r.segments(), 20);
  EXPECT_EQ(r.congestion.phase(), Phase::kAvoidance);
}

TEST(Congestion, NeverBelowTwoSegments) {  // RFC 5681 equation 4
  for (Algorithm algorithm : {Algorithm::kReno, Algorithm::kCubic}) {
    Round r(algorithm);
    for (int i = 0; i < 20; ++i) r.lose();
    EXPECT_EQ(r.segments(), 2);
  }
}

TEST(Congestion, LossesOfOneWindowAreOneEpisode) {  // RFC 6582
  Round r(Algorithm::kReno);
  r.trip();
  const PacketNumber lost = r.next - 5u;
  EXPECT_TRUE(r.congestion.begins_episode(lost));
  r.congestion.congested(r.all());
  EXPECT_FALSE(r.congestion.begins_episode(lost + 1));
  EXPECT_TRUE(r.congestion.begins_episode(r.next));
}

TEST(Congestion, WhatTheApplicationLeftUnusedIsNotHalved) {  // RFC 7661 section 4.4.1
  Round r(Algorithm::kReno);
  r.trip();
  r.trip();                      // 40 segments
  for (int i = 0; i < 3; ++i) {  // only ten are used
    r.congestion.sent(r.next, 10 * kSegment);
    ++r.next;
    r.congestion.delivered(
        {.bytes = kSegment, .newest = r.next - 1u, .next = r.next, .now = r.now});
  }
  r.congestion.sent(r.next, 10 * kSegment);
  r.congestion.congested(
      {.flight = 10 * kSegment, .in_flight = 9 * kSegment, .struck = r.next, .next = r.next + 1});
  EXPECT_EQ(r.congestion.threshold(), 5u * kSegment);
}

TEST(Cubic, KAndTheCurveAreTheEquations) {  // RFC 9438 equations 1 and 2
  Cubic cubic;
  const uint64_t less = cubic.reduced(1000 * kSegment, kSegment);
  EXPECT_EQ(less, 700u * kSegment);
  EXPECT_EQ(cubic.w_max(), 1000);
  cubic.grown(less, kSegment, kSegment, true, kRtt, seconds(1));
  EXPECT_NEAR(cubic.k(), std::cbrt(1000 * 0.3 / 0.4), 1e-9);
  EXPECT_NEAR(cubic.w_cubic(0), 700, 1e-6);
  EXPECT_NEAR(cubic.w_cubic(cubic.k()), 1000, 1e-9);
  EXPECT_NEAR(cubic.w_cubic(cubic.k() + 5), 1050, 1e-9);
}

TEST(Cubic, TheWindowFollowsTheCurve) {
  Cubic cubic;
  uint64_t window = cubic.reduced(1000 * kSegment, kSegment);
  Nanos now = seconds(1);
  const Nanos step = millis(1);
  for (int ms = 0; ms < 15'000; ++ms, now += step)
    window = cubic.grown(window, window / 100, kSegment, true, kRtt, now);
  // 15 s after the reduction; the window is at most a round trip behind its target.
  EXPECT_NEAR(static_cast<double>(window) / kSegment, cubic.w_cubic(15), 5);
  EXPECT_GT(window, 1050u * kSegment);
}

TEST(Cubic, FastConvergenceGivesRoomToOthers) {  // section 4.7
  Cubic cubic;
  cubic.reduced(1000 * kSegment, kSegment);
  cubic.reduced(900 * kSegment, kSegment);
  EXPECT_NEAR(cubic.w_max(), 900 * 0.85, 1e-9);
  cubic.reduced(950 * kSegment, kSegment);
  EXPECT_NEAR(cubic.w_max(), 950, 1e-9);
}

TEST(Cubic, IsNeverSlowerThanReno) {  // section 4.3
  Round cubic(Algorithm::kCubic);
  cubic.trip();
  cubic.trip();  // 40
  cubic.lose();
  EXPECT_EQ(cubic.segments(), 28);
  // With an RTT of 1 ms the curve hardly moves; Reno's does, by alpha a round trip until it is
  // back.
  const double alpha = 3 * 0.3 / 1.7;
  for (int i = 0; i < 10; ++i) cubic.trip(millis(1));
  EXPECT_NEAR(cubic.segments(), 28 + 10 * alpha, 0.8);
  for (int i = 0; i < 13; ++i) cubic.trip(millis(1));
  const double back = cubic.segments();
  EXPECT_NEAR(back, 40, 1);
  for (int i = 0; i < 10; ++i) cubic.trip(millis(1));
  EXPECT_NEAR(cubic.segments(), back + 10, 1.5);
}

TEST(Cubic, TimeDoesNotPassWhileTheApplicationIsSilent) {  // section 5.8
  Cubic cubic;
  uint64_t window = cubic.reduced(1000 * kSegment, kSegment);
  Nanos now = seconds(1);
  window = cubic.grown(window, kSegment, kSegment, true, kRtt, now);
  for (int s = 0; s < 100; ++s) {
    now += seconds(1);
    window = cubic.grown(window, kSegment, kSegment, false, kRtt, now);
  }
  EXPECT_EQ(window, 700u * kSegment);
  for (int i = 0; i < 100; ++i) {
    now += millis(1);
    window = cubic.grown(window, 7 * kSegment, kSegment, true, kRtt, now);
  }
  EXPECT_LT(window, 750u * kSegment);
}

TEST(Cubic, AfterATimeoutItStartsOnThePlateau) {  // section 4.8
  Round r(Algorithm::kCubic);
  r.trip();
  r.trip();
  r.congestion.timed_out(r.all());
  EXPECT_EQ(r.congestion.threshold(), 28u * kSegment);
  for (int i = 0; i < 8 && r.congestion.phase() != Phase::kAvoidance; ++i) r.trip(millis(1));
  EXPECT_NEAR(r.segments(), 28, 0.1);
}

TEST(SlowStart, EndsWhenTheRoundTripGrows) {  // RFC 9406 section 4.2
  Round r(Algorithm::kReno);
  r.trip(millis(80));
  r.trip(millis(80));
  EXPECT_EQ(r.congestion.phase(), Phase::kSlowStart);
  r.trip(millis(90));  // 80 / 8 more
  EXPECT_EQ(r.congestion.phase(), Phase::kConservativeSlowStart);
  const double entered = r.segments();
  r.trip(millis(90));
  EXPECT_NEAR(r.segments(), entered * 1.25, 1);
  for (int i = 0; i < 5; ++i) r.trip(millis(90));
  EXPECT_EQ(r.congestion.phase(), Phase::kAvoidance);
  EXPECT_LT(r.segments(), entered * std::pow(1.25, 5) + 1);
}

TEST(SlowStart, GoesOnAfterAFalseAlarm) {  // RFC 9406 section 4.2
  Round r(Algorithm::kReno);
  r.trip(millis(80));
  r.trip(millis(90));
  r.trip(millis(90));
  ASSERT_EQ(r.congestion.phase(), Phase::kConservativeSlowStart);
  r.trip(millis(80));
  EXPECT_EQ(r.congestion.phase(), Phase::kSlowStart);
}

// RFC 6937: of 20 segments in flight one is lost; nine more may leave while the other 19 arrive.
TEST(Prr, SendsInProportionDownToTheThreshold) {
  constexpr uint64_t kThreshold = 10 * kSegment;
  Prr prr;
  prr.begin(20 * kSegment, 0);
  uint64_t pipe = 19 * kSegment, sent = 0;
  for (int i = 0; i < 19; ++i) {
    pipe -= kSegment;
    const uint64_t window = prr.window(pipe, kSegment, sent, kThreshold, kSegment);
    EXPECT_GE(window, pipe);
    while (pipe + kSegment <= window) {
      pipe += kSegment;
      sent += kSegment;
    }
    EXPECT_LE(sent, static_cast<uint64_t>(i / 2 + 1) * kSegment);
  }
  EXPECT_GE(sent, 9u * kSegment);
  EXPECT_LE(pipe, kThreshold);
}

TEST(Prr, RefillsByWhatArrivesAfterAHeavyLoss) {  // RFC 6937 section 3, SSRB
  constexpr uint64_t kThreshold = 10 * kSegment;
  Prr prr;
  prr.begin(20 * kSegment, 0);
  // 16 were lost: only 4 in flight. One arrives: itself and one segment more may leave.
  EXPECT_EQ(prr.window(3 * kSegment, kSegment, 0, kThreshold, kSegment), 5u * kSegment);
}

}  // namespace
}  // namespace spanway::transport
