// SPDX-License-Identifier: BSD-3-Clause
// What a connection takes for true. Whole talks, and what a path does to them: tests/sim.
#include "dataplane/transport/message/connection.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "dataplane/base/random.h"
#include "tests/fuzz/connection_input.h"
#include "tests/support/receive_memory.h"

namespace spanway::transport {
namespace {

using Bytes = std::vector<uint8_t>;

const Params kTakes{
    .packet_bytes = 1'200, .streams = 2, .window_bytes = 1 << 16, .window_messages = 8};

class Pair : public testing::TestWithParam<bool> {
 protected:
  Pair()
      : a_(side(true), options_, memory_[0].bytes(), now_),
        b_(side(false), options_, memory_[1].bytes(), now_) {}

  Established side(bool client) const {
    Established out{ConnectionId{client ? 1u : 2u},
                    ConnectionId{client ? 2u : 1u},
                    kTakes,
                    kTakes,
                    std::nullopt,
                    client};
    if (GetParam()) {
      out.secrets.emplace();
      out.secrets->client.fill(1);
      out.secrets->server.fill(2);
    }
    return out;
  }
  Bytes next_of(Connection& from) {
    Bytes room(1'200);
    room.resize(from.write(room, now_));
    return room;
  }
  // Both say all that they have to say now.
  void exchange() {
    for (bool any = true; any;) {
      any = false;
      for (Connection* from : {&a_, &b_}) {
        for (Bytes packet = next_of(*from); !packet.empty(); packet = next_of(*from)) {
          EXPECT_EQ((from == &a_ ? b_ : a_).on_packet(packet, false, now_), Heard::kTaken);
          any = true;
        }
      }
      now_ += micros(30);
    }
  }
  // As somebody would who knows everything but perhaps the key.
  Bytes forge(const std::function<uint8_t(BodyWriter&)>& say, uint32_t number) {
    Bytes packet(600);
    BodyWriter body(std::span<uint8_t>(packet).subspan(kHeaderBytes));
    const uint8_t flags = say(body);
    const Protection by =
        GetParam() ? Protection(*packet_key(side(true).secrets->client)) : Protection();
    packet.resize(kHeaderBytes + body.size() + by.trailer_bytes());
    write_header({PacketKind::kData, flags, ConnectionId{2}, PacketNumber(number)}, packet.data());
    by.seal(packet, kHeaderBytes, PacketNumber(number));
    return packet;
  }

  Nanos now_ = seconds(1);
  ConnectionOptions options_;
  test::ReceiveMemory memory_[2] = {test::ReceiveMemory(kTakes), test::ReceiveMemory(kTakes)};
  Connection a_, b_;
  const Bytes word_ = Bytes(64, 'w');
};

INSTANTIATE_TEST_SUITE_P(Protected, Pair, testing::Bool(),
                         [](const auto& with) { return with.param ? "ByAes128Gcm" : "ByCrc32c"; });

TEST_P(Pair, AMessageGoesThereAndItsEndComesBack) {
  EXPECT_EQ(a_.send(1, word_, 42), Taken::kYes);
  EXPECT_FALSE(a_.take_done());
  exchange();
  const auto got = b_.next();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->stream, 1);
  EXPECT_EQ(Bytes(got->bytes.begin(), got->bytes.end()), word_);
  EXPECT_EQ(a_.take_done(), 42u);
  b_.consume();
  EXPECT_FALSE(b_.next());
}

TEST_P(Pair, SaidTwiceIsHeardOnce) {
  a_.send(0, word_, 1);
  Bytes packet = next_of(a_);
  const Bytes copy = packet;
  EXPECT_EQ(b_.on_packet(packet, false, now_), Heard::kTaken);
  for (int i = 0; i < 3; ++i) {
    Bytes again = copy;
    EXPECT_EQ(b_.on_packet(again, false, now_), Heard::kDuplicate);
  }
  b_.consume();
  Bytes again = copy;
  EXPECT_EQ(b_.on_packet(again, false, now_), Heard::kDuplicate);
  EXPECT_FALSE(b_.next());
}

// The path was dark behind a packet: its acknowledgement comes with what the peer says later, and
// was no three seconds on its way.
TEST_P(Pair, AnAnswerOutOfTheDarkIsNoRoundTrip) {
  a_.send(0, word_, 1);
  exchange();
  const Nanos rto = a_.sender().rtt().rto();
  a_.send(0, word_, 2);
  Bytes packet = next_of(a_);
  EXPECT_EQ(b_.on_packet(packet, false, now_), Heard::kTaken);
  now_ += millis(1);
  EXPECT_FALSE(next_of(b_).empty()) << "this one is lost";
  now_ += seconds(3);
  b_.send(0, word_, 3);
  packet = next_of(b_);
  EXPECT_EQ(a_.on_packet(packet, false, now_), Heard::kTaken);
  EXPECT_EQ(a_.take_done(), 1u);
  EXPECT_EQ(a_.take_done(), 2u);
  EXPECT_LE(a_.sender().rtt().rto(), rto);
}

// Frames that are well formed and say anything at all.
TEST(Connection, WhateverAPeerSaysStaysWithinItsBounds) {
  unsigned given = 0;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    Random random(seed);
    Bytes said;
    uint32_t ahead[2] = {};
    for (int chunk = 0; chunk < 200; ++chunk) {
      Bytes room(1'020);
      BodyWriter body(room);
      uint8_t flags = 0;
      const auto small = [&random](uint64_t below) {
        return static_cast<uint32_t>(random.below(below));
      };
      if (random.below(2) == 0)
        flags = body.ack({{PacketNumber(small(40)), 1 + small(40), random.below(2) * random()},
                          micros(5),
                          static_cast<uint16_t>(small(3))});
      for (uint32_t frames = small(4); frames != 0; --frames) {
        const auto stream = static_cast<uint16_t>(small(random.below(20) == 0 ? 3 : 2));
        const uint32_t number = ahead[stream % 2] + small(4) - small(2);
        const uint32_t place = number * 4 + small(random.below(4) == 0 ? 200 : 1);
        const Bytes bytes(1 + small(random.below(3) == 0 ? 1'100 : 200), 'b');
        switch (small(8)) {
          case 0:
            body.window(stream, 8 + small(12), 64 + small(80));
            break;
          case 1:
            body.ping();
            break;
          case 2: {
            const uint32_t first = small(units_of(static_cast<uint32_t>(bytes.size())));
            body.fragment(stream, number, place, first * kUnitBytes,
                          static_cast<uint32_t>(bytes.size()),
                          std::span(bytes).subspan(first * kUnitBytes));
            break;
          }
          default:
            if (body.message(stream, number, place, bytes) && number == ahead[stream % 2])
              ++ahead[stream % 2];
        }
      }
      body.pad_to((body.size() + 3) / 4 * 4);
      said.push_back(flags);
      said.push_back(static_cast<uint8_t>(body.size() / 4));
      said.insert(said.end(), room.begin(), room.begin() + static_cast<long>(body.size()));
    }
    given += fuzz::Converse(said).given();
  }
  EXPECT_GT(given, 400u) << "now and then it is right";
}

TEST_P(Pair, EverySpoiltBitAndEveryCutIsNothing) {
  a_.send(0, word_, 1);
  const Bytes packet = next_of(a_);
  for (size_t bit = 0; bit < packet.size() * 8; ++bit) {
    Bytes spoilt = packet;
    spoilt[bit / 8] = static_cast<uint8_t>(spoilt[bit / 8] ^ 1 << bit % 8);
    const Heard what = b_.on_packet(spoilt, false, now_);
    ASSERT_TRUE(what == Heard::kDamaged || what == Heard::kMalformed || what == Heard::kDuplicate)
        << bit << " " << static_cast<int>(what);
  }
  for (size_t size = 0; size < packet.size(); ++size) {
    Bytes cut(packet.begin(), packet.begin() + static_cast<long>(size));
    ASSERT_NE(b_.on_packet(cut, false, now_), Heard::kTaken) << size;
  }
  EXPECT_FALSE(b_.next());
  Bytes whole = packet;
  EXPECT_EQ(b_.on_packet(whole, false, now_), Heard::kTaken);
  EXPECT_TRUE(b_.next());
}

TEST_P(Pair, NobodyAcknowledgesWhatWasNeverSent) {
  b_.send(0, word_, 1);
  Bytes packet = next_of(b_);
  const uint64_t window = b_.sender().congestion().window();
  Bytes optimist = forge(
      [](BodyWriter& body) {
        return body.ack({{PacketNumber(500), 400, ~uint64_t{0}}, {}, 0});
      },
      0);
  EXPECT_EQ(b_.on_packet(optimist, false, now_), Heard::kForged);
  EXPECT_FALSE(b_.take_done());
  EXPECT_EQ(b_.sender().congestion().window(), window);
  EXPECT_EQ(b_.sender().scoreboard().packets_in_flight(), 1u);
  // Its number is not used up: the honest one with the same is heard.
  EXPECT_EQ(a_.on_packet(packet, false, now_), Heard::kTaken);
  now_ += millis(1);
  Bytes honest = next_of(a_);
  EXPECT_EQ(b_.on_packet(honest, false, now_), Heard::kTaken);
  EXPECT_EQ(b_.take_done(), 1u);
}

TEST_P(Pair, APacketWithOneBadFrameIsNothing) {
  const Bytes word = word_;
  Bytes over = forge(
      [&](BodyWriter& body) {
        body.message(0, 0, 0, word);
        body.message(0, 8, 1, word);  // the ninth of a window of eight
        return uint8_t{0};
      },
      0);
  EXPECT_EQ(b_.on_packet(over, false, now_), Heard::kOverrun);
  EXPECT_FALSE(b_.next());
  Bytes stranger = forge(
      [&](BodyWriter& body) {
        body.message(0, 0, 0, word);
        body.message(2, 0, 1, word);  // there are two streams
        return uint8_t{0};
      },
      0);
  EXPECT_EQ(b_.on_packet(stranger, false, now_), Heard::kOverrun);
  EXPECT_FALSE(b_.next());
}

TEST_P(Pair, NobodyMakesRoomForWhatWasNeverSent) {
  const Bytes word = word_;
  Bytes generous = forge(
      [&](BodyWriter& body) {
        body.message(0, 0, 0, word);
        body.window(0, 9, 1 << 10);  // one was consumed, and none was sent
        return uint8_t{0};
      },
      0);
  EXPECT_EQ(b_.on_packet(generous, false, now_), Heard::kForged);
  EXPECT_FALSE(b_.next());
}

TEST_P(Pair, WhoStopsReadingStopsItsOwnStreamOnly) {
  for (uint64_t i = 0; i < 12; ++i) EXPECT_EQ(a_.send(0, word_, i), Taken::kYes);
  exchange();
  EXPECT_EQ(a_.sender().scoreboard().packets_in_flight(), 0u);
  unsigned done = 0;
  while (a_.take_done()) ++done;
  EXPECT_EQ(done, 8u) << "as many as the window takes";
  EXPECT_EQ(a_.send(1, word_, 100), Taken::kYes);
  exchange();
  EXPECT_EQ(a_.take_done(), 100u);
  for (int i = 0; i < 9; ++i) b_.consume();
  exchange();
  while (a_.take_done()) ++done;
  EXPECT_EQ(done, 12u);
}

// Of packets that are tried, the first is as long as the peer takes; those that carry something are
// no longer than what arrived.
TEST_P(Pair, PacketsGrowAsFarAsThePathAndThePeerTakeThem) {
  for (const size_t path : {1'200u, 1'472u, 8'900u, 20'000u}) {
    Params takes = kTakes;
    takes.packet_bytes = 8'900;
    takes.window_bytes = 1 << 20;
    options_.most_packet_bytes = 9'000;
    Established client = side(true), server = side(false);
    client.ours = client.theirs = server.ours = server.theirs = takes;
    test::ReceiveMemory memory[2] = {test::ReceiveMemory(takes), test::ReceiveMemory(takes)};
    Connection a(client, options_, memory[0].bytes(), now_);
    Connection b(server, options_, memory[1].bytes(), now_);
    const Bytes book(200'000, 'b');
    size_t longest = 0;
    for (uint64_t tag = 0; tag < 20; ++tag) {
      ASSERT_EQ(a.send(0, book, tag), Taken::kYes);
      for (int turn = 0; turn < 10'000 && !a.take_done(); ++turn) {
        now_ += micros(100);
        for (Connection* from : {&a, &b}) {
          Bytes room(9'000);
          while (const size_t size = from->write(room, now_)) {
            longest = std::max(longest, size);
            if (size <= path)
              (from == &a ? b : a).on_packet(std::span(room).first(size), false, now_);
          }
          if (from->deadline(now_) <= now_) from->on_timer(now_);
        }
      }
      ASSERT_TRUE(b.next()) << path << " " << tag;
      b.consume();
    }
    EXPECT_EQ(longest, 8'900u);
    EXPECT_LE(a.packet_bytes(), path);
    EXPECT_GT(a.packet_bytes() + PathMtu::kStep, std::min<size_t>(path, 8'900));
    EXPECT_EQ(a.sender().counts().episodes, 0u) << "a probe that is lost is no congestion";
  }
}

TEST_P(Pair, NoFasterThanItsRate) {
  options_.rate_bytes_per_second = 1'000'000;
  Connection a(side(true), options_, memory_[0].bytes(), now_);
  const Bytes book(16'000, 'b');
  const Nanos begun = now_;
  uint64_t sent = 0, said = 0;
  while (said < 40) {
    if (a.send(0, book, said) == Taken::kYes) ++said;
    Bytes room(1'200);
    size_t size = 0;
    while ((size = a.write(room, now_)) != 0) {
      sent += size;
      // What has left never exceeds what was saved up, and what the time has brought since.
      ASSERT_LE(sent, 12'000 + static_cast<uint64_t>((now_ - begun).ns()) / 1'000);
      b_.on_packet(std::span(room).first(size), false, now_);
    }
    while ((size = b_.write(room, now_)) != 0)
      a.on_packet(std::span(room).first(size), false, now_);
    while (b_.next()) b_.consume();
    while (a.take_done()) {
    }
    now_ = std::max(now_ + micros(30), std::min(a.deadline(now_), b_.deadline(now_)));
    a.on_timer(now_);
    b_.on_timer(now_);
  }
  EXPECT_GT(sent, 9 * static_cast<uint64_t>((now_ - begun).ns()) / 10'000) << "and not much slower";
}

bool phase_of(const Bytes& packet) { return (packet[1] & packet_flag::kKeyPhase) != 0; }

TEST_P(Pair, KeysTurnOnBothSidesAlthoughOneOnlyListens) {
  options_.phase_packets = 10;
  unsigned turns[2] = {};
  bool phases[2] = {};
  for (uint64_t tag = 0; tag < 400; ++tag) {
    ASSERT_EQ(a_.send(0, word_, tag), Taken::kYes);
    for (bool any = true; any;) {
      any = false;
      for (const size_t i : {0, 1}) {
        Connection& from = i == 0 ? a_ : b_;
        now_ += micros(30);
        for (Bytes packet = next_of(from); !packet.empty(); packet = next_of(from)) {
          any = true;
          if (phase_of(packet) != phases[i]) ++turns[i];
          phases[i] = phase_of(packet);
          ASSERT_EQ((i == 0 ? b_ : a_).on_packet(packet, false, now_), Heard::kTaken);
        }
      }
    }
    ASSERT_TRUE(b_.next()) << tag;
    b_.consume();
    ASSERT_EQ(a_.take_done(), tag);
  }
  if (GetParam()) {
    EXPECT_GE(turns[0], 30u);
    EXPECT_GE(turns[1], 30u);
  } else {
    EXPECT_EQ(turns[0] + turns[1], 0u) << "there is no key to turn";
  }
}

TEST_P(Pair, WhatComesLateIsOpenedByTheLastKey) {
  options_.phase_packets = 4;
  std::vector<Bytes> late;
  uint64_t tag = 0;
  const auto say = [&] {
    a_.send(0, word_, tag++);
    return next_of(a_);
  };
  a_.send(1, word_, tag++);
  exchange();
  for (int i = 0; i < 3; ++i) {
    late.push_back(say());
    EXPECT_FALSE(phase_of(late.back()));
  }
  // The fifth packet is of the next phase, if there are any.
  Bytes fresh = say();
  EXPECT_EQ(phase_of(fresh), GetParam());
  EXPECT_EQ(b_.on_packet(fresh, false, now_), Heard::kTaken);
  for (Bytes& packet : late) EXPECT_EQ(b_.on_packet(packet, false, now_), Heard::kTaken);
}

TEST_P(Pair, NoKeyTurnsTwiceBeforeThePeerHasAnswered) {
  options_.phase_packets = 2;
  a_.send(0, word_, 0);
  exchange();
  unsigned turns = 0;
  bool phase = false;
  for (uint64_t tag = 1; tag < 8; ++tag) {
    a_.send(1, word_, tag);
    const Bytes lost = next_of(a_);
    ASSERT_FALSE(lost.empty());
    if (phase_of(lost) != phase) ++turns;
    phase = phase_of(lost);
  }
  EXPECT_LE(turns, 1u);
  for (int i = 0; i < 20; ++i) {
    now_ += millis(50);
    a_.on_timer(now_);
    exchange();
  }
  unsigned done = 0;
  while (a_.take_done()) ++done;
  EXPECT_EQ(done, 8u) << "and all arrives at last";
}

TEST_P(Pair, BothSayGoodbye) {
  a_.send(0, word_, 1);
  a_.close();
  EXPECT_EQ(a_.send(0, word_, 2), Taken::kClosed);
  exchange();
  EXPECT_TRUE(b_.peer_closed());
  EXPECT_EQ(b_.send(0, word_, 3), Taken::kYes) << "the other direction goes on";
  exchange();
  EXPECT_EQ(b_.take_done(), 3u);
  b_.close();
  exchange();
  for (int i = 0; i < 100; ++i) {
    now_ += millis(50);
    a_.on_timer(now_);
    b_.on_timer(now_);
    exchange();
  }
  EXPECT_EQ(a_.life(), Life::kClosed);
  EXPECT_EQ(b_.life(), Life::kClosed);
  EXPECT_EQ(a_.deadline(now_), Nanos::never());
}

// A worker that comes late finds the peer's last word answered in the same turn that ends it all.
TEST_P(Pair, NobodyLeavesWithoutTheLastAnswer) {
  a_.send(0, word_, 1);
  exchange();
  a_.close();
  b_.close();
  Bytes from_a = next_of(a_), from_b = next_of(b_);
  b_.on_packet(from_a, false, now_);
  a_.on_packet(from_b, false, now_);
  now_ += micros(30);
  // b answers a's last word; a has not had its turn since it heard b's.
  from_b = next_of(b_);
  ASSERT_FALSE(from_b.empty());
  a_.on_packet(from_b, false, now_);
  now_ += seconds(5);
  a_.on_timer(now_);
  Bytes answer = next_of(a_);
  ASSERT_FALSE(answer.empty());
  a_.on_timer(now_);
  EXPECT_EQ(a_.life(), Life::kClosed);
  b_.on_packet(answer, false, now_);
  now_ += seconds(5);
  b_.on_timer(now_);
  EXPECT_EQ(b_.life(), Life::kClosed) << "and not after the idle time";
}

TEST_P(Pair, SilenceIsAskedAboutAndThenBelieved) {
  Bytes packet;
  Nanos asked;
  for (const Nanos end = now_ + seconds(40); now_ < end; now_ += millis(10)) {
    if (a_.deadline(now_) > now_) continue;
    a_.on_timer(now_);
    if (!next_of(a_).empty() && asked == Nanos()) asked = now_;
    if (a_.life() != Life::kOpen) break;
  }
  EXPECT_EQ(asked, seconds(1) + millis(7'500)) << "a quarter of 30 s";
  EXPECT_EQ(a_.life(), Life::kSilent);
  EXPECT_EQ(now_, seconds(31));
  EXPECT_EQ(a_.send(0, word_, 1), Taken::kClosed);
}

}  // namespace
}  // namespace spanway::transport
