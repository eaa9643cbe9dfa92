// SPDX-License-Identifier: BSD-3-Clause
// Which worker polls and sends what. Immutable; control replaces the whole plan, nobody stops.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/base/ids.h"
#include "dataplane/packet/meta.h"
#include "drivers/port.h"

namespace spanway::worker {

struct RxQueue {
  drivers::Port* port = nullptr;
  PortId id{};
  QueueId queue{};
  // The device does not spread flows and there are several workers: hash here, hand over by flow.
  bool steer = false;
};

struct TxRoute {
  drivers::Port* port = nullptr;  // null: no such port
  // The queue of this worker; when the device has too few, `owner` sends for us.
  QueueId queue{};
  WorkerId owner{};
  uint16_t card_sums = 0;  // of Meta::kOpenSums: what the device writes into our own packets
};

// What a port so resolved writes itself.
constexpr uint16_t card_sums(const drivers::Offloads& offloads) noexcept {
  using drivers::OffloadMode;
  unsigned sums = 0;
  if (offloads.tx_ip == OffloadMode::kHardware) sums |= Meta::kOpenIp4Sum;
  if (offloads.tx_l4 == OffloadMode::kHardware) sums |= Meta::kOpenL4Sum;
  return static_cast<uint16_t>(sums);
}

struct Plan {
  std::vector<RxQueue> rx;  // to poll, in order
  std::vector<TxRoute> tx;  // by PortId
  uint16_t workers = 1;     // of the engine, for steering
};

}  // namespace spanway::worker
