// SPDX-License-Identifier: BSD-3-Clause
// An ethdev without statistics or offloads: what the rival's ports are, too.
#pragma once

#include <rte_ethdev.h>

#include "drivers/port.h"

namespace spanway::bench {

class BarePort final : public drivers::Port {
 public:
  // Configures and starts the device with one queue each way.
  BarePort(uint16_t device, rte_mempool* pool);

  uint16_t rx_burst(QueueId queue, Packet** out, uint16_t room, Nanos) noexcept override {
    return rte_eth_rx_burst(device_, queue.value, out, room);
  }
  uint16_t tx_burst(QueueId queue, Packet** packets, uint16_t count, Nanos) noexcept override {
    return rte_eth_tx_burst(device_, queue.value, packets, count);
  }
  [[nodiscard]] const drivers::PortInfo& info() const noexcept override { return info_; }
  [[nodiscard]] drivers::LinkState link() const override { return {.up = true}; }
  [[nodiscard]] drivers::PortStats stats() const override { return {}; }
  Status start() override { return {}; }
  void stop() override {}
  Status set_mtu(uint16_t) override { return {}; }
  Status set_promiscuous(bool) override { return {}; }
  Status join_group(const EtherAddr&) override { return {}; }
  [[nodiscard]] uint16_t device() const noexcept { return device_; }

 private:
  uint16_t device_;
  drivers::PortInfo info_;
};

}  // namespace spanway::bench
