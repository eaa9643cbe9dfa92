// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/receive_log.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

namespace spanway::transport {
namespace {

constexpr AckPolicy kPolicy{};

TEST(ReceiveLog, AcknowledgesEverySecondAtOnceAndOneAfterADelay) {
  ReceiveLog log(kPolicy, PacketNumber(5));
  EXPECT_FALSE(log.any());
  EXPECT_EQ(log.deadline(), Nanos::never());
  EXPECT_EQ(log.note(PacketNumber(5), true, false, micros(100)), Arrival::kNew);
  EXPECT_FALSE(log.ack_due(micros(119)));
  EXPECT_TRUE(log.ack_due(micros(120)));
  log.note(PacketNumber(6), true, false, micros(101));
  EXPECT_TRUE(log.ack_due(micros(101)));
  EXPECT_EQ(log.words().largest, PacketNumber(6));
  EXPECT_EQ(log.delay(micros(110)), micros(9));
  log.told();
  EXPECT_FALSE(log.ack_due(seconds(1)));
  EXPECT_FALSE(log.owed());
}

TEST(ReceiveLog, WhoDoesNotAskGetsNoAnswer) {
  ReceiveLog log(kPolicy, PacketNumber(0));
  for (uint32_t n = 0; n < 9; ++n) log.note(PacketNumber(2 * n), false, true, micros(1));
  EXPECT_EQ(log.deadline(), Nanos::never());
  EXPECT_EQ(log.largest(), PacketNumber(16));
}

TEST(ReceiveLog, TellsAGapADuplicateAndAMarkAtOnce) {
  for (uint32_t unusual : {7u, 4u, 5u}) {
    ReceiveLog log(kPolicy, PacketNumber(0));
    for (uint32_t n = 0; n < 5; ++n) log.note(PacketNumber(n), true, false, micros(1));
    log.told();
    log.note(PacketNumber(unusual), true, unusual == 5, micros(2));
    EXPECT_TRUE(log.ack_due(micros(2))) << unusual;
    EXPECT_EQ(log.ce_count(), unusual == 5 ? 1u : 0u);
  }
}

TEST(ReceiveLog, ARunGrowsOverAFilledHole) {
  ReceiveLog log(kPolicy, PacketNumber(100));
  for (uint32_t n : {100, 101, 103, 104, 106}) log.note(PacketNumber(n), true, false, Nanos(1));
  EXPECT_EQ(log.run(), 1u);
  EXPECT_EQ(log.words().bitmap >> 60, 0b0110u);  // 105 is missing, 104 and 103 are there, 102 not
  EXPECT_EQ(log.note(PacketNumber(105), true, false, Nanos(2)), Arrival::kNew);
  EXPECT_EQ(log.run(), 4u);
  EXPECT_EQ(log.note(PacketNumber(102), true, false, Nanos(2)), Arrival::kNew);
  EXPECT_GE(log.run(), 7u);
  EXPECT_EQ(log.words().bitmap, 0u);
}

TEST(ReceiveLog, RefusesWhatIsTooFar) {
  ReceiveLog log(kPolicy, PacketNumber(0));
  EXPECT_EQ(log.note(PacketNumber(ReceiveLog::kFurthest), true, false, Nanos(0)), Arrival::kTooFar);
  EXPECT_EQ(log.note(PacketNumber(0x9000'0000), true, false, Nanos(0)), Arrival::kTooOld);
  EXPECT_EQ(log.note(PacketNumber(0), true, false, Nanos(0)), Arrival::kNew);
}

// The set of all that came, and what must follow from it.
void like_a_set(uint32_t base) {
  ReceiveLog log(kPolicy, PacketNumber(base));
  std::set<int64_t> came;
  int64_t largest = -1;
  const auto steps = *rc::gen::resize(
      300, rc::gen::container<std::vector<std::pair<uint8_t, uint16_t>>>(
               rc::gen::pair(rc::gen::arbitrary<uint8_t>(), rc::gen::arbitrary<uint16_t>())));
  for (const auto& [kind, by] : steps) {
    int64_t n = largest + 1;
    if (kind % 4 == 0) n = largest + by % 80;
    if (kind % 4 == 1) n = largest - by % 160;
    if (kind % 32 == 2) n = largest - by % 2000;
    if (kind % 64 == 3) n = largest + by;
    const Arrival arrival =
        log.note(PacketNumber(base + static_cast<uint32_t>(n)), true, false, Nanos(1));
    const bool known = n < 0 || came.contains(n);
    if (largest - n >= ReceiveLog::kRemembered) RC_ASSERT(arrival == Arrival::kTooOld);
    if (largest - n < ReceiveLog::kRemembered - 64)
      RC_ASSERT(arrival == (known ? Arrival::kDuplicate : Arrival::kNew));
    if (known) RC_ASSERT(arrival != Arrival::kNew);
    if (arrival == Arrival::kNew) came.insert(n);
    largest = std::max(largest, arrival == Arrival::kNew ? n : largest);

    // Every number an acknowledgement names arrived, and of the last 64 it names all.
    RC_ASSERT(log.largest() == PacketNumber(base + static_cast<uint32_t>(largest)));
    AckRanges room;
    std::set<int64_t> named;
    for (const AckRange& range : ranges_of(log.words(), room))
      for (int64_t i = 0; i <= std::min(range.last - range.first, 3000); ++i)
        named.insert(static_cast<int32_t>(range.last.value() - base) - i);
    for (int64_t i : named) RC_ASSERT(i < 0 || came.contains(i));
    for (int64_t i = largest; i > largest - 64 && i >= 0; --i)
      RC_ASSERT(named.contains(i) == came.contains(i));
  }
}

TEST(ReceiveLogProperty, LikeASetAlsoAroundTheWrap) {
  EXPECT_TRUE(rc::check("log == set", [] {
    like_a_set(*rc::gen::element<uint32_t>(0, 1, 63, 64, 0xffff'ffff, 0xffff'fc01, 0x7fff'fff0));
  }));
}

}  // namespace
}  // namespace spanway::transport
