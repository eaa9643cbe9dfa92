// SPDX-License-Identifier: BSD-3-Clause
// Two connections of the message protocol over a path in virtual time that loses, repeats, delays,
// overtakes, spoils, goes dark and takes packets of changing size. Whatever the path does: every
// byte of every message arrives once, in the order of its stream, or the connection ends and says
// why. Seeds 1 to 300, or as SPANWAY_MESSAGE_FIRST and SPANWAY_MESSAGE_SEEDS say.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <queue>
#include <string>
#include <vector>

#include "dataplane/base/random.h"
#include "dataplane/transport/message/connection.h"
#include "tests/support/receive_memory.h"

namespace spanway::transport {
namespace {

using Bytes = std::vector<uint8_t>;

uint64_t number_of(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// What a path does to a packet, in each direction.
struct Weather {
  double loss = 0, copies = 0, spoils = 0, overtakes = 0;
  double burst = 0;  // that up to 20 ms begin in which all is lost
  Nanos delay = micros(50), jitter = micros(5);
  Nanos byte_time{8};  // 1 Gbit/s
  Nanos queue = millis(5);
  Nanos dark_from = Nanos::never(), dark_until = Nanos::never();
  size_t mtu = SIZE_MAX, later_mtu = SIZE_MAX;  // of UDP payloads
  Nanos later = Nanos::never();
};

Bytes content(uint16_t stream, uint32_t number, size_t bytes, uint64_t seed) {
  Random random(seed ^ uint64_t{stream} << 32 ^ number);
  Bytes out(bytes);
  for (uint8_t& byte : out) byte = static_cast<uint8_t>(random());
  return out;
}

struct Ends {
  Established client, server;
};

Ends established(bool keyed, const Params& of_client, const Params& of_server) {
  Ends ends;
  ends.client = {ConnectionId{1}, ConnectionId{2}, of_client, of_server, {}, true};
  ends.server = {ConnectionId{2}, ConnectionId{1}, of_server, of_client, {}, false};
  if (keyed) {
    ConnectionSecrets secrets;
    secrets.client.fill(1);
    secrets.server.fill(2);
    ends.client.secrets = ends.server.secrets = secrets;
  }
  return ends;
}

// One end with its application.
struct Side {
  Side(const Established& as, const ConnectionOptions& options, Nanos now)
      : memory(as.ours), connection(as, options, memory.bytes(), now), streams(as.theirs.streams) {}

  test::ReceiveMemory memory;
  Connection connection;
  uint16_t streams;
  uint64_t seed = 0;  // of what it sends
  std::vector<std::deque<Bytes>> plan;
  std::map<uint64_t, Bytes> outside;  // by tag, until done
  std::vector<uint32_t> sent, received;
  Nanos reads_at{};
};

class Talk {
 public:
  explicit Talk(uint64_t seed) : random_(seed) {
    choose_weather();
    const bool keyed = seed % 3 == 0;
    Params params[2];
    for (Params& one : params) {
      one.streams = static_cast<uint16_t>(1 + random_.below(4));
      one.window_bytes = 1u << (14 + random_.below(5));
      one.window_messages = static_cast<uint32_t>(1 + random_.below(40));
      one.idle_ms = 20'000;
      one.packet_bytes = static_cast<uint16_t>(1'200 + random_.below(7'800));
      // Numbers wrap under way in many of them.
      one.first = PacketNumber(static_cast<uint32_t>(0 - random_.below(400)));
    }
    options_.sender.capacity = 256;
    options_.sender.algorithm = seed % 2 == 0 ? Algorithm::kCubic : Algorithm::kReno;
    options_.packet_bytes = static_cast<uint32_t>(1'200 + random_.below(300));
    options_.sender.segment = options_.packet_bytes;
    options_.most_packet_bytes = random_.below(3) == 0 ? 0 : 9'000;
    options_.most_messages = 16;
    if (random_.below(3) == 0) options_.most_span_bytes = 1u << (13 + random_.below(4));
    if (random_.below(2) == 0)
      options_.phase_packets = static_cast<uint32_t>(1 + random_.below(60));
    options_.rate_bytes_per_second = random_.below(4) == 0 ? 500'000 + random_.below(5'000'000) : 0;
    const Ends ends = established(keyed, params[0], params[1]);
    sides_.emplace_back(ends.client, options_, now_);
    sides_.emplace_back(ends.server, options_, now_);
    for (size_t i = 0; i < 2; ++i) fill(sides_[i], seed * 2 + i, params[1 - i]);
  }

  // True when both have said and heard all.
  bool run(Nanos most) {
    const Nanos end = now_ + most;
    while (now_ < end) {
      for (size_t i = 0; i < 2; ++i) {
        apply(i);
        speak(i);
      }
      if (over()) return true;
      const Nanos next = when();
      if (next >= end) break;
      if (next <= now_) {
        if (++idle_turns_ > 100'000) return false;  // nothing moves, and time does not either
      } else {
        idle_turns_ = 0;
        now_ = next;
      }
      arrive();
      for (Side& side : sides_)
        if (side.connection.deadline(now_) <= now_) side.connection.on_timer(now_);
    }
    return over();
  }

  Weather weather;
  std::string story() const {
    std::string out;
    for (const Side& side : sides_) {
      out += "life " + std::to_string(static_cast<int>(side.connection.life())) + " in flight " +
             std::to_string(side.connection.sender().scoreboard().packets_in_flight()) +
             " outside " + std::to_string(side.outside.size()) + " sent";
      for (const uint32_t n : side.sent) out += " " + std::to_string(n);
      out += " received";
      for (const uint32_t n : side.received) out += " " + std::to_string(n);
      out += " left";
      for (const auto& plan : side.plan) out += " " + std::to_string(plan.size());
      out += "; ";
    }
    return out + "at " + std::to_string(now_.seconds()) + " s";
  }
  void expect_all_received() {
    for (size_t i = 0; i < 2; ++i) {
      // What came before the end may be read behind it.
      while (sides_[i].connection.next()) {
        sides_[i].reads_at = now_;
        apply(i);
      }
    }
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(sides_[1 - i].received, sides_[i].sent);
      EXPECT_TRUE(sides_[i].outside.empty());
      EXPECT_EQ(sides_[i].connection.heard(Heard::kOverrun), 0u);
      // A spoilt header is found to be none before the trailer is looked at.
      if (weather.spoils == 0) {
        EXPECT_EQ(sides_[i].connection.heard(Heard::kMalformed), 0u);
      }
      EXPECT_EQ(sides_[i].connection.heard(Heard::kForged), 0u);
    }
  }
  bool any_life(Life life) const {
    return std::ranges::any_of(sides_,
                               [&](const Side& side) { return side.connection.life() == life; });
  }
  Nanos now() const { return now_; }

 private:
  struct Flight {
    Nanos arrives;
    uint64_t order;
    size_t to;
    Bytes packet;
    bool operator<(const Flight& other) const {
      return std::pair(arrives, order) > std::pair(other.arrives, other.order);
    }
  };

  bool chance(double probability) {
    return static_cast<double>(random_.below(1'000'000)) < probability * 1e6;
  }
  void choose_weather() {
    switch (random_.below(5)) {
      case 0:
        break;  // fair
      case 1:
        weather.loss = 0.01 * static_cast<double>(1 + random_.below(20));
        break;
      case 2:
        weather.burst = 0.005;
        weather.copies = 0.02;
        break;
      case 3:
        weather.overtakes = 0.2;
        weather.spoils = 0.02;
        break;
      default:
        weather.loss = 0.05;
        weather.copies = weather.spoils = weather.overtakes = 0.05;
        weather.burst = 0.002;
    }
    weather.delay = micros(static_cast<int64_t>(10 + random_.below(20'000)));
    weather.jitter = Nanos(static_cast<int64_t>(random_.below(50'000)));
    weather.byte_time = Nanos(static_cast<int64_t>(1 + random_.below(80)));
    if (random_.below(3) == 0) {
      weather.mtu = 1'200 + random_.below(7'000);
      weather.later_mtu = 1'200 + random_.below(random_.below(2) == 0 ? 300 : 7'000);
      weather.later = now_ + millis(static_cast<int64_t>(random_.below(1'000)));
    }
    if (random_.below(4) == 0) {
      weather.dark_from = now_ + millis(static_cast<int64_t>(random_.below(200)));
      weather.dark_until = weather.dark_from + millis(static_cast<int64_t>(random_.below(3'000)));
    }
  }
  uint32_t longest(const Params& theirs) const {
    return std::min(most_message_bytes(theirs), options_.most_span_bytes / 2);
  }
  void fill(Side& side, uint64_t seed, const Params& theirs) {
    side.seed = seed;
    side.plan.resize(theirs.streams);
    side.sent.resize(theirs.streams);
    sides_[&side == &sides_[0] ? 1 : 0].received.resize(theirs.streams);
    for (uint16_t stream = 0; stream < theirs.streams; ++stream) {
      const uint64_t count = random_.below(60);
      for (uint32_t n = 0; n < count; ++n) {
        const uint64_t most = random_.below(4) == 0 ? longest(theirs) : 300;
        side.plan[stream].push_back(content(stream, n, 1 + random_.below(most), seed));
      }
    }
  }

  void apply(size_t i) {
    Side& side = sides_[i];
    bool left = false;
    for (uint16_t stream = 0; stream < side.plan.size(); ++stream) {
      auto& plan = side.plan[stream];
      while (!plan.empty()) {
        const uint64_t tag = ++tags_;
        Bytes& kept = side.outside[tag] = plan.front();
        if (const Taken taken = side.connection.send(stream, kept, tag); taken != Taken::kYes) {
          EXPECT_TRUE(taken == Taken::kFull || side.connection.life() != Life::kOpen)
              << static_cast<int>(taken);
          side.outside.erase(tag);
          break;
        }
        plan.pop_front();
        ++side.sent[stream];
      }
      left = left || !plan.empty();
    }
    while (const auto tag = side.connection.take_done()) EXPECT_EQ(side.outside.erase(*tag), 1u);
    // Reads now and then, so that windows close.
    if (now_ >= side.reads_at) {
      while (const auto got = side.connection.next()) {
        const Side& other = sides_[1 - i];
        const uint32_t number = side.received[got->stream]++;
        EXPECT_EQ(Bytes(got->bytes.begin(), got->bytes.end()),
                  content(got->stream, number, got->bytes.size(), other.seed))
            << "stream " << got->stream << " message " << number;
        side.connection.consume();
        if (random_.below(10) == 0) {
          side.reads_at = now_ + micros(static_cast<int64_t>(random_.below(20'000)));
          break;
        }
      }
    }
    if (!left) side.connection.close();
  }

  void speak(size_t i) {
    Bytes room(std::max(options_.packet_bytes, options_.most_packet_bytes));
    while (const size_t size = sides_[i].connection.write(room, now_)) {
      put(1 - i, Bytes(room.begin(), room.begin() + static_cast<long>(size)));
    }
  }
  void put(size_t to, const Bytes& packet) {
    if (now_ < burst_until_[to]) return;
    if (chance(weather.burst))
      burst_until_[to] = now_ + micros(static_cast<int64_t>(random_.below(20'000)));
    if (chance(weather.loss)) return;
    if (packet.size() > (now_ < weather.later ? weather.mtu : weather.later_mtu)) return;
    if (now_ >= weather.dark_from && now_ < weather.dark_until) return;
    // A queue in front of the path, which drops what would wait too long.
    busy_[to] = std::max(busy_[to], now_);
    if (busy_[to] - now_ > weather.queue) return;
    busy_[to] += weather.byte_time * static_cast<int64_t>(packet.size());
    for (int copies = chance(weather.copies) ? 2 : 1; copies != 0; --copies) {
      Nanos arrives = busy_[to] + weather.delay;
      if (chance(weather.overtakes))
        arrives += Nanos(static_cast<int64_t>(
            random_.below(static_cast<uint64_t>(weather.delay.ns() + weather.jitter.ns()) + 1)));
      Bytes sent = packet;
      if (chance(weather.spoils)) {
        const uint64_t bit = random_.below(sent.size() * 8);
        sent[bit / 8] = static_cast<uint8_t>(sent[bit / 8] ^ 1 << bit % 8);
      }
      flights_.push({arrives, ++order_, to, std::move(sent)});
    }
  }
  void arrive() {
    while (!flights_.empty() && flights_.top().arrives <= now_) {
      Flight flight = flights_.top();
      flights_.pop();
      sides_[flight.to].connection.on_packet(flight.packet, false, now_);
    }
  }
  Nanos when() const {
    Nanos next = flights_.empty() ? Nanos::never() : flights_.top().arrives;
    for (const Side& side : sides_) {
      next = std::min(next, side.connection.deadline(now_));
      if (side.connection.next()) next = std::min(next, std::max(now_, side.reads_at));
    }
    return next;
  }
  bool over() const {
    return std::ranges::all_of(
        sides_, [](const Side& side) { return side.connection.life() != Life::kOpen; });
  }

  Random random_;
  Nanos now_ = seconds(1);
  ConnectionOptions options_;
  std::deque<Side> sides_;
  std::priority_queue<Flight> flights_;
  uint64_t order_ = 0, tags_ = 0, idle_turns_ = 0;
  Nanos busy_[2]{}, burst_until_[2]{};
};

TEST(MessageTalks, EveryMessageArrivesOnceAndInOrder) {
  const uint64_t first = number_of("SPANWAY_MESSAGE_FIRST", 1);
  const uint64_t seeds = number_of("SPANWAY_MESSAGE_SEEDS", 300);
  Nanos longest;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Talk talk(seed);
    EXPECT_TRUE(talk.run(seconds(600)));
    // Nothing in this weather lasts as long as the idle time.
    EXPECT_FALSE(talk.any_life(Life::kSilent));
    talk.expect_all_received();
    if (testing::Test::HasFailure()) {
      std::printf("this talk went wrong: seed %lu: %s\n", static_cast<unsigned long>(seed),
                  talk.story().c_str());
      return;
    }
    longest = std::max(longest, talk.now());
  }
  std::printf("seeds %llu to %llu; longest talk %.1f s\n", static_cast<unsigned long long>(first),
              static_cast<unsigned long long>(first + seeds - 1), longest.seconds());
}

// The path goes dark for good: both sides say so, after the idle time and not long after.
TEST(MessageTalks, ADeadPathEndsTheConnection) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Talk talk(seed);
    talk.weather.dark_from = seconds(1) + micros(static_cast<int64_t>(seed * 100));
    talk.weather.dark_until = Nanos::never();
    ASSERT_TRUE(talk.run(seconds(60))) << talk.story();
    if (talk.any_life(Life::kSilent)) {
      EXPECT_LE(talk.now(), seconds(25));
    }
  }
}

}  // namespace
}  // namespace spanway::transport
