// SPDX-License-Identifier: BSD-3-Clause
#include "bench/forward/bare_port.h"

#include "dataplane/base/check.h"
#include "dataplane/base/tuning.h"

namespace spanway::bench {

BarePort::BarePort(uint16_t device, rte_mempool* pool) : device_(device) {
  const rte_eth_conf plain{};
  const uint16_t depth = tuning::kQueueDepth;
  SPANWAY_CHECK(rte_eth_dev_configure(device, 1, 1, &plain) == 0);
  SPANWAY_CHECK(rte_eth_rx_queue_setup(device, 0, depth, 0, nullptr, pool) == 0);
  SPANWAY_CHECK(rte_eth_tx_queue_setup(device, 0, depth, 0, nullptr) == 0);
  SPANWAY_CHECK(rte_eth_dev_start(device) == 0);
}

}  // namespace spanway::bench
