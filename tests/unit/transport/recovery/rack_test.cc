// SPDX-License-Identifier: BSD-3-Clause
// RFC 8985, section by section, with an RTT of 100 ms.
#include "dataplane/transport/recovery/rack.h"

#include <gtest/gtest.h>

#include "tests/unit/transport/recovery/told.h"

namespace spanway::transport::test {
namespace {

// One packet went and came back in 100 ms, until t = 100 ms.
struct WithRtt : Driven {
  explicit WithRtt(const SenderOptions& o = plain()) : Driven(o) {
    send(1, millis(0));
    ack({{0, 0}}, millis(100));
  }
};

// The same, and the path has put 1 behind 2.
struct Reordering : WithRtt {
  Reordering() {
    send(2, millis(100));
    ack({{2, 2}}, millis(200));
    ack({{0, 2}}, millis(201));
  }
};

TEST(Rack, ThreeLaterOnesProveALossWhileOrderWasKept) {  // section 6.2 step 4, first rule
  WithRtt d;
  d.send(5, millis(100));
  d.ack({{2, 3}}, millis(200));
  EXPECT_TRUE(d.told.lost_.empty());
  d.ack({{2, 4}}, millis(200));
  EXPECT_EQ(d.told.lost_, Numbers{1});
  EXPECT_EQ(d.sender.counts().lost_fast, 1u);
}

TEST(Rack, FewerWaitForAQuarterOfTheSmallestRoundTrip) {  // steps 4 and 5
  WithRtt d;
  d.send(3, millis(100));
  d.ack({{2, 3}}, millis(200));
  EXPECT_EQ(d.sender.deadline(), millis(225));  // sent + RACK.rtt + min_rtt / 4
  d.timer(millis(224));
  EXPECT_TRUE(d.told.lost_.empty());
  d.timer(millis(225));
  EXPECT_EQ(d.told.lost_, Numbers{1});
}

TEST(Rack, AHoleFilledInTimeIsNotLost) {
  WithRtt d;
  d.send(3, millis(100));
  d.ack({{2, 3}}, millis(200));
  d.ack({{1, 3}}, millis(210));
  EXPECT_TRUE(d.told.lost_.empty());
  EXPECT_EQ(d.sender.deadline(), Nanos::never());
  EXPECT_TRUE(d.sender.rack().reordering_seen());  // step 3
}

TEST(Rack, OneAcknowledgementOfSeveralIsNotReordering) {  // step 3
  WithRtt d;
  d.send(4, millis(100));
  d.ack({{0, 2}}, millis(200));
  d.ack({{0, 4}}, millis(200));
  EXPECT_FALSE(d.sender.rack().reordering_seen());
}

TEST(Rack, OnceReorderedThreeLaterOnesProveNothing) {  // step 4
  Reordering d;
  d.send(8, millis(300));
  d.ack({{4, 10}, {0, 2}}, millis(400));
  EXPECT_TRUE(d.told.lost_.empty());
  d.timer(millis(425));
  EXPECT_EQ(d.told.lost_, Numbers{3});
}

TEST(Rack, OnlyThoseSentBeforeTheNewestDeliveredAreJudged) {  // step 5
  WithRtt d;
  d.send(4, millis(100));  // 1 to 4
  d.send(3, millis(150));  // 5 to 7
  d.ack({{2, 4}}, millis(200));
  EXPECT_EQ(d.told.lost_, Numbers{1});
  EXPECT_EQ(d.sender.scoreboard().packets_in_flight(), 3u);
}

TEST(Rack, ALostRetransmissionIsFoundAsWell) {
  WithRtt d;
  d.send(4, millis(100));  // 1 lost
  d.ack({{2, 4}}, millis(200));
  d.send(1, millis(200));  // 5 carries what 1 carried, and is lost too
  d.send(1, millis(201));
  d.ack({{6, 6}, {2, 4}}, millis(301));
  EXPECT_EQ(d.told.lost_, (Numbers{1, 5}));
}

TEST(Rack, ALateOneWidensTheWindowOnceARoundTrip) {  // step 4, D-SACK
  WithRtt d;
  d.send(6, millis(100));  // 1 to 6
  d.ack({{3, 5}}, millis(200));
  ASSERT_EQ(d.told.lost_, (Numbers{1, 2}));
  d.ack({{1, 1}}, millis(201));
  d.ack({{2, 2}}, millis(202));
  EXPECT_EQ(d.told.late_, (Numbers{1, 2}));
  EXPECT_EQ(d.sender.rack().multiplier(), 2);
  const Rtt& rtt = d.sender.rtt();
  EXPECT_EQ(d.sender.rack().reorder_window(false, 9, rtt), millis(50));
}

TEST(Rack, TheWindowNeverExceedsARoundTripAndShrinksAfterSixteenRecoveries) {
  Rack rack;
  Rtt rtt(kTcpRttLimits);
  rtt.sample(millis(100), Nanos(0), seconds(1));
  rack.delivered(PacketNumber(0), millis(0), PacketNumber(0), millis(100));
  for (uint32_t i = 1; i < 300; ++i) {
    rack.spurious(PacketNumber(i), PacketNumber(i));
    EXPECT_LE(rack.reorder_window(true, 3, rtt), rtt.smoothed());
  }
  EXPECT_EQ(rack.reorder_window(true, 3, rtt), millis(100));
  for (int i = 0; i < 15; ++i) rack.recovered();
  EXPECT_EQ(rack.reorder_window(true, 3, rtt), millis(100));
  rack.recovered();
  EXPECT_EQ(rack.reorder_window(true, 3, rtt), millis(25));
}

TEST(Rack, ATimeoutLosesTheOldestAndWhatIsAsOld) {  // section 6.3
  SenderOptions options = Driven::plain();
  options.rtt.floor = millis(1);
  WithRtt d(options);
  for (int i = 0; i < 20; ++i) {  // a steady path: RTO comes near the SRTT
    d.send(1, millis(100 + 100 * i));
    d.ack({{0, static_cast<uint32_t>(i + 1)}}, millis(200 + 100 * i));
  }
  const Nanos start = millis(2200);
  d.send(2, start);
  const Nanos probe = d.sender.deadline();
  ASSERT_EQ(d.timer(probe), TimerVerdict::kProbe);
  const uint32_t first = d.sender.next().value() - 2;
  const Nanos timeout = d.sender.deadline();
  d.send(1, timeout - millis(1));
  d.timer(d.sender.deadline());
  EXPECT_EQ(d.told.lost_, (Numbers{first, first + 1}));  // not the one sent just now
  EXPECT_EQ(d.sender.counts().timeouts, 1u);
  EXPECT_EQ(d.sender.counts().lost_timeout, 2u);
}

TEST(TailProbe, ComesAfterTwoRoundTrips) {  // section 7.2
  WithRtt d;
  d.send(2, millis(100));
  EXPECT_EQ(d.sender.deadline(), millis(300));
  WithRtt one;
  one.send(1, millis(100));
  EXPECT_EQ(one.sender.deadline(), millis(305));  // and the peer's delay for a single one
  one.send(1, millis(150));
  EXPECT_EQ(one.sender.deadline(), millis(350));  // new data: measured from there
}

TEST(TailProbe, ComesNoLaterThanTheTimeout) {
  SenderOptions options = Driven::plain();
  WithRtt d(options);
  for (int i = 0; i < 40; ++i) {
    d.send(1, millis(100 + 100 * i));
    d.ack({{0, static_cast<uint32_t>(i + 1)}}, millis(200 + 100 * i));
  }
  d.send(2, millis(4100));
  EXPECT_EQ(d.sender.deadline(), millis(4100) + d.sender.rtt().rto());
  EXPECT_LT(d.sender.rtt().rto(), millis(200));
  EXPECT_EQ(d.timer(d.sender.deadline()), TimerVerdict::kProbe);
}

TEST(TailProbe, ItsAnswerShowsWhatTheTailLost) {  // section 7.4
  WithRtt d;
  d.send(3, millis(100));  // 1 to 3, all lost
  ASSERT_EQ(d.timer(millis(300)), TimerVerdict::kProbe);
  EXPECT_TRUE(d.sender.may_send(Driven::kBytes, millis(300)));
  d.send(1, millis(300));  // 4
  EXPECT_TRUE(d.told.lost_.empty());
  d.ack({{4, 4}}, millis(400));
  EXPECT_EQ(d.told.lost_, (Numbers{1, 2, 3}));
  EXPECT_EQ(d.sender.counts().timeouts, 0u);
  EXPECT_EQ(d.sender.congestion().phase(), Phase::kRecovery);  // the loss is not hidden
}

TEST(TailProbe, NothingIsLostWhenTheTailWasOnlySlow) {
  WithRtt d;
  d.send(2, millis(100));
  ASSERT_EQ(d.timer(millis(300)), TimerVerdict::kProbe);
  d.send(1, millis(300));
  d.ack({{0, 2}}, millis(310));
  d.ack({{0, 3}}, millis(400));
  EXPECT_TRUE(d.told.lost_.empty());
  EXPECT_EQ(d.sender.congestion().phase(), Phase::kSlowStart);
}

TEST(TailProbe, OneAtATimeThenTheTimeoutMeasuredFromIt) {  // section 7.3
  WithRtt d;
  d.send(2, millis(100));
  ASSERT_EQ(d.timer(millis(300)), TimerVerdict::kProbe);
  d.send(1, millis(300));
  EXPECT_EQ(d.sender.deadline(), millis(300) + d.sender.rtt().rto());
  EXPECT_EQ(d.timer(d.sender.deadline()), TimerVerdict::kNothing);
  EXPECT_EQ(d.sender.counts().timeouts, 1u);
}

TEST(TailProbe, NoneInRecoveryNorBeyondAHole) {  // section 7.2
  WithRtt d;
  d.send(6, millis(100));
  d.ack({{2, 2}}, millis(200));
  EXPECT_EQ(d.sender.deadline(), millis(225));  // the hole's, not a probe's
  d.ack({{2, 4}}, millis(201));
  ASSERT_EQ(d.sender.congestion().phase(), Phase::kRecovery);
  EXPECT_EQ(d.sender.deadline(), millis(201) + d.sender.rtt().rto());
}

}  // namespace
}  // namespace spanway::transport::test
