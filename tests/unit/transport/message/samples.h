// SPDX-License-Identifier: BSD-3-Clause
// One good packet of each kind, without its trailer.
#pragma once

#include <array>
#include <vector>

#include "dataplane/transport/message/handshake.h"
#include "dataplane/transport/message/wire.h"

namespace spanway::transport::test {

using Bytes = std::vector<uint8_t>;

inline Hello some_hello() {
  Hello hello;
  hello.client = ConnectionId{0x01020304};
  hello.random.fill(0xaa);
  hello.by = Protected::kAes128Gcm;
  return hello;
}

inline Params some_params() {
  return {.packet_bytes = 1'472,
          .streams = 16,
          .window_bytes = 1 << 20,
          .window_messages = 256,
          .idle_ms = 30'000,
          .first = PacketNumber(0xfffffff0)};
}

inline Open some_open() { return {some_hello(), {4'711, 0x0123456789abcdef}, some_params()}; }

inline Accept some_accept() {
  Accept accept{.server = ConnectionId{0x05060708}, .params = some_params()};
  accept.random.fill(0xbb);
  return accept;
}

inline AckField some_ack() {
  return {{PacketNumber(1'000), 7, 0xf0f0'0000'0000'0001}, micros(250), 19};
}

// Every type of frame.
inline Bytes some_data() {
  const std::array<uint8_t, 5> words = {'h', 'e', 'l', 'l', 'o'};
  Bytes packet(200);
  BodyWriter body(std::span<uint8_t>(packet).subspan(kHeaderBytes));
  const uint8_t flags = body.ack(some_ack());
  body.message(3, 41, 1'000'000, words);
  body.fragment(4, 42, 0xffff'fff0, 131'071 * kUnitBytes, 131'071 * kUnitBytes + 5, words);
  body.window(3, 300, 1 << 24);
  body.ping();
  body.close(2);
  body.pad_to(body.size() + 9);
  write_header({PacketKind::kData, static_cast<uint8_t>(flags | packet_flag::kKeyPhase),
                ConnectionId{0x05060708}, PacketNumber(12)},
               packet.data());
  packet.resize(kHeaderBytes + body.size());
  return packet;
}

inline Bytes challenge_packet(ConnectionId client, const Cookie& cookie) {
  const auto packet = write_challenge(client, cookie);
  return {packet.begin(), packet.end()};
}

inline std::vector<Bytes> all_packets() {
  return {write_hello(some_hello()), challenge_packet(ConnectionId{9}, some_open().cookie),
          write_open(some_open()), write_accept(ConnectionId{9}, some_accept()), some_data()};
}

}  // namespace spanway::transport::test
