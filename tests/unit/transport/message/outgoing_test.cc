// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/outgoing.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "dataplane/base/random.h"
#include "dataplane/transport/message/incoming.h"
#include "tests/support/receive_memory.h"

namespace spanway::transport {
namespace {

using Bytes = std::vector<uint8_t>;

// 256 units, 64 of them at most for a message.
const Params kTheirs{.streams = 3, .window_bytes = 16'384, .window_messages = 4};
const uint32_t kRing = 256;

std::string name_of(const Piece& piece) {
  const std::string out = std::to_string(piece.stream) + "." + std::to_string(piece.message);
  if (piece.whole == 1) return out;
  if (piece.whole > 1) return out + "-" + std::to_string(piece.message + piece.whole - 1);
  return out + "[" + std::to_string(piece.first) + "+" + std::to_string(piece.count) + "]";
}

// What the next packet with `room` bytes of body says: "stream.message", "stream.message-last" or
// "stream.message[first+count]" each.
std::string say(Outgoing& from, std::vector<Piece>* pieces = nullptr, size_t room = 1'000) {
  Bytes bytes(room);
  BodyWriter body(bytes);
  std::string out;
  while (const auto piece = from.write(body)) {
    out += name_of(*piece) + " ";
    if (pieces != nullptr) pieces->push_back(*piece);
  }
  // And it can be read.
  const auto begun = BodyReader::begin(0, std::span(bytes).first(body.size()));
  EXPECT_TRUE(begun);
  for (BodyReader reader = *begun; !reader.done();) {
    const auto frame = reader.next();
    EXPECT_TRUE(frame);
    if (!frame) break;
  }
  return out;
}

TEST(Outgoing, StreamsTakeTurns) {
  Outgoing out(kTheirs, 10);
  const Bytes words(100, 1);
  for (uint64_t tag = 0; tag < 2; ++tag)
    for (uint16_t stream = 0; stream < 3; ++stream)
      EXPECT_EQ(out.send(stream, words, tag), Taken::kYes);
  EXPECT_EQ(say(out), "0.0 1.0 2.0 0.1 1.1 2.1 ");
  EXPECT_FALSE(out.ready());
  EXPECT_FALSE(out.idle());
}

TEST(Outgoing, AStreamAloneSaysAllThatFits) {
  Outgoing out(kTheirs, 10);
  const Bytes words(400, 1);
  for (uint64_t tag = 0; tag < 3; ++tag) out.send(2, words, tag);
  EXPECT_EQ(say(out), "2.0-1 2.2[0+2] ");
  EXPECT_EQ(say(out), "2.2[2+5] ");
}

TEST(Outgoing, ALongMessageIsCutAtUnitsAndLetsOthersPass) {
  Outgoing out(kTheirs, 10);
  const Bytes book(4'000, 1), word(10, 2), letter(200, 3);
  EXPECT_EQ(out.send(0, book, 1), Taken::kYes);
  EXPECT_EQ(say(out), "0.0[0+15] ");  // 15 * 64 = 960 of 978
  EXPECT_EQ(out.send(1, word, 2), Taken::kYes);
  EXPECT_EQ(say(out, nullptr, 1'010), "0.0[15+15] 1.0 ") << "into what is left of the packet";
  EXPECT_EQ(out.send(2, letter, 3), Taken::kYes);
  EXPECT_EQ(say(out), "0.0[30+15] ");
  EXPECT_EQ(say(out), "2.0 0.0[45+11] ");
}

TEST(Outgoing, NothingGoesPastAWindow) {
  Outgoing out(kTheirs, 10);
  const Bytes word(10, 1), book(4'096, 2);
  for (uint64_t tag = 0; tag < 6; ++tag) EXPECT_EQ(out.send(0, word, tag), Taken::kYes);
  EXPECT_EQ(say(out), "0.0-3 ");
  EXPECT_FALSE(out.ready());
  out.open_window(0, 3, kRing);
  EXPECT_EQ(say(out), "") << "an old word";
  out.open_window(0, 5, kRing + 1);
  EXPECT_EQ(say(out), "0.4 ");
  // Room: a letter and three books begin, the fourth would go past the ring.
  EXPECT_EQ(out.send(1, word, 6), Taken::kYes);
  for (uint64_t tag = 7; tag < 11; ++tag) EXPECT_EQ(out.send(1, book, tag), Taken::kYes);
  std::vector<Piece> pieces;
  for (int i = 0; i < 30; ++i) say(out, &pieces);
  uint32_t units[5] = {};
  for (const Piece& piece : pieces) units[piece.message] += piece.whole + piece.count;
  EXPECT_EQ(units[0], 1u);
  for (const uint32_t book_number : {1, 2, 3}) EXPECT_EQ(units[book_number], 64u);
  EXPECT_EQ(units[4], 0u);
  out.open_window(1, 6, kRing);
  EXPECT_FALSE(out.ready()) << "a message more, but no room";
  out.open_window(1, 6, kRing + 63);
  EXPECT_FALSE(out.ready()) << "its place is the ring's begin: the rest of the ring is skipped";
  out.open_window(1, 6, kRing + 64);
  EXPECT_EQ(say(out), "1.4[0+15] ");
}

// However much the peer takes, only so much is on its way at once.
TEST(Outgoing, NothingGoesPastItsOwnSpan) {
  Params theirs = kTheirs;
  theirs.window_bytes = 1 << 30;
  theirs.window_messages = 1'000;
  Outgoing out(theirs, 10, 4'096);
  EXPECT_EQ(out.send(0, Bytes(2'049), 0), Taken::kTooLong);
  const Bytes book(30 * kUnitBytes, 1);
  for (uint64_t tag = 0; tag < 4; ++tag) EXPECT_EQ(out.send(0, book, tag), Taken::kYes);
  std::vector<Piece> pieces;
  EXPECT_EQ(say(out, &pieces, 9'000), "0.0-1 ");
  EXPECT_FALSE(out.ready());
  out.again({.whole = 1, .message = 1});
  EXPECT_EQ(say(out, nullptr, 9'000), "0.1 ");
  out.delivered({.whole = 1, .message = 1});
  EXPECT_FALSE(out.ready()) << "the oldest is still on its way";
  out.delivered({.whole = 1, .message = 0});
  EXPECT_EQ(say(out, nullptr, 9'000), "0.2-3 ");
}

// Where messages begin: none lies around the ring's end.
TEST(Outgoing, SkipsTheEndOfTheRing) {
  Params theirs = kTheirs;
  theirs.window_messages = 100;
  Outgoing out(theirs, 100);
  const Bytes book(50 * kUnitBytes, 1), word(10, 2);
  std::vector<uint32_t> places;
  for (uint32_t i = 0; i < 12; ++i) {
    EXPECT_EQ(out.send(0, i % 2 == 0 ? book : word, i), Taken::kYes);
    Bytes room(4'000);
    BodyWriter body(room);
    ASSERT_TRUE(out.write(body)) << i;
    BodyReader reader = *BodyReader::begin(0, std::span(room).first(body.size()));
    places.push_back(reader.next()->place);
    out.open_window(0, 100 + i, places.back() + kRing);
  }
  EXPECT_EQ(places,
            (std::vector<uint32_t>{0, 50, 51, 101, 102, 152, 153, 203, 204, 254, 256, 306}));
}

TEST(Outgoing, WhatIsLostGoesFirstAndOnlyWhatIsMissing) {
  Outgoing out(kTheirs, 10);
  const Bytes book(2'000, 1);
  EXPECT_EQ(out.send(0, book, 77), Taken::kYes);
  std::vector<Piece> pieces;
  EXPECT_EQ(say(out, &pieces), "0.0[0+15] ");
  EXPECT_EQ(say(out, &pieces), "0.0[15+15] ");
  out.again(pieces[0]);
  out.delivered({.message = 0, .first = 3, .count = 4});
  EXPECT_EQ(say(out, &pieces, 400), "0.0[0+3] 0.0[7+2] ") << "what fits, without what has arrived";
  EXPECT_EQ(say(out, &pieces, 400), "0.0[9+5] ");
  EXPECT_EQ(say(out, &pieces), "0.0[14+1] 0.0[30+2] ");
  EXPECT_FALSE(out.take_done());
  // The first comes late after all, and with it some again.
  for (const Piece& piece : pieces) out.delivered(piece);
  EXPECT_EQ(out.take_done(), 77u);
  EXPECT_FALSE(out.take_done()) << "once";
  EXPECT_TRUE(out.idle());
  out.again(pieces[1]);
  EXPECT_EQ(say(out), "") << "nothing of a message that is done";
}

TEST(Outgoing, LostMessagesComeAgainOneByOneAndOnlyOnce) {
  Outgoing out(kTheirs, 10);
  const Bytes word(10, 1);
  for (uint64_t tag = 0; tag < 4; ++tag) out.send(1, word, tag);
  std::vector<Piece> pieces;
  EXPECT_EQ(say(out, &pieces), "1.0-3 ");
  out.again(pieces[0]);
  out.again(pieces[0]);
  out.delivered({.stream = 1, .whole = 1, .message = 2});
  EXPECT_EQ(say(out, &pieces), "1.0 1.1 1.3 ");
  EXPECT_FALSE(out.ready());
  out.again(pieces[0]);
  out.delivered(pieces[0]);
  EXPECT_FALSE(out.ready()) << "the first came late after all";
  for (const uint64_t tag : {2, 0, 1, 3}) EXPECT_EQ(out.take_done(), tag);
  EXPECT_TRUE(out.idle());
}

TEST(Outgoing, DoneOutOfOrderIsDone) {
  Outgoing out(kTheirs, 10);
  const Bytes word(600, 1);
  for (uint64_t tag = 0; tag < 3; ++tag) EXPECT_EQ(out.send(0, word, tag), Taken::kYes);
  std::vector<Piece> pieces;
  for (int i = 0; i < 3; ++i) say(out, &pieces, kMessageHeadBytes + 600);
  ASSERT_EQ(pieces.size(), 3u);
  out.delivered(pieces[2]);
  EXPECT_EQ(out.take_done(), 2u);
  out.delivered(pieces[0]);
  EXPECT_EQ(out.take_done(), 0u);
  EXPECT_EQ(out.send(0, word, 3), Taken::kYes);
  out.delivered(pieces[1]);
  EXPECT_EQ(out.take_done(), 1u);
  EXPECT_EQ(say(out), "0.3 ");
}

TEST(Outgoing, WhatIsConsumedWasDelivered) {
  Outgoing out(kTheirs, 10);
  const Bytes words(1'500, 1);
  for (uint64_t tag = 0; tag < 4; ++tag) out.send(0, words, tag);
  std::vector<Piece> pieces;
  while (out.ready()) say(out, &pieces);
  out.delivered(pieces[0]);
  out.again(pieces[1]);
  out.open_window(0, 4 + 3, kRing + 72);
  for (uint64_t tag = 0; tag < 3; ++tag) EXPECT_EQ(out.take_done(), tag);
  EXPECT_FALSE(out.take_done());
  EXPECT_FALSE(out.ready());
  for (const Piece& piece : pieces) out.delivered(piece);
  EXPECT_EQ(out.take_done(), 3u);
  EXPECT_FALSE(out.take_done());
  EXPECT_TRUE(out.idle());
}

TEST(Outgoing, NobodyMakesRoomForWhatWasNotSent) {
  Outgoing out(kTheirs, 10);
  const Bytes word(10, 1), book(2'000, 1);
  EXPECT_TRUE(out.believes(0, 4, kRing)) << "as it is";
  EXPECT_TRUE(out.believes(0, 0u - 5, 0u - 7)) << "an old word";
  EXPECT_FALSE(out.believes(0, 5, kRing)) << "consumed before it was sent";
  EXPECT_FALSE(out.believes(0, 4, kRing + 1)) << "room from nowhere";
  EXPECT_FALSE(out.believes(3, 4, kRing)) << "no such stream";
  out.send(0, word, 0);
  out.send(0, book, 1);
  EXPECT_EQ(say(out), "0.0 0.1[0+14] ");
  EXPECT_TRUE(out.believes(0, 5, kRing + 1));
  EXPECT_FALSE(out.believes(0, 5, kRing + 2)) << "the room of the next one";
  EXPECT_FALSE(out.believes(0, 6, kRing + 1)) << "which was not sent whole";
  EXPECT_EQ(say(out), "0.1[14+15] ");
  EXPECT_EQ(say(out), "0.1[29+3] ");
  EXPECT_TRUE(out.believes(0, 6, kRing + 33));
  EXPECT_FALSE(out.believes(0, 6, kRing + 34));
}

TEST(Outgoing, RefusesWhatCanNotBe) {
  Outgoing out(kTheirs, 2);
  const Bytes word(10, 1);
  EXPECT_EQ(out.send(3, word, 0), Taken::kNoStream);
  EXPECT_EQ(out.send(0, {}, 0), Taken::kEmpty);
  EXPECT_EQ(out.send(0, Bytes(4'097), 0), Taken::kTooLong);
  EXPECT_EQ(out.send(0, word, 0), Taken::kYes);
  EXPECT_EQ(out.send(0, word, 1), Taken::kYes);
  EXPECT_EQ(out.send(0, word, 2), Taken::kFull);
  EXPECT_EQ(out.send(1, word, 3), Taken::kYes);
}

TEST(Outgoing, WhoDoesNotAskWhatIsDoneGetsNoMoreTaken) {
  Outgoing out({.streams = 1, .window_bytes = 1 << 16, .window_messages = 1'000}, 2);
  const Bytes word(10, 1);
  for (uint64_t tag = 0; tag < 2; ++tag) {
    EXPECT_EQ(out.send(0, word, tag), Taken::kYes);
    std::vector<Piece> pieces;
    say(out, &pieces);
    out.delivered(pieces[0]);
  }
  EXPECT_EQ(out.send(0, word, 2), Taken::kFull);
  EXPECT_EQ(out.take_done(), 0u);
  EXPECT_EQ(out.send(0, word, 2), Taken::kYes);
}

// Messages of a quarter of the window, at every begin that a ring has, with windows told as late as
// they may be: none waits for ever.
TEST(OutgoingToIncoming, TheLongestMessageAlwaysFindsRoom) {
  for (const uint32_t window : {4'096u, 16'384u})
    for (const uint32_t messages : {1u, 2u, 3u, 64u})
      for (uint32_t seed = 0; seed < 60; ++seed) {
        const Params params{.streams = 1, .window_bytes = window, .window_messages = messages};
        test::ReceiveMemory memory(params);
        Outgoing out(params, 4);
        Incoming in(params, memory.bytes());
        Random random(seed);
        std::deque<Bytes> sent;
        uint32_t received = 0;
        for (uint32_t tag = 0; received < 400;) {
          const uint32_t longest = most_message_bytes(params);
          const uint64_t kind = random.below(4);
          sent.emplace_back(kind == 0   ? 1
                            : kind == 1 ? kUnitBytes * (1 + seed % (longest / kUnitBytes))
                                        : longest - random.below(kUnitBytes),
                            static_cast<uint8_t>(tag));
          if (out.send(0, sent.back(), tag) == Taken::kYes)
            ++tag;
          else
            sent.pop_back();
          while (out.take_done()) {
          }
          // All that can go goes, and is consumed at once.
          bool moved = false;
          while (true) {
            Bytes room(1'200);
            BodyWriter body(room);
            const auto piece = out.write(body);
            if (!piece) break;
            moved = true;
            BodyReader reader = *BodyReader::begin(0, std::span(room).first(body.size()));
            while (!reader.done()) ASSERT_EQ(in.take(*reader.next()), Fits::kNew);
            out.delivered(*piece);
          }
          while (const auto got = in.next()) {
            ASSERT_EQ(Bytes(got->bytes.begin(), got->bytes.end()), sent.front());
            sent.pop_front();
            in.consume();
            ++received;
          }
          Bytes room(100);
          BodyWriter body(room);
          if (in.write_window(body)) {
            BodyReader reader = *BodyReader::begin(0, std::span(room).first(body.size()));
            const auto frame = reader.next();
            ASSERT_TRUE(out.believes(0, frame->message, frame->place));
            out.open_window(0, frame->message, frame->place);
            moved = true;
          }
          ASSERT_TRUE(moved || sent.empty()) << window << " " << messages << " " << seed;
        }
      }
}

}  // namespace
}  // namespace spanway::transport
