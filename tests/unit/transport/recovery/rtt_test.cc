// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/rtt.h"

#include <gtest/gtest.h>

namespace spanway::transport {
namespace {

constexpr Nanos kNow = seconds(1);

// RFC 6298 section 2: the figures follow from (2.2) and (2.3) by hand.
TEST(Rtt, FirstSampleSetsBoth) {
  Rtt rtt(kTcpRttLimits);
  EXPECT_FALSE(rtt.known());
  EXPECT_EQ(rtt.rto(), seconds(1));  // (2.1)
  rtt.sample(millis(800), Nanos(0), kNow);
  EXPECT_EQ(rtt.smoothed(), millis(800));
  EXPECT_EQ(rtt.variation(), millis(400));
  EXPECT_EQ(rtt.rto(), millis(2400));
}

TEST(Rtt, LaterSamplesMoveByAnEighthAndAQuarter) {
  Rtt rtt(kTcpRttLimits);
  rtt.sample(millis(800), Nanos(0), kNow);
  rtt.sample(millis(1600), Nanos(0), kNow);
  EXPECT_EQ(rtt.variation(), millis(500));  // 3/4 400 + 1/4 |800 - 1600|
  EXPECT_EQ(rtt.smoothed(), millis(900));   // 7/8 800 + 1/8 1600
  EXPECT_EQ(rtt.rto(), millis(2900));
  rtt.sample(millis(100), Nanos(0), kNow);
  EXPECT_EQ(rtt.variation(), millis(575));  // 3/4 500 + 1/4 |900 - 100|
  EXPECT_EQ(rtt.smoothed(), millis(800));
}

TEST(Rtt, SteadySamplesEndAtGranularityAndFloor) {
  const RttLimits limits{.floor = micros(1), .granularity = micros(10)};
  Rtt rtt(limits);
  for (int i = 0; i < 200; ++i) rtt.sample(micros(50), Nanos(0), kNow);
  EXPECT_EQ(rtt.smoothed(), micros(50));
  EXPECT_EQ(rtt.rto(), micros(60));  // SRTT + max(G, K * RTTVAR)
  Rtt tcp(kTcpRttLimits);
  for (int i = 0; i < 200; ++i) tcp.sample(micros(50), Nanos(0), kNow);
  EXPECT_EQ(tcp.rto(), seconds(1));  // (2.4)
}

TEST(Rtt, BackOffDoublesUpToTheCeilingAndASampleEndsIt) {
  Rtt rtt(kTcpRttLimits);
  rtt.sample(millis(500), Nanos(0), kNow);  // RTO 1.5 s
  const int64_t expected[] = {3, 6, 12, 24, 48, 60, 60};
  for (int64_t next : expected) {
    rtt.back_off();
    EXPECT_EQ(rtt.rto(), next < 60 ? Nanos(next * 1'000'000'000) : seconds(60));
  }
  for (int i = 0; i < 1000; ++i) rtt.back_off();
  EXPECT_EQ(rtt.rto(), seconds(60));
  rtt.sample(millis(500), Nanos(0), kNow);
  EXPECT_LT(rtt.rto(), seconds(2));
}

// A path of 50 us with a grace of a millisecond: lost thrice, a message is not late by 7 ms.
TEST(Rtt, BackOffDoublesThePathAndNotItsGrace) {
  const RttLimits limits{};
  Rtt rtt(limits);
  for (int i = 0; i < 200; ++i) rtt.sample(micros(50), Nanos(0), kNow);
  for (int timeouts = 0; timeouts <= 4; ++timeouts, rtt.back_off())
    EXPECT_EQ(rtt.rto(), micros(1050)) << timeouts;
  for (const int64_t round_trips : {32, 64, 128, 256}) {
    // The variation ends within some nanoseconds of nothing.
    EXPECT_NEAR(static_cast<double>(rtt.rto().ns()), 50e3 * static_cast<double>(round_trips), 2e3);
    rtt.back_off();
  }
  for (int i = 0; i < 30; ++i) rtt.back_off();
  EXPECT_EQ(rtt.rto(), seconds(1));
}

TEST(Rtt, TheCeilingEndsTheDoublingNotThePath) {
  const RttLimits limits{};
  Rtt rtt(limits);
  rtt.sample(seconds(2), Nanos(0), kNow);
  EXPECT_EQ(rtt.rto(), seconds(6));
  rtt.back_off();
  EXPECT_EQ(rtt.rto(), seconds(6));
}

TEST(Rtt, AnAnswerOfAnHourCountsAsAMinute) {
  Rtt rtt(kTcpRttLimits);
  for (int i = 0; i < 100; ++i) rtt.sample(seconds(3600), Nanos(0), kNow);
  EXPECT_EQ(rtt.smoothed(), seconds(60));
  EXPECT_LE(rtt.rto(), seconds(180));
}

// RFC 9002 section 5.3: the delay counts, but nothing falls below what the path once took.
TEST(Rtt, AckDelayIsTakenOffDownToTheSmallestTime) {
  Rtt rtt(kTcpRttLimits);
  rtt.sample(millis(100), millis(90), kNow);  // the first one is taken as it is
  EXPECT_EQ(rtt.smoothed(), millis(100));
  rtt.sample(millis(180), millis(80), kNow);
  EXPECT_EQ(rtt.smoothed(), millis(100));
  rtt.sample(millis(180), millis(81), kNow);  // would leave 99
  EXPECT_EQ(rtt.smoothed(), millis(110));
}

TEST(Rtt, SmallestTimeIsOfTheLastOneToTwoWindows) {
  const RttLimits limits{.min_window = seconds(10)};
  Rtt rtt(limits);
  rtt.sample(millis(5), Nanos(0), seconds(100));
  for (int s = 101; s < 110; ++s) rtt.sample(millis(9), Nanos(0), seconds(s));
  EXPECT_EQ(rtt.min(), millis(5));
  for (int s = 110; s < 120; ++s) rtt.sample(millis(9), Nanos(0), seconds(s));
  EXPECT_EQ(rtt.min(), millis(5));
  rtt.sample(millis(9), Nanos(0), seconds(120));
  EXPECT_EQ(rtt.min(), millis(9));
  rtt.sample(millis(20), Nanos(0), seconds(200));  // after a long pause only this one counts
  EXPECT_EQ(rtt.min(), millis(20));
}

}  // namespace
}  // namespace spanway::transport
