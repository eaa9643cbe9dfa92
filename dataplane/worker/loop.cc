// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/loop.h"

#include <pthread.h>
#include <rte_lcore.h>
#include <sched.h>
#include <sys/epoll.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <stop_token>
#include <string>
#include <system_error>

#include "dataplane/base/tuning.h"
#include "dataplane/worker/turn_clock.h"

namespace spanway::worker {
namespace {

// How many turns pass between two looks at the stop flag, which lies in shared memory.
constexpr unsigned kTurnsPerLook = 64;

// Until the bell rings, or the time is over.
void nap(int bell, Nanos time) noexcept {
  constexpr int64_t kSecond = 1'000'000'000;
  const timespec wait{time.ns() / kSecond, time.ns() % kSecond};
  epoll_event rung[16];
  if (bell >= 0 && (epoll_pwait2(bell, rung, 16, &wait, nullptr) >= 0 || errno == EINTR)) return;
  // A kernel before 5.11 can not wait for so short a time.
  nanosleep(&wait, nullptr);
}

// Sleeps doubling from a microsecond to the longest; a resting worker delays nobody.
void sleep_idle(Worker& worker, unsigned idle_turns, Nanos longest) noexcept {
  const unsigned doublings = (idle_turns - tuning::kIdleTurns) / 16;
  if (!worker.lie_down()) return;
  nap(worker.bell(), doublings >= 6 ? longest : std::min(longest, Nanos(1000) * (1 << doublings)));
  worker.get_up();
}

void run(const std::stop_token& stop, Worker& worker, const Clock& engine_clock,
         const LoopOptions& options) noexcept {
  // A thread with an id of its own has a cache in every buffer pool.
  const bool registered = rte_thread_register() == 0;
  TurnClock clock(engine_clock);
  unsigned idle_turns = 0;
  worker.wake();
  while (!stop.stop_requested()) {
    for (unsigned i = 0; i < kTurnsPerLook; ++i) {
      idle_turns = worker.turn(clock.now()) == 0 ? idle_turns + 1 : 0;
      if (options.idle_sleep && idle_turns > tuning::kIdleTurns)
        sleep_idle(worker, idle_turns, options.longest_sleep);
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
    loop->thread_ = std::jthread([&worker, &clock, options](const std::stop_token& stop) {
      run(stop, worker, clock, options);
    });
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
