// SPDX-License-Identifier: BSD-3-Clause
// Two connections of the message protocol in one thread, each packet handed over where it lies, or
// lost. Messages echo or stream between them as fast as they go.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/base/random.h"
#include "dataplane/transport/message/connection.h"
#include "tests/support/receive_memory.h"

namespace spanway::bench {

struct PairOptions {
  bool keyed = false;
  uint32_t packet_bytes = 1'400;
  double loss = 0;  // of each packet
  uint64_t seed = 1;
};

class Pair {
 public:
  explicit Pair(const PairOptions& options, Nanos now)
      : loss_(static_cast<uint64_t>(options.loss * 0x1p32)),
        random_(options.seed),
        connection_{.packet_bytes = options.packet_bytes},
        room_(options.packet_bytes),
        memory_{transport::test::ReceiveMemory(kTakes), transport::test::ReceiveMemory(kTakes)},
        client(end(true, options.keyed), connection_, memory_[0].bytes(), now),
        server(end(false, options.keyed), connection_, memory_[1].bytes(), now) {}

  // Requests of `bytes`, as many as fit `window`, each answered by as many bytes. One turn of both
  // ends; how many answers came.
  uint64_t echo(std::span<const uint8_t> bytes, uint32_t window, Nanos now) {
    for (; outstanding_ < window && client.send(0, bytes, 0) == transport::Taken::kYes;)
      ++outstanding_;
    carry(client, server, now);
    while (server.next()) {
      if (server.send(0, bytes, 0) != transport::Taken::kYes) break;
      server.consume();
    }
    while (server.take_done()) {
    }
    carry(server, client, now);
    while (client.take_done()) {
    }
    uint64_t answers = 0;
    for (; client.next(); ++answers) client.consume();
    outstanding_ -= static_cast<uint32_t>(answers);
    timers(now);
    return answers;
  }

  // Messages of `bytes` one way, two of them on their way; how many bytes were received.
  uint64_t stream(std::span<const uint8_t> bytes, Nanos now) {
    for (; outstanding_ < 2 && client.send(0, bytes, 0) == transport::Taken::kYes;) ++outstanding_;
    carry(client, server, now);
    carry(server, client, now);
    while (client.take_done()) --outstanding_;
    uint64_t received = 0;
    for (auto got = server.next(); got; got = server.next()) {
      received += got->bytes.size();
      server.consume();
    }
    timers(now);
    return received;
  }

 private:
  // An 8 MiB message is a quarter of the window.
  static constexpr transport::Params kTakes{
      .packet_bytes = 8'900, .streams = 1, .window_bytes = 1u << 25, .window_messages = 1'024};

  static transport::Established end(bool is_client, bool keyed) {
    transport::Established out{transport::ConnectionId{is_client ? 1u : 2u},
                               transport::ConnectionId{is_client ? 2u : 1u},
                               kTakes,
                               kTakes,
                               std::nullopt,
                               is_client};
    if (keyed) {
      out.secrets.emplace();
      out.secrets->client.fill(1);
      out.secrets->server.fill(2);
    }
    return out;
  }
  void carry(transport::Connection& from, transport::Connection& to, Nanos now) {
    while (const size_t size = from.write(room_, now)) {
      if (loss_ != 0 && (random_() >> 32) < loss_) continue;
      to.on_packet(std::span<uint8_t>(room_).first(size), false, now);
    }
  }
  void timers(Nanos now) {
    if (client.deadline(now) <= now) client.on_timer(now);
    if (server.deadline(now) <= now) server.on_timer(now);
  }

  uint64_t loss_;
  Random random_;
  transport::ConnectionOptions connection_;
  std::vector<uint8_t> room_;
  transport::test::ReceiveMemory memory_[2];
  uint32_t outstanding_ = 0;

 public:
  transport::Connection client, server;
};

}  // namespace spanway::bench
