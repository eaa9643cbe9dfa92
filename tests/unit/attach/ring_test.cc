// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/attach/ring.h"

#include <gtest/gtest.h>

#include "tests/support/shared_ring.h"

namespace spanway::attach {
namespace {

constexpr uint32_t kEntries = kLeastRing;

Entry numbered(uint32_t number) {
  return {.kind = EntryKind::kSend,
          .detail = static_cast<uint8_t>(number),
          .stream = static_cast<uint16_t>(number * 3),
          .connection = number * 5,
          .place = number,
          .bytes = ~number};
}

class SharedRing : public testing::Test {
 protected:
  // An end stands where the last one of its side left off, as both begin at 0.
  test::RingRoom room_{kEntries};
  RingMemory memory_ = room_.memory();
  RingProducer producer_{memory_};
  RingConsumer consumer_{memory_};

  void store_produced(uint32_t value) {
    store(memory_.head->produced, value, std::memory_order_relaxed);
  }
  void store_consumed(uint32_t value) {
    store(memory_.head->consumed, value, std::memory_order_relaxed);
  }
};

TEST_F(SharedRing, EntriesArriveWholeAndInOrderRoundAndRound) {
  uint32_t in = 0, out = 0;
  Entry got;
  for (unsigned round = 0; round < 100; ++round) {
    for (unsigned i = 0; i < 1 + round % kEntries; ++i) ASSERT_TRUE(producer_.push(numbered(in++)));
    producer_.publish();
    while (consumer_.pop(got)) ASSERT_EQ(got, numbered(out++));
    consumer_.give_back();
    ASSERT_EQ(in, out);
  }
  EXPECT_FALSE(producer_.broken() || consumer_.broken());
}

TEST_F(SharedRing, NothingIsSeenBeforeItIsPublished) {
  Entry got;
  producer_.push(numbered(1));
  EXPECT_FALSE(consumer_.pop(got));
  producer_.publish();
  EXPECT_TRUE(consumer_.pop(got));
}

TEST_F(SharedRing, FullUntilEntriesAreGivenBack) {
  EXPECT_EQ(producer_.room(), kEntries);
  for (uint32_t i = 0; i < kEntries; ++i) ASSERT_TRUE(producer_.push(numbered(i)));
  EXPECT_FALSE(producer_.push(numbered(0)));
  producer_.publish();
  Entry got;
  ASSERT_TRUE(consumer_.pop(got));
  EXPECT_FALSE(producer_.push(numbered(0))) << "read, but not given back";
  consumer_.give_back();
  EXPECT_EQ(producer_.room(), 1U);
  EXPECT_TRUE(producer_.push(numbered(kEntries)));
  EXPECT_FALSE(producer_.push(numbered(0)));
  EXPECT_FALSE(producer_.broken());
}

TEST_F(SharedRing, AProducerThatClaimsTooMuchIsBroken) {
  Entry got;
  store_produced(kEntries);
  EXPECT_TRUE(consumer_.pop(got)) << "whatever lies there is an entry";
  consumer_.give_back();
  while (consumer_.pop(got)) {
  }
  EXPECT_FALSE(consumer_.broken());
  store_produced(kEntries + kEntries + 1);
  EXPECT_FALSE(consumer_.pop(got));
  EXPECT_TRUE(consumer_.broken());
  store_produced(kEntries + 1);
  EXPECT_FALSE(consumer_.pop(got)) << "once broken, always broken";
}

TEST_F(SharedRing, AProducerThatGoesBackIsBroken) {
  Entry got;
  store_produced(4);
  for (unsigned i = 0; i < 4; ++i) ASSERT_TRUE(consumer_.pop(got));
  store_produced(3);
  EXPECT_FALSE(consumer_.pop(got));
  EXPECT_TRUE(consumer_.broken());
}

TEST_F(SharedRing, AProducerMayNotWriteOverWhatWasNotGivenBack) {
  Entry got;
  store_produced(kEntries);
  for (unsigned i = 0; i < kEntries; ++i) ASSERT_TRUE(consumer_.pop(got));
  store_produced(kEntries + 1);
  EXPECT_FALSE(consumer_.pop(got));
  EXPECT_TRUE(consumer_.broken());
}

TEST_F(SharedRing, AConsumerThatReadsWhatWasNeverWrittenIsBroken) {
  for (uint32_t i = 0; i < kEntries; ++i) producer_.push(numbered(i));
  producer_.publish();
  store_consumed(kEntries + 1);
  EXPECT_FALSE(producer_.push(numbered(0)));
  EXPECT_TRUE(producer_.broken());
  store_consumed(kEntries);
  EXPECT_EQ(producer_.room(), 0U) << "once broken, always broken";
}

TEST_F(SharedRing, AConsumerThatReadsWhatWasNotPublishedIsBroken) {
  for (uint32_t i = 0; i < kEntries; ++i) producer_.push(numbered(i));
  store_consumed(1);
  EXPECT_FALSE(producer_.push(numbered(0)));
  EXPECT_TRUE(producer_.broken());
}

TEST_F(SharedRing, AConsumerThatGoesBackIsBroken) {
  Entry got;
  for (uint32_t i = 0; i < kEntries; ++i) producer_.push(numbered(i));
  producer_.publish();
  consumer_.pop(got);
  consumer_.give_back();
  EXPECT_TRUE(producer_.push(numbered(0)));
  producer_.publish();
  store_consumed(0);
  EXPECT_FALSE(producer_.push(numbered(0)));
  EXPECT_TRUE(producer_.broken());
}

TEST_F(SharedRing, TheBellIsForWhoSleepsAndOnce) {
  Entry got;
  producer_.push(numbered(0));
  EXPECT_FALSE(producer_.publish()) << "nobody sleeps";
  EXPECT_FALSE(consumer_.lie_down()) << "there is something to do";
  ASSERT_TRUE(consumer_.pop(got));
  producer_.push(numbered(1));
  EXPECT_FALSE(producer_.publish()) << "a lie_down that failed asks for no bell";
  ASSERT_TRUE(consumer_.pop(got));
  EXPECT_TRUE(consumer_.lie_down());
  EXPECT_FALSE(producer_.publish()) << "nothing new";
  producer_.push(numbered(2));
  EXPECT_TRUE(producer_.publish());
  producer_.push(numbered(3));
  EXPECT_FALSE(producer_.publish()) << "it was rung";
  consumer_.get_up();
  EXPECT_TRUE(consumer_.pop(got) && consumer_.pop(got));
  EXPECT_TRUE(consumer_.lie_down());
  consumer_.get_up();
  producer_.push(numbered(4));
  EXPECT_FALSE(producer_.publish()) << "it got up by itself";
}

}  // namespace
}  // namespace spanway::attach
