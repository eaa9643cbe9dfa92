// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/loop.h"

#include <pthread.h>
#include <rte_lcore.h>
#include <sched.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <system_error>

#include "dataplane/base/tuning.h"
#include "dataplane/worker/turn_clock.h"

namespace spanway::worker {
namespace {

// How many turns pass between two looks at the stop flag, which lies in shared memory.
constexpr unsigned kTurnsPerLook = 64;

// Sleeps doubling from a microsecond to tuning::kIdleSleep; a resting worker delays nobody.
void sleep_idle(Worker& worker, unsigned idle_turns) noexcept {
  const unsigned doublings = (idle_turns - tuning::kIdleTurns) / 16;
  const int64_t ns = doublings >= 6 ? tuning::kIdleSleep.ns() : int64_t{1000} << doublings;
  worker.rest();
  std::this_thread::sleep_for(std::chrono::nanoseconds(ns));
  worker.wake();
}

void run(const std::stop_token& stop, Worker& worker, const Clock& engine_clock,
         bool idle_sleep) noexcept {
  // A thread with an id of its own has a cache in every buffer pool.
  const bool registered = rte_thread_register() == 0;
  TurnClock clock(engine_clock);
  unsigned idle_turns = 0;
  worker.wake();
  while (!stop.stop_requested()) {
    for (unsigned i = 0; i < kTurnsPerLook; ++i) {
      idle_turns = worker.turn(clock.now()) == 0 ? idle_turns + 1 : 0;
      if (idle_sleep && idle_turns > tuning::kIdleTurns) sleep_idle(worker, idle_turns);
    }
  }
  worker.rest();
  if (registered) rte_thread_unregister();
}

Status pin(std::jthread& thread, int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (core >= CPU_SETSIZE)
    return Error{ErrorCode::kInvalid, "core " + std::to_string(core) + " is out of range"};
  CPU_SET(static_cast<size_t>(core), &cores);
  const int failed = pthread_setaffinity_np(thread.native_handle(), sizeof cores, &cores);
  if (failed == 0) return {};
  return Error{ErrorCode::kUnavailable,
               "can not pin a worker to core " + std::to_string(core) + ": " +
                   std::generic_category().message(failed),
               "choose a core that this machine has and this process may use"};
}

}  // namespace

Result<std::unique_ptr<Loop>> Loop::start(Worker& worker, const Clock& clock,
                                          const LoopOptions& options) {
  std::unique_ptr<Loop> loop(new Loop);
  try {
    loop->thread_ =
        std::jthread([&worker, &clock, idle_sleep = options.idle_sleep](
                         const std::stop_token& stop) { run(stop, worker, clock, idle_sleep); });
  } catch (const std::system_error& failed) {
    return Error{ErrorCode::kUnavailable,
                 std::string("can not start a worker thread: ") + failed.what()};
  }
  pthread_setname_np(loop->thread_.native_handle(), "spanway-worker");
  if (options.core >= 0)
    if (Status pinned = pin(loop->thread_, options.core); !pinned) return std::move(pinned).error();
  return loop;
}

}  // namespace spanway::worker
