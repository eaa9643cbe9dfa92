// SPDX-License-Identifier: BSD-3-Clause
// Both halves of the handshake against each other, and against whoever stands between them.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <queue>
#include <string>

#include "dataplane/base/random.h"
#include "dataplane/transport/message/dial.h"
#include "dataplane/transport/message/welcome.h"

namespace spanway::transport {
namespace {

using Bytes = std::vector<uint8_t>;

const Peer kClient{*IpAddr::parse("10.0.0.1"), 40'000};
const Peer kOther{*IpAddr::parse("10.0.0.66"), 40'000};
const SipKey kCookies = {9, 8, 7, 6, 5, 4, 3, 2, 1};
const Security kCrc{Protected::kCrc32c, {}};
const Security kKeyed{Protected::kAes128Gcm, Bytes(32, 0x5a)};
const Params kClientsParams{.packet_bytes = 1'400, .streams = 2, .first = PacketNumber(100)};
const Params kServersParams{.packet_bytes = 8'900, .streams = 9, .first = PacketNumber(7)};

Nonce128 nonce(uint8_t byte) {
  Nonce128 out;
  out.fill(byte);
  return out;
}

// A client and a server with a wire between them that loses, repeats, delays and spoils.
class BadWire {
 public:
  BadWire(const Security& client, const Security& server, uint64_t seed)
      : random_(seed),
        dial_(client, ConnectionId{0x01000001}, nonce(3), kClientsParams, seconds(30), now_),
        welcome_(server, kCookies, 10) {}

  double loss = 0, copies = 0, spoils = 0;
  Nanos longest = millis(2);  // on the way
  bool lose_accepts = false;

  // Until the client is connected or has failed, at most `most`.
  void run(Nanos most) {
    for (const Nanos end = now_ + most; now_ < end;) {
      while (auto packet = dial_.step(now_)) put(true, std::move(*packet));
      if (dial_.state() >= DialState::kConnected && flights_.empty()) return;
      const Nanos next = std::min(
          {dial_.deadline(), flights_.empty() ? Nanos::never() : flights_.top().arrives, end});
      now_ = std::max(now_, next);
      while (!flights_.empty() && flights_.top().arrives <= now_) {
        const Flight flight = flights_.top();
        flights_.pop();
        arrive(flight);
      }
    }
  }

  Dial& dial() { return dial_; }
  Welcome& welcome() { return welcome_; }
  std::vector<Established> made;
  std::vector<Bytes> to_server, to_client;
  Nanos now() const { return now_; }

 private:
  struct Flight {
    Nanos arrives;
    bool away;  // from the client
    Bytes packet;
    bool operator<(const Flight& other) const { return arrives > other.arrives; }
  };
  bool chance(double probability) {
    return static_cast<double>(random_.below(1'000'000)) < probability * 1e6;
  }
  void put(bool away, Bytes packet) {
    (away ? to_server : to_client).push_back(packet);
    const int count = chance(copies) ? 2 : 1;
    for (int i = 0; i < count; ++i) {
      if (chance(loss)) continue;
      Bytes sent = packet;
      if (chance(spoils)) {
        const uint64_t bit = random_.below(sent.size() * 8);
        sent[bit / 8] = static_cast<uint8_t>(sent[bit / 8] ^ 1 << bit % 8);
      }
      const auto span = static_cast<uint64_t>(longest.ns());
      flights_.push({now_ + Nanos(static_cast<int64_t>(random_.below(span + 1))), away, sent});
    }
  }
  void arrive(const Flight& flight) {
    if (!flight.away) {
      dial_.on_packet(flight.packet, now_);
      return;
    }
    const auto header = read_header(flight.packet);
    if (!header) return;
    Welcome::Reply reply;
    if (header->kind == PacketKind::kHello) {
      reply = welcome_.on_hello(kClient, flight.packet, now_);
    } else if (header->kind == PacketKind::kOpen) {
      ++ids_;
      reply = welcome_.on_open(kClient, flight.packet, ConnectionId{0x02000000 + ids_},
                               nonce(static_cast<uint8_t>(ids_)), kServersParams, now_);
    }
    if (!reply.first) return;
    if (reply.first->made) made.push_back(*reply.first->made);
    if (header->kind == PacketKind::kOpen && lose_accepts) return;
    put(false, reply.first->packet);
  }

  Random random_;
  Nanos now_ = seconds(5);
  Dial dial_;
  Welcome welcome_;
  uint32_t ids_ = 0;
  std::priority_queue<Flight> flights_;
};

void expect_match(const Established& client, const Established& server, bool keyed) {
  EXPECT_TRUE(client.is_client && !server.is_client);
  EXPECT_EQ(client.own, server.peer);
  EXPECT_EQ(client.peer, server.own);
  EXPECT_EQ(client.ours, server.theirs);
  EXPECT_EQ(client.theirs, server.ours);
  ASSERT_EQ(client.secrets.has_value(), keyed);
  ASSERT_EQ(server.secrets.has_value(), keyed);
  if (!keyed) return;
  EXPECT_EQ(client.secrets->client, server.secrets->client);
  EXPECT_EQ(client.secrets->server, server.secrets->server);
  EXPECT_NE(client.secrets->client, client.secrets->server);
}

TEST(Connecting, TakesTwoRoundTrips) {
  for (const Security& security : {kCrc, kKeyed}) {
    BadWire wire(security, security, 1);
    wire.run(seconds(1));
    ASSERT_EQ(wire.dial().state(), DialState::kConnected);
    ASSERT_EQ(wire.made.size(), 1u);
    expect_match(wire.dial().established(), wire.made[0], security.by == Protected::kAes128Gcm);
    EXPECT_EQ(wire.dial().established().ours.first, PacketNumber(100));
    EXPECT_EQ(wire.dial().established().theirs.first, PacketNumber(7));
    EXPECT_EQ(wire.dial().established().theirs.packet_bytes, 8'900);
    EXPECT_EQ(wire.to_server.size(), 2u);
    EXPECT_EQ(wire.to_client.size(), 2u);
    ASSERT_TRUE(wire.dial().round_trip());
    EXPECT_LE(*wire.dial().round_trip(), millis(4));
    // An answer is never longer than what asked for it.
    EXPECT_LE(wire.to_client[0].size(), wire.to_server[0].size());
    EXPECT_LE(wire.to_client[1].size(), wire.to_server[1].size());
  }
}

TEST(Connecting, ComesThroughABadWire) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Security& security = seed % 2 == 0 ? kCrc : kKeyed;
    BadWire wire(security, security, seed);
    wire.loss = 0.4;
    wire.copies = 0.3;
    wire.spoils = 0.2;
    wire.longest = millis(60);
    wire.run(seconds(40));
    ASSERT_EQ(wire.dial().state(), DialState::kConnected);
    // One server-side connection is the client's; others can only be of an earlier cookie.
    const auto& client = wire.dial().established();
    const auto at = std::ranges::find(wire.made, client.peer, &Established::own);
    ASSERT_NE(at, wire.made.end());
    expect_match(client, *at, security.by == Protected::kAes128Gcm);
    EXPECT_LE(wire.made.size(), 1u + static_cast<size_t>(wire.now().seconds() / 10));
  }
}

TEST(Connecting, GivesUpInTheEnd) {
  BadWire wire(kCrc, kCrc, 1);
  wire.loss = 1;
  wire.run(seconds(60));
  EXPECT_EQ(wire.dial().state(), DialState::kFailed);
  EXPECT_EQ(wire.now(), seconds(35));
  // 20, 40, ... 640 ms, then once a second.
  EXPECT_GE(wire.to_server.size(), 30u);
  EXPECT_LE(wire.to_server.size(), 40u);
}

TEST(Connecting, AcceptsThatAreLostForTooLongMeanANewCookie) {
  for (const Security& security : {kCrc, kKeyed}) {
    BadWire wire(security, security, 1);
    wire.lose_accepts = true;
    wire.run(seconds(9));
    EXPECT_EQ(wire.dial().state(), DialState::kOpen);
    wire.run(millis(1'010));
    // Nobody takes the first cookie any more: there was another Hello.
    EXPECT_EQ(std::ranges::count_if(wire.to_server,
                                    [](const Bytes& packet) {
                                      return read_header(packet)->kind == PacketKind::kHello;
                                    }),
              2);
    wire.lose_accepts = false;
    wire.run(seconds(5));
    // What the server remembers by the old cookie does not keep the new one out.
    ASSERT_EQ(wire.dial().state(), DialState::kConnected);
    ASSERT_EQ(wire.made.size(), 2u);
    expect_match(wire.dial().established(), wire.made[1], security.by == Protected::kAes128Gcm);
  }
}

TEST(Connecting, OtherKeysAndOtherProtectionDoNotMeet) {
  Security wrong = kKeyed;
  wrong.shared[31] ^= 1;
  struct Case {
    const char* what;
    Security client, server;
    Unwelcome why;
  };
  for (const Case& c : {Case{"another key", wrong, kKeyed, Unwelcome::kDamaged},
                        Case{"no key here", kKeyed, kCrc, Unwelcome::kProtected},
                        Case{"no key there", kCrc, kKeyed, Unwelcome::kProtected}}) {
    SCOPED_TRACE(c.what);
    BadWire wire(c.client, c.server, 1);
    wire.run(seconds(60));
    EXPECT_EQ(wire.dial().state(), DialState::kFailed);
    EXPECT_TRUE(wire.made.empty());
    EXPECT_GT(wire.welcome().refused(c.why), 0u);
    EXPECT_EQ(wire.welcome().size(), 0u);
  }
}

// What an honest client said, for whoever overheard it.
struct Overheard {
  Bytes hello, challenge, open, accept;
  Nanos at;
};

Overheard overhear(const Security& security, Welcome& welcome, Nanos now) {
  Dial dial(security, ConnectionId{0x01000001}, nonce(3), kClientsParams, seconds(30), now);
  Overheard heard{.at = now};
  heard.hello = *dial.step(now);
  heard.challenge = welcome.on_hello(kClient, heard.hello, now).first->packet;
  EXPECT_TRUE(dial.on_packet(heard.challenge, now));
  heard.open = *dial.step(now);
  return heard;
}

Welcome::Reply open(Welcome& welcome, const Peer& from, const Bytes& packet, uint32_t own,
                    Nanos now) {
  return welcome.on_open(from, packet, ConnectionId{own}, nonce(static_cast<uint8_t>(own)),
                         kServersParams, now);
}

TEST(Welcome, ACookieIsGoodForItsOwnerOnceAndNotForLong) {
  for (const Security& security : {kCrc, kKeyed}) {
    Welcome welcome(security, kCookies, 10);
    const Nanos now = seconds(50);
    const Overheard heard = overhear(security, welcome, now);
    EXPECT_EQ(welcome.size(), 0u) << "a Hello leaves nothing behind";
    EXPECT_EQ(open(welcome, kOther, heard.open, 1, now).second, Unwelcome::kCookie);
    EXPECT_EQ(open(welcome, {kClient.address, 40'001}, heard.open, 1, now).second,
              Unwelcome::kCookie);
    const auto first = open(welcome, kClient, heard.open, 1, now);
    ASSERT_TRUE(first.first && first.first->made);
    const auto again = open(welcome, kClient, heard.open, 2, now + seconds(1));
    ASSERT_TRUE(again.first);
    EXPECT_FALSE(again.first->made);
    EXPECT_EQ(again.first->packet, first.first->packet) << "the same Accept, to the bit";
    EXPECT_EQ(welcome.size(), 1u);
    // A connection that is over does not rise again while its cookie lives, nor after.
    welcome.forget(ConnectionId{1}, now + seconds(2));
    EXPECT_EQ(open(welcome, kClient, heard.open, 3, now + seconds(9)).second, Unwelcome::kOver);
    EXPECT_EQ(open(welcome, kClient, heard.open, 3, now + seconds(11)).second, Unwelcome::kCookie);
    EXPECT_EQ(open(welcome, kClient, heard.open, 3, now + seconds(13)).second, Unwelcome::kCookie);
    EXPECT_EQ(welcome.size(), 0u) << "and is forgotten then";
  }
}

TEST(Welcome, NoSpoiltOrCutPacketMakesAConnection) {
  for (const Security& security : {kCrc, kKeyed}) {
    Welcome welcome(security, kCookies, 10);
    const Nanos now = seconds(50);
    const Overheard heard = overhear(security, welcome, now);
    for (size_t bit = 0; bit < heard.open.size() * 8; ++bit) {
      Bytes spoilt = heard.open;
      spoilt[bit / 8] = static_cast<uint8_t>(spoilt[bit / 8] ^ 1 << bit % 8);
      if (const auto header = read_header(spoilt); !header || header->kind != PacketKind::kOpen)
        continue;
      ASSERT_FALSE(open(welcome, kClient, spoilt, 1, now).first) << bit;
    }
    for (size_t size = 0; size < heard.open.size(); ++size) {
      const Bytes cut(heard.open.begin(), heard.open.begin() + static_cast<long>(size));
      ASSERT_FALSE(open(welcome, kClient, cut, 1, now).first) << size;
      if (size < heard.hello.size()) {
        const Bytes word(heard.hello.begin(), heard.hello.begin() + static_cast<long>(size));
        ASSERT_FALSE(welcome.on_hello(kClient, word, now).first) << size;
      }
    }
    EXPECT_EQ(welcome.size(), 0u);
    EXPECT_TRUE(open(welcome, kClient, heard.open, 1, now).first);
  }
}

TEST(Welcome, RemembersNoMoreThanItMay) {
  Welcome welcome(kCrc, kCookies, 10);
  const Nanos now = seconds(50);
  unsigned made = 0, full = 0;
  for (uint32_t i = 0; i < 1'000; ++i) {
    const Peer from{Ip4Addr(0x0a000000 + i), 40'000};
    Dial dial(kCrc, ConnectionId{i + 1}, nonce(static_cast<uint8_t>(i)), kClientsParams,
              seconds(30), now);
    const auto challenge = welcome.on_hello(from, *dial.step(now), now);
    ASSERT_TRUE(challenge.first);
    ASSERT_TRUE(dial.on_packet(challenge.first->packet, now));
    const auto reply = open(welcome, from, *dial.step(now), i + 1, now);
    reply.first ? ++made : ++full;
    ASSERT_EQ(static_cast<bool>(reply.first), reply.second != Unwelcome::kFull);
  }
  EXPECT_EQ(made, 10u);
  EXPECT_EQ(full, 990u);
  EXPECT_EQ(welcome.size(), 10u);
}

// Blind and overhearing strangers who talk to the client.
TEST(Dial, BelievesNobodyElse) {
  for (const Security& security : {kCrc, kKeyed}) {
    const bool keyed = security.by == Protected::kAes128Gcm;
    Welcome welcome(security, kCookies, 10);
    const Nanos now = seconds(50);
    Dial dial(security, ConnectionId{0x01000001}, nonce(3), kClientsParams, seconds(30), now);
    const Bytes hello = *dial.step(now);
    const Bytes challenge = welcome.on_hello(kClient, hello, now).first->packet;
    Bytes elsewhere = challenge;
    elsewhere[7] ^= 1;
    EXPECT_FALSE(dial.on_packet(elsewhere, now)) << "for another connection";
    for (size_t bit = 0; bit < challenge.size() * 8; ++bit) {
      Bytes spoilt = challenge;
      spoilt[bit / 8] = static_cast<uint8_t>(spoilt[bit / 8] ^ 1 << bit % 8);
      ASSERT_FALSE(dial.on_packet(spoilt, now)) << bit;
    }
    ASSERT_TRUE(dial.on_packet(challenge, now));
    EXPECT_FALSE(dial.on_packet(challenge, now)) << "twice";
    const Bytes accept = open(welcome, kClient, *dial.step(now), 1, now).first->packet;
    for (size_t bit = 0; bit < accept.size() * 8; ++bit) {
      Bytes spoilt = accept;
      spoilt[bit / 8] = static_cast<uint8_t>(spoilt[bit / 8] ^ 1 << bit % 8);
      ASSERT_FALSE(dial.on_packet(spoilt, now)) << bit;
    }
    // Made by somebody who knows all but the key.
    if (keyed) {
      Accept forged{ConnectionId{5}, nonce(1), kServersParams};
      Bytes packet = write_accept(ConnectionId{0x01000001}, forged);
      packet.resize(packet.size() + kTagBytes);
      EXPECT_FALSE(dial.on_packet(packet, now));
    }
    EXPECT_TRUE(dial.on_packet(accept, now));
    EXPECT_EQ(dial.state(), DialState::kConnected);
    EXPECT_FALSE(dial.on_packet(accept, now)) << "twice";
  }
}

}  // namespace
}  // namespace spanway::transport
