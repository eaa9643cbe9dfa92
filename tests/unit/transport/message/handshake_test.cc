// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/handshake.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/transport/message/samples.h"

namespace spanway::transport {
namespace {

using test::Bytes;

std::span<const uint8_t> body_of(const Bytes& packet) {
  return std::span(packet).subspan(kHeaderBytes);
}

TEST(Handshake, WhatIsWrittenIsRead) {
  const Bytes hello = write_hello(test::some_hello());
  EXPECT_EQ(read_header(hello)->kind, PacketKind::kHello);
  EXPECT_EQ(*read_hello(body_of(hello)), test::some_hello());
  const Bytes challenge = test::challenge_packet(ConnectionId{9}, test::some_open().cookie);
  EXPECT_EQ(read_header(challenge)->connection, ConnectionId{9});
  EXPECT_EQ(*read_challenge(body_of(challenge)), test::some_open().cookie);
  const Bytes open = write_open(test::some_open());
  EXPECT_EQ(read_open_clear(body_of(open))->hello, test::some_hello());
  EXPECT_EQ(read_open_clear(body_of(open))->cookie, test::some_open().cookie);
  EXPECT_EQ(*read_params(body_of(open).subspan(kOpenClearBytes)), test::some_params());
  const Bytes accept = write_accept(ConnectionId{9}, test::some_accept());
  EXPECT_EQ(read_accept_clear(body_of(accept))->server, test::some_accept().server);
  EXPECT_EQ(read_accept_clear(body_of(accept))->random, test::some_accept().random);
  EXPECT_EQ(*read_params(body_of(accept).subspan(kAcceptClearBytes)), test::some_params());
}

// A stranger's word is answered by less than it was long.
TEST(Handshake, NobodyIsFloodedThroughUs) {
  EXPECT_LT(write_challenge(ConnectionId{9}, {}).size(), write_hello(test::some_hello()).size());
}

TEST(Handshake, EveryCutIsRefused) {
  const Bytes hello = write_hello(test::some_hello());
  const Bytes challenge = test::challenge_packet(ConnectionId{9}, {});
  const Bytes open = write_open(test::some_open());
  const Bytes accept = write_accept(ConnectionId{9}, test::some_accept());
  const auto refuses = [](const Bytes& packet, const auto& read) {
    const auto body = body_of(packet);
    for (size_t size = 0; size < body.size(); ++size) {
      EXPECT_FALSE(read(body.first(size))) << size;
    }
    Bytes longer = packet;
    longer.push_back(0);
    EXPECT_FALSE(read(body_of(longer)));
  };
  refuses(hello, [](auto body) { return static_cast<bool>(read_hello(body)); });
  refuses(challenge, [](auto body) { return static_cast<bool>(read_challenge(body)); });
  refuses(open, [](auto body) {
    return read_open_clear(body) && read_params(body.subspan(kOpenClearBytes));
  });
  refuses(accept, [](auto body) {
    return read_accept_clear(body) && read_params(body.subspan(kAcceptClearBytes));
  });
}

TEST(Handshake, ValuesHaveLimits) {
  const auto hello = [](size_t at, uint8_t value) {
    Bytes packet = write_hello(test::some_hello());
    packet[kHeaderBytes + at] = value;
    return read_hello(body_of(packet));
  };
  EXPECT_TRUE(hello(20, 1));
  EXPECT_EQ(hello(20, 0).fault(), WireFault::kRange);
  EXPECT_EQ(hello(20, 3).fault(), WireFault::kRange);
  for (const size_t at : {21, 22, 23}) EXPECT_EQ(hello(at, 1).fault(), WireFault::kReserved);
  Hello nobody = test::some_hello();
  nobody.client = {};
  EXPECT_EQ(read_hello(body_of(write_hello(nobody))).fault(), WireFault::kRange);

  struct Case {
    const char* what;
    std::function<void(Params&)> change;
    bool good;
  };
  const Case cases[] = {
      {"the least packet", [](Params& p) { p.packet_bytes = 1'200; }, true},
      {"too small a packet", [](Params& p) { p.packet_bytes = 1'199; }, false},
      {"no stream", [](Params& p) { p.streams = 0; }, false},
      {"a closed window", [](Params& p) { p.window_bytes = p.window_messages = 0; }, true},
      {"bytes without a message", [](Params& p) { p.window_messages = 0; }, false},
      {"messages without a byte", [](Params& p) { p.window_bytes = 0; }, false},
      {"the largest window", [](Params& p) { p.window_bytes = 1u << 30; }, true},
      {"half the circle of bytes", [](Params& p) { p.window_bytes = 1u << 31; }, false},
      {"no power of two", [](Params& p) { p.window_bytes = 3u << 14; }, false},
      {"too small a window", [](Params& p) { p.window_bytes = 2'048, p.window_messages = 1; },
       false},
      {"a message for each unit", [](Params& p) { p.window_messages = 1u << 14; }, true},
      {"more messages than units", [](Params& p) { p.window_messages = (1u << 14) + 1; }, false},
      {"all streams", [](Params& p) { p.streams = 64; }, true},
      {"too many streams", [](Params& p) { p.streams = 65; }, false},
      {"short patience", [](Params& p) { p.idle_ms = 999; }, false},
      {"an hour", [](Params& p) { p.idle_ms = 3'600'000; }, true},
      {"more than an hour", [](Params& p) { p.idle_ms = 3'600'001; }, false},
  };
  for (const Case& c : cases) {
    Open open = test::some_open();
    c.change(open.params);
    const Bytes packet = write_open(open);
    const auto params = read_params(body_of(packet).subspan(kOpenClearBytes));
    EXPECT_EQ(static_cast<bool>(params), c.good) << c.what;
    if (!params) {
      EXPECT_EQ(params.fault(), WireFault::kRange) << c.what;
    }
  }
}

}  // namespace
}  // namespace spanway::transport
