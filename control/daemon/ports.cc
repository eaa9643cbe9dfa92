// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/ports.h"

#include <algorithm>

#include "dataplane/stage/output.h"
#include "drivers/factory.h"

namespace spanway::daemon {

Ports::Ports(std::vector<std::unique_ptr<seam::Published<worker::Plan>>>& plans,
             seam::Graveyard& graveyard, const BufferSource& buffers, sim::Network* network)
    : plans_(plans), graveyard_(graveyard), buffers_(buffers), network_(network) {}

Result<OpenPort*> Ports::open(const config::Port& config) {
  if (find(config.name) != nullptr)
    return Error{ErrorCode::kExists, "port " + config.name + " exists already", "show ports"};
  size_t id = 0;
  while (id < ports_.size() && (ports_[id] || (*closing_)[id])) ++id;
  if (id == stage::kMaxPorts)
    return Error{ErrorCode::kFull,
                 "no more than " + std::to_string(stage::kMaxPorts) + " ports can be open",
                 "port del another one"};
  const uint16_t workers = static_cast<uint16_t>(plans_.size());
  drivers::PortOptions options;
  options.rx_queues = config.queues != 0 ? config.queues : workers;
  options.tx_queues = workers;
  options.mtu = config.mtu;
  options.promiscuous = config.promiscuous;
  options.checksum_offload = config.checksum_offload;
  options.mac = config.mac;
  auto device = drivers::open_port(config.name, config.device, options, buffers_, network_);
  if (!device) return std::move(device).error();
  if (auto started = (*device)->start(); !started) return std::move(started).error();

  auto port = std::make_unique<OpenPort>();
  port->id = PortId{static_cast<uint16_t>(id)};
  port->config = config;
  port->device = std::move(device).value();
  port->link = port->device->link();
  if (id == ports_.size()) {
    ports_.emplace_back();
    closing_->push_back(false);
  }
  ports_[id] = std::move(port);
  publish_plans();
  return ports_[id].get();
}

Status Ports::close(const std::string& name) {
  OpenPort* port = find(name);
  if (port == nullptr) return Error{ErrorCode::kNotFound, "there is no port " + name, "show ports"};
  const size_t id = port->id.value;
  std::shared_ptr<drivers::Port> device(std::move(port->device));
  ports_[id].reset();
  publish_plans();
  (*closing_)[id] = true;
  graveyard_.retire([device = std::move(device), closing = closing_, id]() mutable {
    device->stop();
    device.reset();
    (*closing)[id] = false;
  });
  return {};
}

Status Ports::change(const config::Port& after) {
  OpenPort* port = find(after.name);
  if (port == nullptr)
    return Error{ErrorCode::kNotFound, "there is no port " + after.name, "show ports"};
  if (after.mtu != port->config.mtu)
    if (auto done = port->device->set_mtu(after.mtu); !done) return done;
  if (after.promiscuous != port->config.promiscuous)
    if (auto done = port->device->set_promiscuous(after.promiscuous); !done) return done;
  port->config = after;
  return {};
}

OpenPort* Ports::find(const std::string& name) noexcept {
  for (auto& port : ports_)
    if (port && port->config.name == name) return port.get();
  return nullptr;
}

OpenPort* Ports::find(PortId id) noexcept {
  return id.value < ports_.size() ? ports_[id.value].get() : nullptr;
}

std::vector<OpenPort*> Ports::all() noexcept {
  std::vector<OpenPort*> out;
  for (auto& port : ports_)
    if (port) out.push_back(port.get());
  return out;
}

std::vector<OpenPort*> Ports::poll_links() {
  std::vector<OpenPort*> changed;
  for (OpenPort* port : all()) {
    const drivers::LinkState now = port->device->link();
    if (now.up != port->link.up) changed.push_back(port);
    port->link = now;
  }
  return changed;
}

// Queues go round the workers, and each port starts one further, so that many ports of one queue
// spread over the workers too.
WorkerId Ports::owner_of(const OpenPort& port, uint16_t queue) const noexcept {
  return WorkerId{static_cast<uint16_t>((port.id.value + queue) % plans_.size())};
}

std::vector<WorkerId> Ports::owners(const OpenPort& port) const {
  std::vector<WorkerId> out;
  for (uint16_t q = 0; q < port.device->info().rx_queues; ++q) out.push_back(owner_of(port, q));
  return out;
}

void Ports::publish_plans() {
  const uint16_t workers = static_cast<uint16_t>(plans_.size());
  for (uint16_t w = 0; w < workers; ++w) {
    auto plan = std::make_unique<worker::Plan>();
    plan->workers = workers;
    plan->tx.resize(ports_.size());
    for (OpenPort* port : all()) {
      const drivers::PortInfo& info = port->device->info();
      for (uint16_t q = 0; q < info.rx_queues; ++q)
        if (owner_of(*port, q) == WorkerId{w})
          plan->rx.push_back(
              {port->device.get(), port->id, QueueId{q}, workers > 1 && !info.offloads.rss});
      // A worker without a queue of its own hands its frames to one that has.
      const uint16_t queue = static_cast<uint16_t>(w % info.tx_queues);
      plan->tx[port->id.value] = {port->device.get(), QueueId{queue}, WorkerId{queue},
                                  worker::card_sums(info.offloads)};
    }
    plans_[w]->publish(std::move(plan), graveyard_);
  }
}

}  // namespace spanway::daemon
