// SPDX-License-Identifier: BSD-3-Clause
// A port of the tests: frames in from a list, frames out to a list. One thread.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <vector>

#include "dataplane/packet/packet.h"
#include "drivers/port.h"
#include "tests/support/eal.h"

namespace spanway::test {

using Frame = std::vector<uint8_t>;

struct Arrival {
  Frame frame;
  uint64_t offload_flags = 0;  // the card's verdict
};

inline Packet* to_packet(const Arrival& arrival) {
  Packet* packet = buffers().allocate();
  uint8_t* room = append(packet, static_cast<uint16_t>(arrival.frame.size()));
  if (!arrival.frame.empty()) std::memcpy(room, arrival.frame.data(), arrival.frame.size());
  packet->ol_flags |= arrival.offload_flags;
  return packet;
}
inline Frame to_frame(const Packet* packet) {
  return {data(packet), data(packet) + length(packet)};
}

class TestPort final : public drivers::Port {
 public:
  std::deque<Arrival> arriving;
  std::vector<Frame> left;      // in order of leaving
  std::vector<uint64_t> asked;  // RTE_MBUF_F_TX_* of each
  unsigned most_a_burst = 64;   // frames that one rx_burst gives at most
  unsigned room = 1u << 30;     // frames that tx_burst takes in all

  uint16_t rx_burst(QueueId, Packet** out, uint16_t space, Nanos) noexcept override {
    uint16_t count = 0;
    while (count < std::min<unsigned>(space, most_a_burst) && !arriving.empty()) {
      out[count++] = to_packet(arriving.front());
      arriving.pop_front();
    }
    return count;
  }
  uint16_t tx_burst(QueueId, Packet** packets, uint16_t count, Nanos) noexcept override {
    const auto taken = static_cast<uint16_t>(std::min<unsigned>(count, room));
    room -= taken;
    for (uint16_t i = 0; i < taken; ++i) {
      left.push_back(to_frame(packets[i]));
      asked.push_back(packets[i]->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK);
      release(packets[i]);
    }
    return taken;
  }
  [[nodiscard]] const drivers::PortInfo& info() const noexcept override { return info_; }
  [[nodiscard]] drivers::LinkState link() const override { return {.up = true}; }
  [[nodiscard]] drivers::PortStats stats() const override { return {}; }
  Status start() override { return {}; }
  void stop() override {}
  Status set_mtu(uint16_t) override { return {}; }
  Status set_promiscuous(bool) override { return {}; }
  Status join_group(const EtherAddr&) override { return {}; }

 private:
  drivers::PortInfo info_;
};

}  // namespace spanway::test
