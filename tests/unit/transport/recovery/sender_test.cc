// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/sender.h"

#include <gtest/gtest.h>

#include "tests/unit/transport/recovery/told.h"

namespace spanway::transport::test {
namespace {

TEST(Sender, TellsEachOneOnce) {
  Driven d;
  d.send(4, millis(0));
  EXPECT_EQ(d.ack({{0, 1}}, millis(10)), AckVerdict::kNews);
  EXPECT_EQ(d.ack({{0, 1}}, millis(11)), AckVerdict::kNothing);
  EXPECT_EQ(d.ack({{0, 3}}, millis(12)), AckVerdict::kNews);
  EXPECT_EQ(d.told.delivered_, (Numbers{0, 1, 2, 3}));
  EXPECT_EQ(d.sender.deadline(), Nanos::never());
}

// Its earlier acknowledgements were lost: how long the path takes, nobody knows by this one.
TEST(Sender, AnAnswerOfUnknownDelayIsNoRoundTrip) {
  Driven d;
  d.send(1, millis(0));
  d.ack({{0, 0}}, millis(10));
  const Nanos rto = d.sender.rtt().rto();
  d.send(2, millis(20));
  for (int i = 0; i < 3; ++i) d.timer(d.sender.deadline());
  EXPECT_NE(d.sender.rtt().doublings(), 0);
  const AckRange first[] = {{PacketNumber(1), PacketNumber(1)}};
  EXPECT_EQ(d.sender.on_ack({first, Nanos::never()}, seconds(3), d.told), AckVerdict::kNews);
  const AckRange both[] = {{PacketNumber(1), PacketNumber(2)}};
  EXPECT_EQ(d.sender.on_ack({both, Nanos::never()}, seconds(3), d.told), AckVerdict::kNews);
  // Nor is that of one that was never called lost.
  d.send(1, seconds(3));
  const AckRange all[] = {{PacketNumber(1), PacketNumber(3)}};
  EXPECT_EQ(d.sender.on_ack({all, Nanos::never()}, seconds(6), d.told), AckVerdict::kNews);
  EXPECT_EQ(d.sender.rtt().smoothed(), millis(10));
  EXPECT_EQ(d.sender.rtt().doublings(), 0);
  EXPECT_LE(d.sender.rtt().rto(), rto);
}

TEST(Sender, RefusesWhatNoHonestReceiverSays) {
  Driven d;
  d.send(10, millis(0));
  EXPECT_EQ(d.ack({}, millis(10)), AckVerdict::kRefused);
  EXPECT_EQ(d.ack({{0, 10}}, millis(10)), AckVerdict::kRefused);  // 10 was not sent yet
  EXPECT_EQ(d.ack({{0x7fff'0000, 0x7fff'0001}}, millis(10)), AckVerdict::kRefused);
  // Its end is half the circle behind, its begin half the circle ahead.
  EXPECT_EQ(d.ack({{0x7fff'0901, 0x8000'0900}}, millis(10)), AckVerdict::kRefused);
  EXPECT_EQ(d.ack({{0, 3}, {0x7fff'0901, 0x8000'0900}}, millis(10)), AckVerdict::kRefused);
  EXPECT_EQ(d.ack({{3, 2}}, millis(10)), AckVerdict::kRefused);
  EXPECT_EQ(d.ack({{2, 4}, {4, 5}}, millis(10)), AckVerdict::kRefused);
  EXPECT_EQ(d.ack({{2, 4}, {1, 2}}, millis(10)), AckVerdict::kRefused);
  EXPECT_TRUE(d.told.delivered_.empty());
  EXPECT_EQ(d.sender.counts().refused, 8u);
  EXPECT_EQ(d.window(), 10'000u);
}

TEST(Sender, ASkippedNumberCatchesOptimists) {
  Driven d;
  d.send(2, millis(0));
  d.sender.skip(millis(0));
  d.send(2, millis(0));
  EXPECT_EQ(d.ack({{0, 4}}, millis(10)), AckVerdict::kRefused);
  EXPECT_EQ(d.ack({{3, 4}, {0, 1}}, millis(10)), AckVerdict::kNews);
  EXPECT_EQ(d.told.delivered_, (Numbers{3, 4, 0, 1}));
  EXPECT_TRUE(d.told.lost_.empty());
}

// RFC 3465 section 1: the window grows by bytes, not by acknowledgements.
TEST(Sender, SplittingAcknowledgementsGainsNothing) {
  Driven whole, split;
  for (Driven* d : {&whole, &split}) d->send(8, millis(0));
  whole.ack({{0, 7}}, millis(10));
  for (uint32_t n = 0; n < 8; ++n)
    for (int again = 0; again < 5; ++again) split.ack({{0, n}}, millis(10));
  EXPECT_EQ(whole.window(), 18'000u);
  EXPECT_EQ(split.window(), whole.window());
}

TEST(Sender, AWindowThatIsNotUsedDoesNotGrow) {
  Driven d;
  for (uint32_t n = 0; n < 100; ++n) {
    d.send(1, millis(n * 10));
    d.ack({{0, n}}, millis(n * 10 + 10));
  }
  EXPECT_EQ(d.window(), 10'000u);
  d.send(10, seconds(2));
  d.ack({{0, 104}}, seconds(3));
  EXPECT_EQ(d.window(), 15'000u);
}

TEST(Sender, MaySendWhatTheWindowHolds) {
  Driven d;
  uint32_t sent = 0;
  while (d.sender.may_send(Driven::kBytes, millis(0)) && sent < 100) {
    d.send(1, millis(0));
    ++sent;
  }
  EXPECT_EQ(sent, 10u);  // RFC 6928
  EXPECT_FALSE(d.sender.may_send(1, millis(0)));
}

TEST(Sender, OnePacketMayAlwaysBeInFlight) {
  SenderOptions options = Driven::plain();
  Driven d(options);
  EXPECT_TRUE(d.sender.may_send(1'000'000, millis(0)));
}

TEST(Sender, AMarkHalvesOnceAWindow) {  // RFC 3168 section 6.1.2
  SenderOptions options = Driven::plain();
  options.algorithm = Algorithm::kReno;
  Driven d(options);
  d.send(10, millis(0));
  d.ack({{0, 0}}, millis(100), 1);
  const uint64_t after = d.window();
  EXPECT_LE(after, 6'000u);
  EXPECT_EQ(d.sender.counts().marks, 1u);
  for (uint32_t n = 1; n < 10; ++n) d.ack({{0, n}}, millis(100), 1 + n);
  EXPECT_EQ(d.sender.counts().marks, 1u);
  d.send(5, millis(100));
  d.ack({{0, 10}}, millis(200), 11);
  EXPECT_EQ(d.sender.counts().marks, 2u);
  EXPECT_TRUE(d.told.lost_.empty());
}

TEST(Sender, AnOlderCountOfMarksSaysNothing) {
  Driven d;
  d.send(10, millis(0));
  d.ack({{0, 4}}, millis(100), 3);
  d.send(5, millis(100));
  d.ack({{0, 14}}, millis(200), 2);
  EXPECT_EQ(d.sender.counts().marks, 1u);
}

TEST(Sender, TheCountOfMarksWrapsAtTwelveBits) {
  Driven d;
  d.send(10, millis(0));
  d.ack({{0, 4}}, millis(100), 2000);
  d.send(5, millis(100));
  d.ack({{0, 14}}, millis(200), 4000);
  d.send(5, millis(200));
  d.ack({{0, 19}}, millis(300), 1);
  EXPECT_EQ(d.sender.counts().marks, 3u);
}

// RFC 9438 section 4.9: all that was lost in the episode arrived after all.
TEST(Sender, AnEpisodeThatWasNoneIsTakenBack) {
  Driven d;
  d.send(10, millis(0));
  d.ack({{2, 6}}, millis(100));
  ASSERT_EQ(d.told.lost_, (Numbers{0, 1}));
  const uint64_t before = 15'000;  // 10 segments and the five delivered
  EXPECT_LT(d.sender.congestion().threshold(), before);
  d.ack({{2, 6}, {0, 0}}, millis(101));
  EXPECT_EQ(d.sender.congestion().phase(), Phase::kRecovery);
  d.ack({{0, 6}}, millis(102));
  EXPECT_EQ(d.sender.congestion().phase(), Phase::kSlowStart);
  EXPECT_EQ(d.window(), before);
  EXPECT_EQ(d.sender.counts().undone, 1u);
  EXPECT_EQ(d.sender.counts().spurious, 2u);
}

TEST(Sender, ASpuriousTimeoutIsTakenBack) {
  Driven d;
  d.send(1, millis(0));
  d.ack({{0, 0}}, millis(100));
  d.send(4, millis(100));
  ASSERT_EQ(d.timer(d.sender.deadline()), TimerVerdict::kProbe);
  const uint64_t before = d.window();
  const Nanos timeout = d.sender.deadline();
  d.timer(timeout);
  EXPECT_EQ(d.told.lost_, (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(d.window(), 1'000u);
  d.ack({{0, 4}}, timeout + millis(1));
  EXPECT_EQ(d.told.late_, (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(d.window(), before);
  EXPECT_EQ(d.sender.rtt().doublings(), 0);
}

TEST(Sender, AHandshakeSetsTheFirstTimeout) {
  Driven d;
  d.send(1, millis(0));
  EXPECT_EQ(d.sender.deadline(), seconds(1));
  d.sender.learn_rtt(millis(10), millis(0));
  EXPECT_EQ(d.sender.deadline(), millis(25));  // a probe after two round trips and the peer's delay
}

TEST(Sender, AProbeOfThePathThatIsTooBigCostsNoWindow) {
  Driven d;
  d.send(1, millis(0));
  d.sender.on_sent(9000, millis(0), Cargo::kPathProbe);
  d.send(4, millis(0));
  d.ack({{2, 5}, {0, 0}}, millis(100));
  EXPECT_EQ(d.told.lost_, Numbers{1});
  EXPECT_EQ(d.sender.congestion().phase(), Phase::kSlowStart);
  EXPECT_EQ(d.sender.counts().episodes, 0u);
}

TEST(Sender, BacksOffAndGivesOnePacketEachTime) {
  Driven d;
  d.send(1, millis(0));
  d.ack({{0, 0}}, millis(1));
  d.send(3, millis(1));
  Nanos now = d.sender.deadline();
  ASSERT_EQ(d.timer(now), TimerVerdict::kProbe);
  d.send(1, now);
  Nanos gap;
  for (int i = 0; i < 8; ++i) {
    const Nanos at = d.sender.deadline();
    if (i >= 2) {
      EXPECT_EQ(at - now, gap * 2) << i;
    }
    gap = at - now;
    now = at;
    d.timer(now);
    EXPECT_EQ(d.window(), 1'000u);
    ASSERT_TRUE(d.sender.may_send(Driven::kBytes, now));
    d.send(1, now);
  }
  // ssthresh is of the first one alone (RFC 5681 section 3.1).
  EXPECT_GE(d.sender.congestion().threshold(), 2'000u);
}

TEST(Sender, CountsOnAroundTheWrap) {
  const SenderOptions options = Driven::plain();
  Sender sender(options, PacketNumber(0xffff'fffd));
  Told told;
  for (int i = 0; i < 6; ++i) sender.on_sent(1000, millis(0));
  const AckRange range{PacketNumber(0xffff'fffe), PacketNumber(2)};
  sender.on_ack(Ack{{&range, 1}, Nanos(0), 0}, millis(10), told);
  EXPECT_EQ(told.delivered_, (Numbers{0xffff'fffe, 0xffff'ffff, 0, 1, 2}));
  EXPECT_EQ(told.lost_, Numbers{0xffff'fffd});
}

TEST(Sender, PacesOnlyWhatIsCongested) {
  SenderOptions options = Driven::plain();
  options.pacing = true;
  Driven d(options);
  d.send(10, millis(0));
  d.ack({{0, 4}}, millis(100));
  EXPECT_FALSE(d.sender.pacer().paced());
  d.ack({{6, 9}, {0, 4}}, millis(100));  // 5 is lost
  d.send(1, millis(101));
  d.ack({{6, 10}, {0, 4}}, millis(201));
  ASSERT_TRUE(d.sender.pacer().paced());
  // A quarter more than the window each round trip.
  const double rate = 1.25 * static_cast<double>(d.window()) / d.sender.rtt().smoothed().seconds();
  EXPECT_NEAR(static_cast<double>(d.sender.pacer().rate()), rate, 0.02 * rate);
}

}  // namespace
}  // namespace spanway::transport::test
