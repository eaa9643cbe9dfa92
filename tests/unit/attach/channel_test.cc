// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/attach/channel.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/attached_pair.h"

namespace spanway::attach {
namespace {

using Kinds = std::vector<EntryKind>;

class ServedChannel : public testing::Test {
 protected:
  static Kinds kinds_of(const std::vector<Entry>& entries) {
    Kinds kinds;
    for (const Entry& entry : entries) kinds.push_back(entry.kind);
    return kinds;
  }
  [[nodiscard]] Entry entry(EntryKind kind, uint16_t stream = 0, uint32_t place = 0,
                            uint32_t bytes = 0) {
    return {.kind = kind,
            .stream = stream,
            .connection = pair_.attachment().key.value,
            .place = place,
            .bytes = bytes};
  }
  // The far end says it.
  void say(uint16_t stream, const std::string& text) {
    far_texts_.push_back(std::make_unique<std::string>(text));
    const auto* bytes =
        static_cast<const uint8_t*>(static_cast<const void*>(far_texts_.back()->data()));
    EXPECT_EQ(pair_.far().send(stream, {bytes, text.size()}, 0), transport::Taken::kYes);
  }
  std::string text_at(const Entry& received) {
    const auto bytes = pair_.receive_area().subspan(received.place, received.bytes);
    return {bytes.begin(), bytes.end()};
  }

