// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/sim/sim_port.h"

#include <algorithm>

#include "dataplane/base/local_mac.h"
#include "drivers/sim/wire.h"

namespace spanway::sim {

SimPort::SimPort(Network& network, Network::Wire& wire, End end, const std::string& name,
                 const std::string& device, const drivers::PortOptions& options)
    : network_(network),
      wire_(wire),
      end_(end),
      tx_(wire.from[index(end)].get()),
      rx_(wire.from[index(other(end))].get()) {
  info_.name = name;
  info_.device = device;
  info_.driver = "sim";
  info_.mac = options.mac.value_or(local_mac(device + (end == End::kA ? "/a" : "/b")));
  info_.rx_queues = std::clamp<uint16_t>(options.rx_queues, 1, rx_->options().queues);
  info_.tx_queues = 1;
  info_.offloads.rss = info_.rx_queues > 1;
  if (wire.trusting[index(end)]) {
    info_.offloads.rx_ip = drivers::OffloadMode::kTrusted;
    info_.offloads.rx_l4 = drivers::OffloadMode::kTrusted;
  }
}

SimPort::~SimPort() {
  stop();
  const std::lock_guard lock(network_.mutex_);
  wire_.plugged[index(end_)] = false;
  wire_.trusting[index(end_)] = false;
}

drivers::LinkState SimPort::link() const {
  drivers::LinkState link;
  link.up = !tx_->is_cut() && tx_->listening() && rx_->listening();
  link.speed_bps = tx_->options().rate_bps;
  return link;
}

drivers::PortStats SimPort::stats() const {
  const LaneStats out = tx_->stats();
  const LaneStats in = rx_->stats();
  drivers::PortStats s;
  s.rx_packets = in.delivered;
  s.rx_bytes = in.delivered_bytes;
  s.tx_packets = out.taken;
  s.tx_bytes = out.taken_bytes;
  return s;
}

Status SimPort::start() {
  const std::lock_guard lock(network_.mutex_);
  rx_->listen(info_.rx_queues);
  return {};
}

// The peer may be in the middle of a burst to us; what it still sends is freed when it stops, too.
void SimPort::stop() {
  const std::lock_guard lock(network_.mutex_);
  rx_->hang_up();
  rx_->drain();
  if (!tx_->listening()) tx_->drain();
}

Status SimPort::set_mtu(uint16_t mtu) {
  if (mtu >= info_.min_mtu && mtu <= info_.max_mtu) return {};
  return Error{ErrorCode::kInvalid,
               info_.device + ": an MTU of " + std::to_string(mtu) + " is not possible",
               "from " + std::to_string(info_.min_mtu) + " to " + std::to_string(info_.max_mtu)};
}

}  // namespace spanway::sim
