// SPDX-License-Identifier: BSD-3-Clause
// A port plugged into one end of a simulated wire. Real or virtual time: whatever `now` says.
//
// One transmit queue (the wire's sender), up to LaneOptions::queues receive queues. Accepts every
// destination address. The link is up while the wire is whole and both ends are started.
#pragma once

#include <string>

#include "drivers/port.h"
#include "drivers/sim/network.h"

namespace spanway::sim {

class SimPort final : public drivers::Port {
 public:
  // Made by Network::open(), which has marked the end as taken.
  SimPort(Network& network, Network::Wire& wire, End end, const std::string& name,
          const std::string& device, const drivers::PortOptions& options);
  ~SimPort() override;

  uint16_t rx_burst(QueueId queue, Packet** out, uint16_t room, Nanos now) noexcept override {
    return rx_->receive(queue.value, out, room, now);
  }
  uint16_t tx_burst(QueueId, Packet** packets, uint16_t count, Nanos now) noexcept override {
    return tx_->send(packets, count, now);
  }

  [[nodiscard]] const drivers::PortInfo& info() const noexcept override { return info_; }
  [[nodiscard]] drivers::LinkState link() const override;
  [[nodiscard]] drivers::PortStats stats() const override;
  Status start() override;
  void stop() override;
  Status set_mtu(uint16_t mtu) override;
  Status set_promiscuous(bool) override { return {}; }
  Status join_group(const EtherAddr&) override { return {}; }

 private:
  Network& network_;
  Network::Wire& wire_;
  const End end_;
  Lane* const tx_;
  Lane* const rx_;
  drivers::PortInfo info_;
};

}  // namespace spanway::sim
