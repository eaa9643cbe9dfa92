// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/wire.h"

#include <gtest/gtest.h>

#include "dataplane/base/random.h"
#include "tests/fuzz/message_input.h"
#include "tests/unit/transport/message/samples.h"

namespace spanway::transport {
namespace {

using test::Bytes;

// Byte by byte as docs/transport.md draws it.
TEST(Wire, LiesAsItIsDrawn) {
  Bytes packet(kHeaderBytes + 64);
  BodyWriter body(std::span<uint8_t>(packet).subspan(kHeaderBytes));
  const uint8_t flags = body.ack({{PacketNumber(0x01020304), 5, 0}, micros(0x0607), 9});
  const std::array<uint8_t, 3> words = {'a', 'b', 'c'};
  ASSERT_TRUE(body.message(0x1112, 0x13141516, 0x41424344, words));
  write_header({PacketKind::kData, flags, ConnectionId{0x21222324}, PacketNumber(0x31323334)},
               packet.data());
  packet.resize(kHeaderBytes + body.size());
  EXPECT_EQ(packet,
            (Bytes{0x15, 0x01, 0,    0,    0x21, 0x22, 0x23, 0x24, 0x31, 0x32, 0x33, 0x34, 0x06,
                   0x07, 0x01, 0x02, 0x03, 0x04, 0x00, 0x90, 0x00, 0x05, 0x01, 0x00, 0x00, 0x03,
                   0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x41, 0x42, 0x43, 0x44, 'a',  'b',  'c'}));
}

TEST(Wire, EveryFrameComesBack) {
  const Bytes packet = test::some_data();
  const auto header = read_header(packet);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->kind, PacketKind::kData);
  EXPECT_EQ(header->flags, packet_flag::kAll);
  EXPECT_EQ(header->connection, ConnectionId{0x05060708});
  EXPECT_EQ(header->number, PacketNumber(12));
  const auto begun = BodyReader::begin(header->flags, std::span(packet).subspan(kHeaderBytes));
  ASSERT_TRUE(begun);
  BodyReader reader = *begun;
  ASSERT_TRUE(reader.ack());
  EXPECT_EQ(reader.ack()->words.largest, PacketNumber(1'000));
  EXPECT_EQ(reader.ack()->words.run, 7u);
  EXPECT_EQ(reader.ack()->words.bitmap, test::some_ack().words.bitmap);
  EXPECT_EQ(reader.ack()->delay, micros(250));
  EXPECT_EQ(reader.ack()->ce_count, 19);

  const auto next = [&reader] {
    EXPECT_FALSE(reader.done());
    const auto frame = reader.next();
    EXPECT_TRUE(frame);
    return frame ? *frame : Frame{};
  };
  Frame frame = next();
  EXPECT_EQ(frame.type, FrameType::kMessage);
  EXPECT_EQ(frame.stream, 3);
  EXPECT_EQ(frame.message, 41u);
  EXPECT_EQ(frame.offset, 0u);
  EXPECT_EQ(frame.place, 1'000'000u);
  EXPECT_EQ(frame.total, 5u);
  EXPECT_EQ(Bytes(frame.bytes.begin(), frame.bytes.end()), (Bytes{'h', 'e', 'l', 'l', 'o'}));
  frame = next();
  EXPECT_EQ(frame.type, FrameType::kFragment);
  EXPECT_EQ(frame.place, 0xffff'fff0u);
  EXPECT_EQ(frame.offset, 131'071 * kUnitBytes);
  EXPECT_EQ(frame.total, 131'071 * kUnitBytes + 5);
  EXPECT_EQ(frame.bytes.size(), 5u);
  frame = next();
  EXPECT_EQ(frame.type, FrameType::kWindow);
  EXPECT_EQ(frame.message, 300u);
  EXPECT_EQ(frame.place, 1u << 24);
  EXPECT_EQ(next().type, FrameType::kPing);
  frame = next();
  EXPECT_EQ(frame.type, FrameType::kClose);
  EXPECT_EQ(frame.reason, 2);
  EXPECT_EQ(next().type, FrameType::kPadding);
  EXPECT_TRUE(reader.done());
}

TEST(Wire, HeadersAreHeldToTheirKind) {
  struct Case {
    const char* what;
    std::array<uint8_t, 12> header;
    std::optional<WireFault> fault;
  };
  const Case cases[] = {
      {"data", {0x15, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}, {}},
      {"data with all flags", {0x15, 7, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}, {}},
      {"an unknown flag", {0x15, 8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}, WireFault::kFlags},
      {"a bitmap of nothing", {0x15, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}, WireFault::kFlags},
      {"reserved", {0x15, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, WireFault::kReserved},
      {"version 2", {0x25, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}, WireFault::kVersion},
      {"kind 0", {0x10, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}, WireFault::kKind},
      {"kind 6", {0x16, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}, WireFault::kKind},
      {"hello", {0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {}},
      {"hello to somebody", {0x11, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}, WireFault::kRange},
      {"challenge to nobody", {0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, WireFault::kRange},
      {"open with a number", {0x13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, WireFault::kReserved},
      {"accept with a flag", {0x14, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}, WireFault::kFlags},
  };
  for (const Case& c : cases) {
    const auto header = read_header(c.header);
    EXPECT_EQ(static_cast<bool>(header), !c.fault) << c.what;
    if (!header && c.fault) {
      EXPECT_EQ(header.fault(), *c.fault) << c.what;
    }
    for (size_t size = 0; size < c.header.size(); ++size) {
      EXPECT_EQ(read_header(std::span(c.header).first(size)).fault(), WireFault::kTruncated);
    }
  }
}

// The first fault of a body without an acknowledgement.
std::optional<WireFault> fault_of(const Bytes& body) {
  const auto begun = BodyReader::begin(0, body);
  if (!begun) return begun.fault();
  BodyReader reader = *begun;
  while (!reader.done())
    if (const auto frame = reader.next(); !frame) return frame.fault();
  return std::nullopt;
}

TEST(Wire, FramesAreHeldToTheirLimits) {
  struct Case {
    const char* what;
    Bytes body;
    std::optional<WireFault> fault;
  };
  const Case cases[] = {
      {"nothing", {}, {}},
      {"one byte of message", {1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, 8, 7, 6, 'x'}, {}},
      {"an empty message", {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 8, 7, 6}, WireFault::kLength},
      {"longer than what is there",
       {1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 9, 8, 7, 6, 'x'},
       WireFault::kLength},
      {"as long as lengths go",
       {1, 0, 255, 255, 0, 0, 0, 0, 0, 0, 9, 8, 7, 6, 'x'},
       WireFault::kLength},
      {"reserved", {1, 9, 0, 1, 0, 0, 0, 0, 0, 0, 9, 8, 7, 6, 'x'}, WireFault::kReserved},
      {"fragment", {2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, 8, 7, 6, 0, 0, 0, 64, 0, 0, 0, 65, 'x'}, {}},
      {"fragment not at a unit",
       {2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, 8, 7, 6, 0, 0, 0, 63, 0, 0, 0, 64, 'x'},
       WireFault::kRange},
      {"fragment that ends within a unit",
       {2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, 8, 7, 6, 0, 0, 0, 64, 0, 0, 0, 66, 'x'},
       WireFault::kRange},
      {"fragment past its end",
       {2, 0, 0, 2, 0, 0, 0, 0, 0, 0, 9, 8, 7, 6, 0, 0, 0, 64, 0, 0, 0, 65, 'x', 'y'},
       WireFault::kRange},
      {"fragment behind its end",
       {2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, 8, 7, 6, 0, 0, 0, 64, 0, 0, 0, 64, 'x'},
       WireFault::kRange},
      {"offset and length that wrap",
       {2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, 8, 7, 6, 255, 255, 255, 192, 0, 0, 0, 5, 'x'},
       WireFault::kRange},
      {"the end of 8 MiB less 63",
       {2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, 8, 7, 6, 0, 0x7f, 0xff, 0xc0, 0, 0x7f, 0xff, 0xc1, 'x'},
       {}},
      {"the end of more than 8 MiB",
       {2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, 8, 7, 6, 0, 0x80, 0, 0, 0, 0x80, 0, 1, 'x'},
       WireFault::kRange},
      {"window", {3, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}, {}},
      {"window cut", {3, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0}, WireFault::kTruncated},
      {"window reserved", {3, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}, WireFault::kReserved},
      {"ping", {4, 0}, {}},
      {"half a ping", {4}, WireFault::kTruncated},
      {"ping with more", {4, 1}, WireFault::kReserved},
      {"half a close", {5}, WireFault::kTruncated},
      {"padding", {0, 0, 0}, {}},
      {"padding with something in it", {0, 0, 1}, WireFault::kReserved},
      {"unknown", {6, 0, 0, 0}, WireFault::kFrame},
      {"good, then bad", {4, 0, 200}, WireFault::kFrame},
  };
  for (const Case& c : cases) EXPECT_EQ(fault_of(c.body), c.fault) << c.what;
}

TEST(Wire, APacketHasOnlySoManyFrames) {
  Bytes body;
  for (size_t i = 0; i < kMostFrames; ++i) body.insert(body.end(), {4, 0});
  EXPECT_EQ(fault_of(body), std::nullopt);
  body.insert(body.end(), {0, 0});
  EXPECT_EQ(fault_of(body), std::nullopt) << "padding is none";
  body.resize(body.size() - 2);
  body.insert(body.end(), {4, 0});
  EXPECT_EQ(fault_of(body), WireFault::kTooMany);
}

TEST(Wire, AcknowledgementsAreHeldToTheirLimits) {
  EXPECT_EQ(BodyReader::begin(packet_flag::kAck, Bytes(9)).fault(), WireFault::kTruncated);
  EXPECT_EQ(BodyReader::begin(packet_flag::kAck, Bytes(10)).fault(), WireFault::kRange)
      << "the newest itself did not arrive";
  Bytes good(10);
  good[9] = 1;
  EXPECT_TRUE(BodyReader::begin(packet_flag::kAck, good));
  EXPECT_EQ(BodyReader::begin(packet_flag::kAck | packet_flag::kBitmap, good).fault(),
            WireFault::kTruncated);
}

TEST(BodyWriter, WritesNothingWithoutRoom) {
  Bytes room(34);
  BodyWriter writer(room);
  const Bytes words(20, 1);
  EXPECT_FALSE(writer.message(0, 0, 0, Bytes(21, 1)));
  EXPECT_TRUE(writer.message(0, 0, 0, words));
  EXPECT_EQ(writer.left(), 0u);
  EXPECT_FALSE(writer.ping());
  EXPECT_FALSE(writer.close(1));
  EXPECT_FALSE(writer.window(0, 0, 0));
  EXPECT_FALSE(writer.fragment(0, 0, 0, 0, 1, Bytes(1)));
  EXPECT_FALSE(writer.pad_to(35));
  EXPECT_EQ(writer.ack(test::some_ack()), 0);
  EXPECT_EQ(writer.size(), 34u);
  EXPECT_EQ(room, [&] {
    Bytes want(34, 1);
    BodyWriter(want).message(0, 0, 0, words);
    return want;
  }());
}

TEST(BodyWriter, WritesNoMoreFramesThanAReaderKeeps) {
  Bytes room(1'000);
  BodyWriter writer(room);
  EXPECT_NE(writer.ack(test::some_ack()), 0);
  for (size_t i = 0; i < kMostFrames; ++i) EXPECT_TRUE(writer.ping());
  EXPECT_EQ(writer.left(), 0u);
  EXPECT_FALSE(writer.ping());
  EXPECT_FALSE(writer.message(0, 0, 0, Bytes(1, 1)));
}

TEST(BodyWriter, ClampsWhatTheFieldsCanNotHold) {
  Bytes room(10);
  BodyWriter writer(room);
  ASSERT_EQ(writer.ack({{PacketNumber(1), kLongestRun, 0}, seconds(1), 4'097}), packet_flag::kAck);
  const auto reader = BodyReader::begin(packet_flag::kAck, room);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->ack()->delay, micros(65'535));
  EXPECT_EQ(reader->ack()->words.run, (1u << 20) - 1);
  EXPECT_EQ(reader->ack()->ce_count, 1);
}

// The fuzz target's checks over every packet, cut everywhere and with each byte at the values that
// break parsers, and over many that are spoilt at random.
TEST(Wire, NoPacketGetsPastItsEnd) {
  Random random(20'261);
  for (const Bytes& packet : test::all_packets()) {
    const auto play = [](const Bytes& bytes) {
      // From a block of exactly that size, so that a byte read behind it is seen.
      const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
      fuzz::play(copy);
    };
    for (size_t size = 0; size <= packet.size(); ++size)
      play(Bytes(packet.begin(), packet.begin() + static_cast<long>(size)));
    for (size_t at = 0; at < packet.size(); ++at)
      for (const uint8_t value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
        Bytes spoilt = packet;
        spoilt[at] = value;
        play(spoilt);
      }
    for (int round = 0; round < 5'000; ++round) {
      Bytes spoilt = packet;
      for (uint64_t changes = 1 + random.below(4); changes != 0; --changes)
        spoilt[random.below(spoilt.size())] = static_cast<uint8_t>(random());
      if (random.below(4) == 0) spoilt.resize(random.below(spoilt.size() + 1));
      play(spoilt);
    }
  }
}

}  // namespace
}  // namespace spanway::transport
