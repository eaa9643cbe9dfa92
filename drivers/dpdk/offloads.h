// SPDX-License-Identifier: BSD-3-Clause
// Who does each checksum on a port: what the device can, what the operator wants, what the link
// allows. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "drivers/port.h"

namespace spanway::drivers {

struct OffloadPlan {
  Offloads modes;
  uint64_t rx_flags = 0;  // to ask of the device (RTE_ETH_RX_OFFLOAD_*)
  uint64_t tx_flags = 0;  // (RTE_ETH_TX_OFFLOAD_*)
};

// The capabilities are those of rte_eth_dev_info. A mode is kHardware only where the device has
// every part of it: both IP families' transport sums or none. Received frames without a verdict of
// the card are verified in software whatever the mode says.
OffloadPlan resolve_offloads(std::string_view driver, uint64_t rx_capabilities,
                             uint64_t tx_capabilities, const PortOptions& options) noexcept;

// True for drivers whose frames stay in this machine's memory: nothing can damage them on the way.
bool link_is_memory(std::string_view driver) noexcept;
// True where several receive queues get whole flows even without RSS: the kernel spreads them.
bool kernel_spreads_flows(std::string_view driver) noexcept;

}  // namespace spanway::drivers
