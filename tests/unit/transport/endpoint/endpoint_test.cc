// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/endpoint/endpoint.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/support/receive_memory.h"

namespace spanway::transport {
namespace {

const Params kTakes{.packet_bytes = 1'200, .window_bytes = 1 << 14, .window_messages = 8};
const Path kPath{{Ip4Addr(10, 0, 0, 1), 7}, {Ip4Addr(10, 0, 0, 2), 8}};

struct Nowhere final : PacketSink {
  std::span<uint8_t> room(const Session&) noexcept override { return bytes; }
  void send(const Session&, size_t) noexcept override { ++sent; }
  std::array<uint8_t, 1'500> bytes{};
  int sent = 0;
};

struct Hearer final : App {
  void on_open(Endpoint&, Session&, Nanos) noexcept override {}
  void on_ready(Endpoint& endpoint, Session& session, Nanos) noexcept override {
    ++heard;
    act(endpoint, session);
  }
  void on_end(Endpoint&, Session&, End why, Nanos) noexcept override { ends.push_back(why); }
  std::function<void(Endpoint&, Session&)> act;
  int heard = 0;
  std::vector<End> ends;
};

class AnEndpoint : public testing::Test {
 protected:
  // The peer's message comes in, and the turn ends.
  void hear() {
    ASSERT_EQ(peer.send(0, word, 1), Taken::kYes);
    std::array<uint8_t, 1'200> packet;
    const size_t bytes = peer.write(packet, now);
    ASSERT_EQ(endpoint.on_packet(kPath, std::span(packet).first(bytes), false, now), Met::kTaken);
    endpoint.serve(now, sink);
  }
  size_t ended() {
    size_t count = 0;
    for (Session* one = nullptr; rings.ended.pop(one); ++count) EXPECT_EQ(one, &session);
    return count;
  }

  Nanos now = seconds(1);
  const ConnectionOptions options{};
  test::ReceiveMemory memory{kTakes}, peer_memory{kTakes};
  Hearer app;
  Nowhere sink;
  SessionRings rings{4};
  Session session{SessionParts{1, kPath, &app, 0, memory.bytes()},
                  {ConnectionId{5}, ConnectionId{6}, kTakes, kTakes, {}, false},
                  options,
                  now};
  Connection peer{{ConnectionId{6}, ConnectionId{5}, kTakes, kTakes, {}, true},
                  options,
                  peer_memory.bytes(),
                  now};
  const std::vector<uint8_t> word = std::vector<uint8_t>(64, 'w');
  Endpoint endpoint{4, rings, {&app}, now};
};

// It was in the queue of the next turn as well, and ended twice.
TEST_F(AnEndpoint, WhatIsGivenUpWhileItIsServedEndsOnce) {
  ASSERT_TRUE(rings.made.push(&session));
  endpoint.serve(now, sink);
  app.act = [](Endpoint& at, Session& one) { at.give_up(one); };
  hear();
  for (int turn = 0; turn < 3; ++turn) endpoint.serve(now += micros(1), sink);
  EXPECT_EQ(app.ends, std::vector{End::kStopped});
  EXPECT_EQ(ended(), 1u);
  EXPECT_EQ(endpoint.sessions(), 0u);
}

TEST_F(AnEndpoint, WhatIsWokenWhileItIsServedNeedsNoOtherTurn) {
  ASSERT_TRUE(rings.made.push(&session));
  endpoint.serve(now, sink);
  app.act = [this](Endpoint& at, Session& one) {
    EXPECT_EQ(one.connection().send(0, word, 2), Taken::kYes);
    at.wake(one);
  };
  hear();
  EXPECT_EQ(sink.sent, 1);
  EXPECT_EQ(endpoint.serve(now, sink), 0u);
  // Later it may be woken as ever.
  endpoint.give_up(session);
  EXPECT_EQ(endpoint.serve(now, sink), 1u);
  EXPECT_EQ(ended(), 1u);
}

}  // namespace
}  // namespace spanway::transport
