// SPDX-License-Identifier: BSD-3-Clause
// Where finished frames gather until they are sent: one short array a port. One worker.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/ids.h"
#include "dataplane/packet/packet.h"

namespace spanway::stage {

inline constexpr size_t kMaxPorts = 128;

class Output {
 public:
  static constexpr unsigned kRoom = 64;

  virtual ~Output() = default;

  // Takes the frame; `port` is a port of the current plan.
  void add(PortId port, Packet* packet) noexcept {
    Queue& queue = queues_[port.value];
    if (queue.count == kRoom) [[unlikely]]
      flush(port);
    waiting_[port.value / 64] |= uint64_t{1} << port.value % 64;
    queue.packets[queue.count++] = packet;
  }
  // Sends what has gathered for one port; what the device refuses is dropped as tx_full.
  virtual void flush(PortId port) noexcept = 0;
  // Of Meta::kOpenSums: what the card of this port writes into a frame that is added this turn.
  [[nodiscard]] virtual uint16_t card_sums(PortId) const noexcept { return 0; }

 protected:
  struct Queue {
    unsigned count = 0;
    std::array<Packet*, kRoom> packets;
  };
  std::array<Queue, kMaxPorts> queues_{};
  std::array<uint64_t, kMaxPorts / 64> waiting_{};  // one bit a port that may have frames
};

}  // namespace spanway::stage
