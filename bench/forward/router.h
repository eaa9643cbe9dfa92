// SPDX-License-Identifier: BSD-3-Clause
// One worker with real tables between two ports: the engine's fast path without its control.
// The worker's thread, but for tables(), which one other thread may edit.
#pragma once

#include <memory>

#include "bench/forward/routes.h"
#include "dataplane/packet/packet.h"
#include "dataplane/seam/counters.h"
#include "dataplane/worker/worker.h"
#include "drivers/port.h"

namespace spanway::bench {

class Router {
 public:
  // The routes lead out of port 1, by the next hop of their number; both ports are polled.
  Router(const RouteTable& routes, drivers::Port& port0, drivers::Port& port1, BufferSource buffers,
         worker::KernelChoice kernel);
  ~Router();

  unsigned turn(Nanos now) noexcept { return worker_->turn(now); }
  [[nodiscard]] const seam::WorkerCounters& counters() const noexcept;
  [[nodiscard]] table::Tables& tables() noexcept;
  [[nodiscard]] seam::Graveyard& graveyard() noexcept;
  // The slot of a route's next hop.
  static NextHopId slot(NextHopId hop) { return NextHopId(static_cast<uint16_t>(2 + hop.value)); }

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<worker::Worker> worker_;
};

}  // namespace spanway::bench