  test::AttachedPair pair_;
  std::vector<std::unique_ptr<std::string>> far_texts_;
};

TEST_F(ServedChannel, SaysWhatThePeerTakes) {
  pair_.turn();
  const auto told = pair_.told();
  ASSERT_EQ(kinds_of(told), Kinds{EntryKind::kOpened});
  EXPECT_EQ(told[0].stream, 2);
  EXPECT_EQ(told[0].place, test::AttachedPair::kPlan.window_bytes / 4);
}

TEST_F(ServedChannel, SendsFromTheAreaAndSaysWhenItIsDone) {
  pair_.told();
  std::ranges::copy(std::string("hello"), pair_.send_area().begin() + 1'000);
  pair_.submit(entry(EntryKind::kSend, 1, 1'000, 5));
  pair_.turn();
  const auto message = pair_.far().next();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->stream, 1);
  EXPECT_EQ(std::string(message->bytes.begin(), message->bytes.end()), "hello");
  std::vector<Entry> told = pair_.told();
  // The peer acknowledges a single packet a moment later.
  for (unsigned i = 0; i < 100 && told.size() < 2; ++i) {
    pair_.turn();
    for (const Entry& more : pair_.told()) told.push_back(more);
  }
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1], entry(EntryKind::kDone, 1, 1'000, 5));
}

TEST_F(ServedChannel, SeveralMessagesLieReadyUntilTheyAreConsumed) {
  say(0, "one");
  say(0, "two");
  say(1, "three");
  pair_.turn();
  const auto told = pair_.told();
  ASSERT_EQ(kinds_of(told), (Kinds{EntryKind::kOpened, EntryKind::kReceived, EntryKind::kReceived,
                                   EntryKind::kReceived}));
  std::vector<std::string> texts;
  for (size_t i = 1; i < 4; ++i) texts.push_back(text_at(told[i]));
  std::ranges::sort(texts);
  EXPECT_EQ(texts, (std::vector<std::string>{"one", "three", "two"}));
  pair_.submit(entry(EntryKind::kConsume, 0, 0, 2));
  pair_.submit(entry(EntryKind::kConsume, 1, 0, 1));
  pair_.turn();
  EXPECT_EQ(pair_.channel().fault(), Fault::kNone);
}

TEST_F(ServedChannel, WhatIsRefusedComesBackWithItsReason) {
  pair_.told();
  pair_.submit(entry(EntryKind::kSend, 2, 0, 5));
  pair_.submit(entry(EntryKind::kSend, 0, 0, 0));
  pair_.submit(entry(EntryKind::kSend, 0, 0, test::AttachedPair::kPlan.window_bytes));
  pair_.submit(entry(EntryKind::kFinish));
  pair_.submit(entry(EntryKind::kSend, 0, 64, 5));
  pair_.turn();
  std::vector<Refusal> why;
  for (const Entry& told : pair_.told())
    if (told.kind == EntryKind::kRefused) why.push_back(static_cast<Refusal>(told.detail));
  EXPECT_EQ(
      why, (std::vector{Refusal::kNoStream, Refusal::kEmpty, Refusal::kTooLong, Refusal::kClosed}));
  EXPECT_EQ(pair_.channel().fault(), Fault::kNone);
}

TEST_F(ServedChannel, WhatNoApplicationOfOursWritesIsAFaultByName) {
  const struct {
    const char* what;
    Entry entry;
    Fault fault;
  } cases[] = {
      {"no kind", entry(EntryKind::kNone), Fault::kKind},
      {"a kind of the worker's", entry(EntryKind::kReceived), Fault::kKind},
      {"a kind that there is not", entry(static_cast<EntryKind>(200)), Fault::kKind},
      {"past the area", entry(EntryKind::kSend, 0, 1u << 15, 1), Fault::kPlace},
      {"across its end", entry(EntryKind::kSend, 0, (1u << 15) - 4, 5), Fault::kPlace},
      {"a sum that wraps", entry(EntryKind::kSend, 0, 8, UINT32_MAX - 4), Fault::kPlace},
      {"more than came", entry(EntryKind::kConsume, 0, 0, 1), Fault::kCount},
      {"of a stream that there is not", entry(EntryKind::kConsume, 60'000, 0, 1), Fault::kCount},
  };
  for (const auto& one : cases) {
    test::AttachedPair pair;
    pair.submit(one.entry);
    pair.submit(entry(EntryKind::kSend, 0, 0, 5));
    pair.turn();
    EXPECT_EQ(pair.channel().fault(), one.fault) << one.what;
    pair.turn();
    EXPECT_FALSE(pair.far().next()) << one.what << ": nothing behind it counts";
  }
}

TEST_F(ServedChannel, LateWordsAboutAnEndedConnectionMeanNoOther) {
  Entry late = entry(EntryKind::kSend, 0, 0, 5);
  late.connection = ConnectionKey::of(1, 0).value;
  pair_.submit(late);
  late.connection = ConnectionKey::of(3, 1).value;
  pair_.submit(late);
  late.connection = UINT32_MAX;
  pair_.submit(late);
  pair_.turn();
  EXPECT_EQ(pair_.channel().late(), 3U);
  EXPECT_EQ(pair_.channel().fault(), Fault::kNone);
  EXPECT_FALSE(pair_.far().next());
}

TEST_F(ServedChannel, IndexesOutsideOfTheirRingsAreAFault) {
  store(pair_.submissions().head->produced, 1'000, std::memory_order_relaxed);
  pair_.turn();
  EXPECT_EQ(pair_.channel().fault(), Fault::kRing);
  test::AttachedPair other(64);
  store(other.completions().head->consumed, 1'000, std::memory_order_relaxed);
  // It is looked at when the ring seems full.
  for (unsigned i = 0; i < 70; ++i) {
    other.submit(entry(EntryKind::kSend, 0, 0, 0));
    other.turn();
  }
  EXPECT_EQ(other.channel().fault(), Fault::kRing);
}

TEST_F(ServedChannel, WhoNeverReadsItsCompletionsBreaksItselfOnly) {
  test::AttachedPair pair(64);
  for (unsigned i = 0; i < 63; ++i) {
    pair.submit(entry(EntryKind::kSend, 0, 0, 0));
    pair.turn();
    ASSERT_EQ(pair.channel().fault(), Fault::kNone) << i;
  }
  pair.submit(entry(EntryKind::kSend, 0, 0, 0));
  pair.turn();
  EXPECT_EQ(pair.channel().fault(), Fault::kFull);
}

TEST_F(ServedChannel, AClosedConnectionIsReadByNobodyAndGivenUpAfterAWhile) {
  say(0, "taken");
  pair_.turn();
  say(0, "on its way");
  pair_.submit(entry(EntryKind::kClose));
  pair_.turn();
  pair_.submit(entry(EntryKind::kConsume, 0, 0, 1));
  for (unsigned i = 0; i < 40; ++i) say(1, "more");
  pair_.turn();
  EXPECT_EQ(pair_.channel().fault(), Fault::kNone) << "consuming after the close is only late";
  EXPECT_FALSE(pair_.near().next());
  EXPECT_TRUE(pair_.far().peer_closed());
  EXPECT_EQ(pair_.channel().overdue(pair_.now()), nullptr);
  pair_.pass(Channel::kCloseGrace);
  EXPECT_EQ(pair_.channel().overdue(pair_.now()), &pair_.attachment());
  EXPECT_EQ(pair_.channel().overdue(pair_.now()), nullptr) << "once";
  pair_.channel().end(pair_.attachment(), EndReason::kStopped);
  EXPECT_EQ(pair_.channel().connections(), 0U);
}

TEST_F(ServedChannel, WhatCameBeforeTheEndIsToldBeforeIt) {
  pair_.turn();
  pair_.told();
  say(0, "last");
  pair_.far().close();
  for (unsigned i = 0; i < 20 && !pair_.near().peer_closed(); ++i) pair_.turn();
  pair_.channel().end(pair_.attachment(), EndReason::kClosed);
  pair_.channel().publish(pair_.now());
  const auto told = pair_.told();
  ASSERT_EQ(kinds_of(told), (Kinds{EntryKind::kReceived, EntryKind::kFinished, EntryKind::kEnded}));
  EXPECT_EQ(text_at(told[0]), "last");
  EXPECT_EQ(told[2].detail, static_cast<uint8_t>(EndReason::kClosed));
}

TEST_F(ServedChannel, ATurnTakesSoManySubmissionsAndNoMore) {
  test::AttachedPair pair;
  const RingMemory memory = pair.submissions();
  RingProducer producer(memory);
  unsigned pushed = 0;
  Entry late = entry(EntryKind::kFinish);
  late.connection = 0;
  while (producer.push(late)) ++pushed;
  producer.publish();
  EXPECT_EQ(pair.channel().serve(pair.now()).entries,
            std::min(pushed, unsigned{Channel::kEntriesATurn}));
}

TEST_F(ServedChannel, WhenTheApplicationHasGoneItsConnectionsEnd) {
  say(0, "unheard");
  pair_.turn();
  pair_.told();
  EXPECT_EQ(pair_.channel().leave(pair_.now()).touched.size(), 1U);
  pair_.submit(entry(EntryKind::kSend, 0, 0, 5));
  for (unsigned i = 0; i < 20 && !pair_.far().peer_closed(); ++i) pair_.turn();
  EXPECT_TRUE(pair_.far().peer_closed());
  EXPECT_FALSE(pair_.far().next()) << "nothing that came after it went is sent";
  EXPECT_TRUE(pair_.told().empty());
}

}  // namespace
}  // namespace spanway::attach
