// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/incoming.h"

#include <gtest/gtest.h>

#include <string>

namespace spanway::transport {
namespace {

using Bytes = std::vector<uint8_t>;

const Params kOurs{.streams = 2, .window_bytes = 1'000, .window_messages = 4};

Frame whole(uint16_t stream, uint32_t number, const Bytes& bytes) {
  return {.type = FrameType::kMessage,
          .stream = stream,
          .message = number,
          .total = static_cast<uint32_t>(bytes.size()),
          .bytes = bytes};
}
Frame part(uint32_t number, const Bytes& of, uint32_t first, uint32_t count) {
  Frame frame = whole(0, number, of);
  frame.type = FrameType::kFragment;
  frame.offset = first * kUnitBytes;
  frame.bytes = std::span(of).subspan(
      frame.offset, std::min<size_t>(count * kUnitBytes, of.size() - frame.offset));
  return frame;
}

// Streams of the messages that can be had, each consumed.
std::string read_all(Incoming& in) {
  std::string out;
  while (const auto got = in.next()) {
    out +=
        std::to_string(got->stream) + ":" + std::string(1, static_cast<char>(got->bytes[0])) + " ";
    in.consume();
  }
  return out;
}

TEST(Incoming, AStreamKeepsItsOrderAndHoldsUpNoOther) {
  Incoming in(kOurs);
  EXPECT_EQ(in.take(whole(0, 1, {'b'})), Fits::kNew);
  EXPECT_EQ(in.take(whole(1, 0, {'x'})), Fits::kNew);
  EXPECT_EQ(read_all(in), "1:x ");
  EXPECT_EQ(in.take(whole(0, 2, {'c'})), Fits::kNew);
  EXPECT_EQ(in.take(whole(0, 0, {'a'})), Fits::kNew);
  EXPECT_EQ(read_all(in), "0:a 0:b 0:c ");
  EXPECT_EQ(in.take(whole(0, 1, {'b'})), Fits::kKnown);
}

TEST(Incoming, PiecesComeInAnyOrderAndMoreThanOnce) {
  Incoming in(kOurs);
  Bytes book(300);
  for (size_t i = 0; i < book.size(); ++i) book[i] = static_cast<uint8_t>(i);
  EXPECT_EQ(in.take(part(0, book, 4, 1)), Fits::kNew);
  EXPECT_EQ(in.take(part(0, book, 1, 2)), Fits::kNew);
  EXPECT_EQ(in.take(part(0, book, 2, 1)), Fits::kKnown);
  EXPECT_EQ(in.take(part(0, book, 2, 2)), Fits::kNew) << "one of two units";
  EXPECT_FALSE(in.next());
  EXPECT_EQ(in.take(part(0, book, 0, 1)), Fits::kNew);
  const auto got = in.next();
  ASSERT_TRUE(got);
  EXPECT_EQ(Bytes(got->bytes.begin(), got->bytes.end()), book);
  EXPECT_EQ(in.take(part(0, book, 0, 5)), Fits::kKnown);
}

TEST(Incoming, NobodySendsPastAWindow) {
  Incoming in(kOurs);
  EXPECT_EQ(in.look(whole(2, 0, {'a'})), Fits::kOverrun) << "no such stream";
  EXPECT_EQ(in.look(whole(0, 4, {'a'})), Fits::kOverrun) << "the fifth message";
  EXPECT_EQ(in.look(whole(0, 0, Bytes(1'001))), Fits::kOverrun);
  EXPECT_EQ(in.take(whole(0, 1, Bytes(600, 'b'))), Fits::kNew);
  EXPECT_EQ(in.take(whole(0, 0, Bytes(401))), Fits::kOverrun);
  EXPECT_EQ(in.take(whole(0, 0, Bytes(400, 'a'))), Fits::kNew);
  EXPECT_EQ(in.take(whole(0, 2, Bytes(1))), Fits::kOverrun) << "handed out, but not consumed";
  EXPECT_EQ(read_all(in), "0:a 0:b ");
  EXPECT_EQ(in.take(whole(0, 2, Bytes(1'000, 'c'))), Fits::kNew);
  // The other stream has a window of its own.
  EXPECT_EQ(in.take(whole(1, 0, Bytes(1'000, 'x'))), Fits::kNew);
}

TEST(Incoming, TakenMessagesStayUntilTheyAreReleased) {
  Incoming in(kOurs);
  EXPECT_FALSE(in.take_next());
  EXPECT_FALSE(in.release(0)) << "nothing is taken";
  EXPECT_FALSE(in.release(2)) << "no such stream";
  for (const uint8_t number : {0, 1, 3})
    in.take(whole(0, number, Bytes(100, static_cast<uint8_t>('a' + number))));
  in.take(whole(1, 0, Bytes(100, 'x')));
  const auto first = in.take_next(), other = in.take_next(), second = in.take_next();
  ASSERT_TRUE(first && other && second);
  EXPECT_EQ(first->stream, 0);
  EXPECT_EQ(other->stream, 1) << "streams take turns";
  EXPECT_FALSE(in.take_next()) << "the third is missing";
  in.take(whole(0, 2, Bytes(100, 'c')));
  const auto third = in.take_next();
  ASSERT_TRUE(third);
  for (const auto& [got, byte] : {std::pair(*first, 'a'), {*second, 'b'}, {*third, 'c'}})
    EXPECT_EQ(Bytes(got.bytes.begin(), got.bytes.end()), Bytes(100, static_cast<uint8_t>(byte)));
  EXPECT_EQ(in.look(whole(0, 4, Bytes(100))), Fits::kOverrun) << "four are held";
  EXPECT_TRUE(in.release(0));
  EXPECT_EQ(in.look(whole(0, 4, Bytes(100))), Fits::kNew);
  EXPECT_EQ(in.take(whole(0, 0, Bytes(100))), Fits::kKnown);
  const auto fourth = in.take_next();
  ASSERT_TRUE(fourth);
  EXPECT_EQ(fourth->bytes[0], 'd');
  EXPECT_TRUE(in.release(0) && in.release(0) && in.release(0));
  EXPECT_FALSE(in.release(0)) << "all of the stream are released";
  EXPECT_TRUE(in.release(1));
}

TEST(Incoming, AMessageKeepsItsSize) {
  Incoming in(kOurs);
  const Bytes book(300), other(301);
  EXPECT_EQ(in.take(part(0, book, 0, 1)), Fits::kNew);
  EXPECT_EQ(in.take(part(0, other, 1, 1)), Fits::kOverrun);
  EXPECT_EQ(in.take(whole(0, 0, Bytes(64))), Fits::kOverrun);
}

TEST(Incoming, TellsWhenHalfAWindowIsFree) {
  Incoming in(kOurs);
  Bytes room(100);
  const auto told = [&]() -> std::string {
    BodyWriter body(room);
    if (!in.write_window(body)) return "nothing";
    const auto begun = BodyReader::begin(0, std::span(room).first(body.size()));
    BodyReader reader = *begun;
    const auto frame = reader.next();
    return std::to_string(frame->stream) + ": " + std::to_string(frame->message) + " messages " +
           std::to_string(frame->total) + " bytes";
  };
  for (uint32_t i = 0; i < 3; ++i) in.take(whole(0, i, {'a'}));
  in.consume();
  EXPECT_EQ(told(), "nothing");
  in.consume();
  EXPECT_EQ(told(), "0: 6 messages 1002 bytes");
  EXPECT_EQ(told(), "nothing");
  in.consume();
  in.tell_again(0);
  in.tell_again(0);
  EXPECT_EQ(told(), "0: 7 messages 1003 bytes") << "the newest, not what was lost";
  EXPECT_EQ(told(), "nothing");
  in.take(whole(0, 3, Bytes(500, 'b')));
  in.consume();
  EXPECT_EQ(told(), "0: 8 messages 1503 bytes");
  // Without room it waits.
  in.tell_again(1);
  BodyWriter narrow(std::span<uint8_t>(room).first(kWindowBytes - 1));
  EXPECT_FALSE(in.write_window(narrow));
  EXPECT_EQ(told(), "1: 4 messages 1000 bytes");
}

}  // namespace
}  // namespace spanway::transport
