// SPDX-License-Identifier: BSD-3-Clause
// A worker: owns its queues, held packets, buckets and counters, and lives one turn at a time.
//
// On a server a pinned thread calls turn() in a loop; the lab calls it in simulated time. The
// worker does not know the difference. Control talks to it only through plan(), tables and
// Channels.
#pragma once

#include <memory>

#include "dataplane/base/ids.h"
#include "dataplane/base/units.h"
#include "dataplane/packet/packet.h"
#include "dataplane/seam/channels.h"
#include "dataplane/seam/counters.h"
#include "dataplane/seam/published.h"
#include "dataplane/seam/qsbr.h"
#include "dataplane/table/tables.h"
#include "dataplane/worker/fused_kernel.h"
#include "dataplane/worker/handover.h"
#include "dataplane/worker/plan.h"
#include "dataplane/worker/transport_road.h"

namespace spanway::worker {

// What a worker is given at birth; all of it outlives the worker.
struct WorkerParts {
  WorkerId id{};
  const table::Tables& tables;
  const seam::Published<Plan>& plan;  // this worker's own
  seam::Qsbr& qsbr;
  seam::WorkerCounters& counters;
  seam::Channels& channels;
  Handover& handover;
  BufferSource buffers;
  KernelChoice kernel = KernelChoice::kBest;  // of the fused road; anything else is for tests
  const TransportParts* transport = nullptr;  // null: the message protocol is not spoken
  Nanos born{};                               // engine time
};

class Worker {
 public:
  explicit Worker(const WorkerParts& parts);
  // Releases every packet still held, as drop reason shutdown. The worker's turn is over for good.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // One turn: poll, forward, serve rings, flush, now and then housekeeping. Never blocks. Reports a
  // quiet point at its end. Returns the number of packets that it met; 0 means idle.
  unsigned turn(Nanos now) noexcept;

  // Around a time without turns: a resting worker holds up no grace period.
  void rest() noexcept;
  void wake() noexcept;
  // The same for a sleep that the bell ends. False: an application has something to do, so there is
  // none.
  bool lie_down() noexcept;
  void get_up() noexcept;
  // An epoll for edges, which applications ring while the worker lies down; -1: nobody does.
  [[nodiscard]] int bell() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spanway::worker
