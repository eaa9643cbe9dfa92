// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/incoming.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>

#include "dataplane/base/random.h"
#include "tests/support/receive_memory.h"

namespace spanway::transport {
namespace {

using Bytes = std::vector<uint8_t>;

// 64 units, 16 of them at most for a message.
const Params kOurs{.streams = 2, .window_bytes = 4'096, .window_messages = 4};
const uint32_t kRing = 64;

struct Inbox : Incoming {
  explicit Inbox(const Params& ours = kOurs) : Inbox(test::ReceiveMemory(ours), ours) {}
  Inbox(test::ReceiveMemory with, const Params& ours)
      : Incoming(ours, with.bytes()), memory(std::move(with)) {}
  test::ReceiveMemory memory;
};

Frame whole(uint16_t stream, uint32_t number, uint32_t place, const Bytes& bytes) {
  return {.type = FrameType::kMessage,
          .stream = stream,
          .message = number,
          .place = place,
          .total = static_cast<uint32_t>(bytes.size()),
          .bytes = bytes};
}
Frame part(uint32_t number, uint32_t place, const Bytes& of, uint32_t first, uint32_t count) {
  Frame frame = whole(0, number, place, of);
  frame.type = FrameType::kFragment;
  frame.offset = first * kUnitBytes;
  frame.bytes = std::span(of).subspan(
      frame.offset, std::min<size_t>(count * kUnitBytes, of.size() - frame.offset));
  return frame;
}
Bytes counted(size_t bytes) {
  Bytes out(bytes);
  for (size_t i = 0; i < bytes; ++i) out[i] = static_cast<uint8_t>(i * 7);
  return out;
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
  Inbox in;
  EXPECT_EQ(in.take(whole(0, 1, 1, {'b'})), Fits::kNew);
  EXPECT_EQ(in.take(whole(1, 0, 0, {'x'})), Fits::kNew);
  EXPECT_EQ(read_all(in), "1:x ");
  EXPECT_EQ(in.take(whole(0, 2, 2, {'c'})), Fits::kNew);
  EXPECT_EQ(in.take(whole(0, 0, 0, {'a'})), Fits::kNew);
  EXPECT_EQ(read_all(in), "0:a 0:b 0:c ");
  EXPECT_EQ(in.take(whole(0, 1, 1, {'b'})), Fits::kKnown);
}

TEST(Incoming, StreamsThatAreReadyTakeTurns) {
  Inbox in;
  for (const uint16_t stream : {0, 1})
    for (uint32_t i = 0; i < 2; ++i) in.take(whole(stream, i, i, {static_cast<uint8_t>('a' + i)}));
  EXPECT_EQ(read_all(in), "0:a 1:a 0:b 1:b ");
}

TEST(Incoming, PiecesComeInAnyOrderAndMoreThanOnce) {
  Inbox in;
  const Bytes book = counted(300);
  EXPECT_EQ(in.take(part(0, 7, book, 4, 1)), Fits::kNew);
  EXPECT_EQ(in.take(part(0, 7, book, 1, 2)), Fits::kNew);
  EXPECT_EQ(in.take(part(0, 7, book, 2, 1)), Fits::kKnown);
  EXPECT_EQ(in.take(part(0, 7, book, 2, 2)), Fits::kNew) << "one of two units";
  EXPECT_FALSE(in.next());
  EXPECT_EQ(in.take(part(0, 7, book, 0, 1)), Fits::kNew);
  const auto got = in.next();
  ASSERT_TRUE(got);
  EXPECT_EQ(Bytes(got->bytes.begin(), got->bytes.end()), book);
  EXPECT_EQ(got->bytes.data(), in.memory.bytes().data() + 7 * kUnitBytes) << "where it was said";
  EXPECT_EQ(in.take(part(0, 7, book, 0, 5)), Fits::kKnown);
}

TEST(Incoming, EachStreamHasItsOwnRing) {
  Inbox in;
  in.take(whole(1, 0, 3, {'x'}));
  EXPECT_EQ(in.next()->bytes.data(), in.memory.bytes().data() + (kRing + 3) * kUnitBytes);
}

TEST(Incoming, NobodySendsPastAWindow) {
  Inbox in;
  EXPECT_EQ(in.look(whole(2, 0, 0, {'a'})), Fits::kOverrun) << "no such stream";
  EXPECT_EQ(in.look(whole(0, 4, 0, {'a'})), Fits::kOverrun) << "the fifth message";
  EXPECT_EQ(in.look(whole(0, 0, 0, Bytes(1'024))), Fits::kNew);
  EXPECT_EQ(in.look(whole(0, 0, 0, Bytes(1'025))), Fits::kOverrun) << "more than a quarter";
  EXPECT_EQ(in.look(whole(0, 0, kRing, {'a'})), Fits::kOverrun) << "the next round";
  EXPECT_EQ(in.look(whole(0, 0, 0u - 1, {'a'})), Fits::kOverrun) << "before the begin";
  EXPECT_EQ(in.look(whole(0, 0, kRing - 1, {'a'})), Fits::kNew);
  EXPECT_EQ(in.look(whole(0, 0, kRing - 1, Bytes(65))), Fits::kOverrun) << "around the end";
  EXPECT_EQ(in.take(whole(0, 0, 0, Bytes(640, 'a'))), Fits::kNew);
  EXPECT_EQ(in.next()->bytes.size(), 640u);
  EXPECT_EQ(in.look(whole(0, 1, kRing, Bytes(1))), Fits::kOverrun) << "handed out, not consumed";
  in.consume();
  EXPECT_EQ(in.look(whole(0, 1, 9, Bytes(1))), Fits::kOverrun) << "behind what was consumed";
  EXPECT_EQ(in.look(whole(0, 1, kRing - 1, Bytes(65))), Fits::kOverrun) << "around it still";
  EXPECT_EQ(in.take(whole(0, 1, kRing, Bytes(640, 'b'))), Fits::kNew);
  EXPECT_EQ(in.look(whole(0, 2, kRing + 10, Bytes(1))), Fits::kOverrun);
  // The other stream has a window of its own.
  EXPECT_EQ(in.look(whole(1, 1, kRing, Bytes(1))), Fits::kOverrun);
  EXPECT_EQ(in.take(whole(1, 0, 0, Bytes(1'000, 'x'))), Fits::kNew);
}

TEST(Incoming, AMessageKeepsItsSizeAndPlace) {
  Inbox in;
  const Bytes book(300), other(301);
  EXPECT_EQ(in.take(part(0, 0, book, 0, 1)), Fits::kNew);
  EXPECT_EQ(in.take(part(0, 0, other, 1, 1)), Fits::kOverrun);
  EXPECT_EQ(in.take(part(0, 1, book, 1, 1)), Fits::kOverrun);
  EXPECT_EQ(in.take(whole(0, 0, 0, Bytes(64))), Fits::kOverrun);
}

// Whoever lays messages one over the other gets no byte written twice, and none of them whole that
// shares a unit with another.
TEST(Incoming, WhatCameIsNotWrittenAgain) {
  Inbox in;
  const Bytes first(300, 'a'), second(300, 'b');
  EXPECT_EQ(in.take(part(0, 0, first, 0, 5)), Fits::kNew);
  const auto got = in.next();
  ASSERT_TRUE(got);
  EXPECT_EQ(in.take(whole(0, 1, 4, Bytes(64, 'c'))), Fits::kOverrun);
  EXPECT_EQ(in.take(part(1, 2, second, 3, 2)), Fits::kNew) << "its own units are free";
  EXPECT_EQ(in.take(part(1, 2, second, 0, 3)), Fits::kKnown);
  EXPECT_EQ(in.take(part(1, 2, second, 0, 5)), Fits::kKnown);
  EXPECT_EQ(Bytes(got->bytes.begin(), got->bytes.end()), first);
  in.consume();
  EXPECT_FALSE(in.next());
  // Two that are not whole yet: the first to write a unit has it.
  Inbox again;
  EXPECT_EQ(again.take(part(0, 0, first, 0, 1)), Fits::kNew);
  EXPECT_EQ(again.take(part(1, 2, second, 0, 5)), Fits::kNew);
  EXPECT_EQ(again.take(part(0, 0, first, 1, 4)), Fits::kNew) << "one unit is still free";
  EXPECT_FALSE(again.next());
  const auto ring = again.memory.bytes();
  EXPECT_EQ(ring[2 * kUnitBytes - 1], 'a');
  EXPECT_EQ(ring[2 * kUnitBytes], 'b');
  EXPECT_EQ(ring[5 * kUnitBytes - 1], 'b');
}

// A peer that says whatever it likes: nothing is written outside of the rings, and what was handed
// out does not change until it is released.
TEST(Incoming, AHostilePeerSpoilsOnlyItsOwn) {
  uint64_t given = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    // Rings with walls around them.
    std::vector<uint8_t> land(3 * 4'096 + 2 * 64 + 64, 0xee);
    const size_t skew = (64 - reinterpret_cast<uintptr_t>(land.data()) % 64) % 64;
    const std::span<uint8_t> memory = std::span(land).subspan(skew + 64, 2 * 4'096);
    Incoming in(kOurs, memory);
    struct Held {
      Received message;
      Bytes bytes;
    };
    std::deque<Held> held[2];
    struct Claim {
      uint32_t number, place;
      size_t bytes;
    };
    Claim claims[2][8] = {};
    uint32_t next[2] = {}, free_from[2] = {};
    for (int step = 0; step < 3'000; ++step) {
      const auto stream = static_cast<uint16_t>(random.below(2));
      const auto number = next[stream] + static_cast<uint32_t>(random.below(6)) - 1;
      // Often as it said before, so that pieces of one message meet what lies over it.
      Claim& claim = claims[stream][number % 8];
      if (random.below(4) == 0 || claim.number != number || claim.bytes == 0)
        claim = {number, free_from[stream] + static_cast<uint32_t>(random.below(80)) - 8,
                 1 + random.below(random.below(2) == 0 ? 1'100 : 130)};
      Bytes bytes(claim.bytes);
      for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
      Frame frame = whole(stream, number, claim.place, bytes);
      if (random.below(2) == 0) {
        frame.type = FrameType::kFragment;
        const auto first = static_cast<uint32_t>(random.below(units_of(frame.total)));
        const auto count = static_cast<uint32_t>(1 + random.below(4));
        frame.offset = first * kUnitBytes;
        frame.bytes = std::span<const uint8_t>(bytes).subspan(
            frame.offset, std::min<size_t>(count * kUnitBytes, bytes.size() - frame.offset));
      }
      in.take(frame);
      if (random.below(3) == 0) {
        if (const auto got = in.take_next()) {
          ++given;
          ++next[got->stream];
          ASSERT_GE(got->bytes.data(), memory.data() + got->stream * size_t{4'096});
          ASSERT_LE(got->bytes.data() + got->bytes.size(),
                    memory.data() + (got->stream + 1) * size_t{4'096});
          held[got->stream].push_back({*got, Bytes(got->bytes.begin(), got->bytes.end())});
        }
      }
      if (random.below(4) == 0 && !held[stream].empty()) {
        const Held& oldest = held[stream].front();
        ASSERT_EQ(Bytes(oldest.message.bytes.begin(), oldest.message.bytes.end()), oldest.bytes);
        ASSERT_TRUE(in.release(stream));
        held[stream].pop_front();
        BodyWriter body(bytes);
        if (in.write_window(body)) {
          BodyReader reader = *BodyReader::begin(0, std::span(bytes).first(body.size()));
          const auto window = reader.next();
          free_from[window->stream] = window->place - kRing;
        }
      }
    }
    for (const auto& stream : held)
      for (const Held& one : stream)
        ASSERT_EQ(Bytes(one.message.bytes.begin(), one.message.bytes.end()), one.bytes);
    const auto walls = std::ranges::count(land, 0xee) - std::ranges::count(memory, 0xee);
    ASSERT_EQ(static_cast<size_t>(walls), land.size() - memory.size());
  }
  EXPECT_GT(given, 1'000u) << "now and then what it says is right";
}

TEST(Incoming, AClosedWindowTakesNothing) {
  Inbox in({.streams = 1, .window_bytes = 0, .window_messages = 0});
  EXPECT_EQ(in.take(whole(0, 0, 0, {'a'})), Fits::kOverrun);
  EXPECT_FALSE(in.next());
}

TEST(Incoming, TakenMessagesStayUntilTheyAreReleased) {
  Inbox in;
  EXPECT_FALSE(in.take_next());
  EXPECT_FALSE(in.release(0)) << "nothing is taken";
  EXPECT_FALSE(in.release(2)) << "no such stream";
  const Bytes words[] = {Bytes(100, 'a'), Bytes(100, 'b'), Bytes(100, 'c'), Bytes(100, 'd')};
  const auto arrives = [&](uint32_t number) {
    return in.take(whole(0, number, number * 2, words[number]));
  };
  for (const uint32_t number : {0, 1, 3}) EXPECT_EQ(arrives(number), Fits::kNew);
  in.take(whole(1, 0, 0, Bytes(100, 'x')));
  const auto first = in.take_next(), other = in.take_next(), second = in.take_next();
  ASSERT_TRUE(first && other && second);
  EXPECT_EQ(first->stream, 0);
  EXPECT_EQ(other->stream, 1) << "streams take turns";
  EXPECT_FALSE(in.take_next()) << "the third is missing";
  EXPECT_EQ(arrives(2), Fits::kNew);
  const auto third = in.take_next();
  ASSERT_TRUE(third);
  for (const auto& [got, byte] : {std::pair(*first, 'a'), {*second, 'b'}, {*third, 'c'}})
    EXPECT_EQ(Bytes(got.bytes.begin(), got.bytes.end()), Bytes(100, static_cast<uint8_t>(byte)));
  EXPECT_EQ(in.look(whole(0, 4, 8, Bytes(100))), Fits::kOverrun) << "four are held";
  EXPECT_EQ(in.look(whole(0, 3, kRing, Bytes(100))), Fits::kOverrun) << "where the first lies";
  EXPECT_TRUE(in.release(0));
  EXPECT_EQ(in.look(whole(0, 4, 8, Bytes(100))), Fits::kNew);
  EXPECT_EQ(in.look(whole(0, 4, kRing, Bytes(100))), Fits::kNew);
  EXPECT_EQ(in.look(whole(0, 4, kRing + 1, Bytes(100))), Fits::kOverrun);
  EXPECT_EQ(arrives(0), Fits::kKnown);
  const auto fourth = in.take_next();
  ASSERT_TRUE(fourth);
  EXPECT_EQ(fourth->bytes[0], 'd');
  EXPECT_TRUE(in.release(0) && in.release(0) && in.release(0));
  EXPECT_FALSE(in.release(0)) << "all of the stream are released";
  EXPECT_TRUE(in.release(1));
}

TEST(Incoming, TellsWhenHalfAWindowIsFree) {
  Inbox in;
  Bytes room(100);
  const auto told = [&]() -> std::string {
    BodyWriter body(room);
    if (!in.write_window(body)) return "nothing";
    const auto begun = BodyReader::begin(0, std::span(room).first(body.size()));
    BodyReader reader = *begun;
    const auto frame = reader.next();
    return std::to_string(frame->stream) + ": " + std::to_string(frame->message) + " messages to " +
           std::to_string(frame->place);
  };
  for (uint32_t i = 0; i < 3; ++i) in.take(whole(0, i, i, {'a'}));
  in.consume();
  EXPECT_EQ(told(), "nothing");
  in.consume();
  EXPECT_EQ(told(), "0: 6 messages to 66");
  EXPECT_EQ(told(), "nothing");
  in.consume();
  in.tell_again(0);
  in.tell_again(0);
  EXPECT_EQ(told(), "0: 7 messages to 67") << "the newest, not what was lost";
  EXPECT_EQ(told(), "nothing");
  // What is skipped counts as used: it reaches to unit 35.
  in.take(whole(0, 3, 34, Bytes(1, 'b')));
  in.consume();
  EXPECT_EQ(told(), "0: 8 messages to 99");
  // Without room it waits.
  in.tell_again(1);
  BodyWriter narrow(std::span<uint8_t>(room).first(kWindowBytes - 1));
  EXPECT_FALSE(in.write_window(narrow));
  EXPECT_EQ(told(), "1: 4 messages to 64");
}

}  // namespace
}  // namespace spanway::transport
