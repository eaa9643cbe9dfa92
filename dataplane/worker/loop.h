// SPDX-License-Identifier: BSD-3-Clause
// The life of a pinned worker thread: turn after turn, resting when there is nothing to do.
#pragma once

#include <memory>
#include <thread>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "dataplane/base/tuning.h"
#include "dataplane/worker/worker.h"

namespace spanway::worker {

struct LoopOptions {
  int core = -1;           // CPU to pin the thread to; -1: wherever the kernel likes
  bool idle_sleep = true;  // back off after tuning::kIdleTurns turns without a packet
  Nanos idle_spin = tuning::kIdleSpin;
  Nanos longest_sleep = tuning::kIdleSleep;
};

// A thread that calls worker.turn(). The control thread makes and ends it.
class Loop {
 public:
  // `worker` and `clock` outlive the loop. Fails when the thread can not be made or pinned.
  static Result<std::unique_ptr<Loop>> start(Worker& worker, const Clock& clock,
                                             const LoopOptions& options);
  // Stops the thread after its current turn and waits for its end.
  ~Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

 private:
  Loop() = default;

  std::jthread thread_;
};

}  // namespace spanway::worker
