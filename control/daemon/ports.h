// SPDX-License-Identifier: BSD-3-Clause
// The open ports of one engine and the workers' plans made from them. Control thread.
//
// A port joins by new plans and leaves by new plans; the device is stopped only after every worker
// has been quiet since. Nobody waits: the closing waits in the graveyard.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "control/config/schema.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/result.h"
#include "dataplane/seam/published.h"
#include "dataplane/seam/qsbr.h"
#include "dataplane/worker/plan.h"
#include "drivers/port.h"

namespace spanway::sim {
class Network;
}

namespace spanway::daemon {

struct OpenPort {
  PortId id{};
  config::Port config;
  std::unique_ptr<drivers::Port> device;
  drivers::LinkState link;
};

class Ports {
 public:
  // `plans` has one entry a worker and outlives this object.
  Ports(std::vector<std::unique_ptr<seam::Published<worker::Plan>>>& plans,
        seam::Graveyard& graveyard, const BufferSource& buffers, sim::Network* network);

  // Opens and starts the device and gives its queues to workers.
  Result<OpenPort*> open(const config::Port& config);
  // Takes the port from the workers; the device stops after the grace period.
  Status close(const std::string& name);
  // mtu, promiscuous; the device is asked first, the config changes when it agrees.
  Status change(const config::Port& after);

  [[nodiscard]] OpenPort* find(const std::string& name) noexcept;
  [[nodiscard]] OpenPort* find(PortId id) noexcept;
  // In order of their ids.
  [[nodiscard]] std::vector<OpenPort*> all() noexcept;
  // Asks every device for its link; the ports whose state differs from before.
  std::vector<OpenPort*> poll_links();
  // The workers that poll the port's receive queues, by queue.
  [[nodiscard]] std::vector<WorkerId> owners(const OpenPort& port) const;

 private:
  [[nodiscard]] WorkerId owner_of(const OpenPort& port, uint16_t queue) const noexcept;
  void publish_plans();

  std::vector<std::unique_ptr<seam::Published<worker::Plan>>>& plans_;
  seam::Graveyard& graveyard_;
  const BufferSource& buffers_;
  sim::Network* network_;
  // By PortId; a gap is a free id. An id whose device still waits to be closed is in closing_.
  std::vector<std::unique_ptr<OpenPort>> ports_;
  std::shared_ptr<std::vector<bool>> closing_ = std::make_shared<std::vector<bool>>();
};

}  // namespace spanway::daemon
