// SPDX-License-Identifier: BSD-3-Clause
// One worker with real tables between two ports: the engine's fast path without its control.
#pragma once

#include <memory>

#include "bench/forward/frames.h"
#include "dataplane/packet/packet.h"
#include "dataplane/seam/counters.h"
#include "dataplane/worker/worker.h"
#include "drivers/port.h"

namespace spanway::bench {

class Router {
 public:
  // Routes of `traffic` lead out of port 1, each by its own next hop; both ports are polled.
  Router(const Traffic& traffic, drivers::Port& port0, drivers::Port& port1, BufferSource buffers,
         worker::KernelChoice kernel);
  ~Router();

  unsigned turn(Nanos now) noexcept { return worker_->turn(now); }
  [[nodiscard]] const seam::WorkerCounters& counters() const noexcept;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<worker::Worker> worker_;
};

}  // namespace spanway::bench
