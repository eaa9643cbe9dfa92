// SPDX-License-Identifier: BSD-3-Clause
// Bytes of a fuzzer as what a peer with the right checksums says to a connection, and what must
// hold whatever it says: it stays within its memory, hands out what does not change, tells a
// message done once, and goes on.
//
// The input is chunks: two bytes of flags and length, then so many bytes of a packet's body.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <span>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/transport/message/connection.h"

namespace spanway::transport::fuzz {

class Converse {
 public:
  explicit Converse(std::span<const uint8_t> input) {
    for (uint32_t n = 0; input.size() >= 2 && connection_.life() == Life::kOpen; ++n) {
      const auto flags = static_cast<uint8_t>(input[0] & 3);
      const size_t size = std::min<size_t>(input[1] * 4u, input.size() - 2);
      hear(flags, input.subspan(2, size), n);
      answer();
      input = input.subspan(2 + size);
    }
    while (connection_.release(0) || connection_.release(1)) {
    }
  }
  // Messages that the peer got through.
  [[nodiscard]] unsigned given() const noexcept { return given_; }

 private:
  static constexpr Params kTakes{
      .packet_bytes = 1'200, .streams = 2, .window_bytes = 4'096, .window_messages = 8};
  struct alignas(kUnitBytes) Ring {
    std::array<uint8_t, 2 * 4'096> bytes{};
  };
  struct Held {
    Received message;
    std::vector<uint8_t> bytes;
  };

  static ConnectionOptions options() {
    ConnectionOptions out;
    out.sender.capacity = 64;
    out.most_messages = 4;
    return out;
  }

  void hear(uint8_t flags, std::span<const uint8_t> body, uint32_t number) {
    std::vector<uint8_t> packet(kHeaderBytes + body.size() + kCrcBytes);
    write_header({PacketKind::kData, flags, ConnectionId{1}, PacketNumber(number)}, packet.data());
    std::ranges::copy(body, packet.begin() + kHeaderBytes);
    Protection().seal(packet, kHeaderBytes, PacketNumber(number));
    const Heard what = connection_.on_packet(packet, false, now_);
    SPANWAY_CHECK(what != Heard::kDamaged && what != Heard::kOver);
    if (what == Heard::kTaken) return;
    // Nothing of it was taken, so it can come again.
    SPANWAY_CHECK(what != Heard::kDuplicate);
  }
  void answer() {
    now_ += micros(50);
    if (const auto got = connection_.take_next()) {
      ++given_;
      SPANWAY_CHECK(got->bytes.data() >= ring_.bytes.data() &&
                    got->bytes.data() + got->bytes.size() <=
                        ring_.bytes.data() + ring_.bytes.size());
      held_[got->stream].push_back({*got, {got->bytes.begin(), got->bytes.end()}});
    }
    for (uint16_t stream = 0; stream < 2; ++stream) {
      if (held_[stream].size() < 3) continue;
      const Held& oldest = held_[stream].front();
      SPANWAY_CHECK(std::ranges::equal(oldest.message.bytes, oldest.bytes));
      SPANWAY_CHECK(connection_.release(stream));
      held_[stream].erase(held_[stream].begin());
    }
    for (uint16_t stream = 0; stream < 2; ++stream)
      if (sent_ < done_.size() && connection_.send(stream, words_, sent_) == Taken::kYes) ++sent_;
    while (const auto tag = connection_.take_done()) {
      SPANWAY_CHECK(*tag < sent_ && !done_[*tag]);
      done_[*tag] = true;
    }
    std::array<uint8_t, 1'200> room;
    for (int packets = 0; connection_.write(room, now_) != 0; ++packets)
      SPANWAY_CHECK(packets < 1'000);
    if (connection_.deadline(now_) <= now_) connection_.on_timer(now_);
  }

  const ConnectionOptions options_ = options();
  Nanos now_ = seconds(1);
  Ring ring_;
  Connection connection_{Established{ConnectionId{1}, ConnectionId{2}, kTakes, kTakes, {}, true},
                         options_, ring_.bytes, now_};
  const std::vector<uint8_t> words_ = std::vector<uint8_t>(500, 'w');
  std::vector<Held> held_[2];
  uint64_t sent_ = 0;
  std::bitset<1'024> done_;
  unsigned given_ = 0;
};

}  // namespace spanway::transport::fuzz
