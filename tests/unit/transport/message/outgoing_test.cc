// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/outgoing.h"

#include <gtest/gtest.h>

#include <string>

namespace spanway::transport {
namespace {

using Bytes = std::vector<uint8_t>;

const Params kTheirs{.streams = 3, .window_bytes = 10'000, .window_messages = 4};

// What the next packet with `room` bytes of body says: "stream.message[first+count]" each.
std::string say(Outgoing& from, std::vector<Piece>* pieces = nullptr, size_t room = 1'000) {
  Bytes bytes(room);
  BodyWriter body(bytes);
  std::string out;
  while (const auto piece = from.write(body)) {
    out += std::to_string(piece->stream) + "." + std::to_string(piece->message) + "[" +
           std::to_string(piece->first) + "+" + std::to_string(piece->count) + "] ";
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
  EXPECT_EQ(say(out), "0.0[0+2] 1.0[0+2] 2.0[0+2] 0.1[0+2] 1.1[0+2] 2.1[0+2] ");
  EXPECT_FALSE(out.ready());
  EXPECT_FALSE(out.idle());
}

TEST(Outgoing, ALongMessageIsCutAtUnitsAndLetsOthersPass) {
  Outgoing out(kTheirs, 10);
  const Bytes book(5'000, 1), word(10, 2), letter(200, 3);
  EXPECT_EQ(out.send(0, book, 1), Taken::kYes);
  EXPECT_EQ(say(out), "0.0[0+15] ");  // 15 * 64 = 960 of 982
  EXPECT_EQ(out.send(1, word, 2), Taken::kYes);
  EXPECT_EQ(say(out), "0.0[15+15] 1.0[0+1] ") << "into what is left of the packet";
  EXPECT_EQ(out.send(2, letter, 3), Taken::kYes);
  EXPECT_EQ(say(out), "0.0[30+15] ");
  EXPECT_EQ(say(out), "2.0[0+4] 0.0[45+12] ");
}

TEST(Outgoing, NothingGoesPastAWindow) {
  Outgoing out(kTheirs, 10);
  const Bytes word(10, 1), book(4'000, 2);
  for (uint64_t tag = 0; tag < 6; ++tag) EXPECT_EQ(out.send(0, word, tag), Taken::kYes);
  EXPECT_EQ(say(out), "0.0[0+1] 0.1[0+1] 0.2[0+1] 0.3[0+1] ");
  EXPECT_FALSE(out.ready());
  out.open_window(0, 3, 10'000);
  EXPECT_EQ(say(out), "") << "an old word";
  out.open_window(0, 5, 10'000);
  EXPECT_EQ(say(out), "0.4[0+1] ");
  out.open_window(7, 5, 10'000);  // no such stream
  // Bytes: two books of 4,000 begin, the third would go past 10,000.
  for (uint64_t tag = 0; tag < 3; ++tag) EXPECT_EQ(out.send(1, book, tag), Taken::kYes);
  std::vector<Piece> pieces;
  for (int i = 0; i < 20; ++i) say(out, &pieces);
  uint32_t units[3] = {};
  for (const Piece& piece : pieces) units[piece.message] += piece.count;
  EXPECT_EQ(units[0], 63u);
  EXPECT_EQ(units[1], 63u);
  EXPECT_EQ(units[2], 0u);
  out.open_window(1, 4, 12'000);
  EXPECT_EQ(say(out), "1.2[0+15] ");
}

TEST(Outgoing, WhatIsLostGoesFirstAndOnlyWhatIsMissing) {
  Outgoing out(kTheirs, 10);
  const Bytes book(2'000, 1);
  EXPECT_EQ(out.send(0, book, 77), Taken::kYes);
  std::vector<Piece> pieces;
  EXPECT_EQ(say(out, &pieces), "0.0[0+15] ");
  EXPECT_EQ(say(out, &pieces), "0.0[15+15] ");
  out.again(pieces[0]);
  out.delivered({0, 0, 3, 4});
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

TEST(Outgoing, DoneOutOfOrderIsDone) {
  Outgoing out(kTheirs, 10);
  const Bytes word(10, 1);
  for (uint64_t tag = 0; tag < 3; ++tag) EXPECT_EQ(out.send(0, word, tag), Taken::kYes);
  std::vector<Piece> pieces;
  say(out, &pieces);
  out.delivered(pieces[2]);
  EXPECT_EQ(out.take_done(), 2u);
  out.delivered(pieces[0]);
  EXPECT_EQ(out.take_done(), 0u);
  EXPECT_EQ(out.send(0, word, 3), Taken::kYes);
  out.delivered(pieces[1]);
  EXPECT_EQ(out.take_done(), 1u);
  EXPECT_EQ(say(out), "0.3[0+1] ");
}

TEST(Outgoing, RefusesWhatCanNotBe) {
  Outgoing out(kTheirs, 2);
  const Bytes word(10, 1);
  EXPECT_EQ(out.send(3, word, 0), Taken::kNoStream);
  EXPECT_EQ(out.send(0, {}, 0), Taken::kEmpty);
  EXPECT_EQ(out.send(0, Bytes(5'001), 0), Taken::kTooLong);
  EXPECT_EQ(out.send(0, word, 0), Taken::kYes);
  EXPECT_EQ(out.send(0, word, 1), Taken::kYes);
  EXPECT_EQ(out.send(0, word, 2), Taken::kFull);
  EXPECT_EQ(out.send(1, word, 3), Taken::kYes);
}

}  // namespace
}  // namespace spanway::transport
