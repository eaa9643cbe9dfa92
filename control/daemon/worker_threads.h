// SPDX-License-Identifier: BSD-3-Clause
// The threads that give workers their turns on a real clock. Started and stopped by control.
//
// One thread serves one worker on a server, or several engines' workers in the lab. A thread
// registers with EAL so that its buffer caches work, pins itself, and backs off when nothing moves.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"

namespace spanway::daemon {

struct WorkerThreadOptions {
  std::string name;        // at most 15 characters, as the kernel shows it
  std::optional<int> cpu;  // pinned there when set
  bool sleep_when_idle = true;
};

class WorkerThread {
 public:
  // turn(now) returns how many packets it met. It runs on the new thread until stop().
  WorkerThread(WorkerThreadOptions options, const Clock& clock,
               std::function<unsigned(Nanos)> turn);
  ~WorkerThread();
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

  // Ends the loop after the current turn and joins.
  void stop();
  // What went wrong with pinning or registration; empty when all is well. Set before the first
  // turn.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

 private:
  void run(const std::stop_token& stop);
  void set_up();

  WorkerThreadOptions options_;
  const Clock& clock_;
  std::function<unsigned(Nanos)> turn_;
  std::string trouble_;
  std::jthread thread_;
};

}  // namespace spanway::daemon
