// SPDX-License-Identifier: BSD-3-Clause
// Which worker polls and sends what. Immutable; control replaces the whole plan, nobody stops.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/base/ids.h"
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
  bool software_ip_checksum = true;  // Offloads::tx_ip is not kHardware
  bool software_l4_checksum = true;
};

struct Plan {
  std::vector<RxQueue> rx;  // to poll, in order
  std::vector<TxRoute> tx;  // by PortId
  uint16_t workers = 1;     // of the engine, for steering
};

}  // namespace spanway::worker
