// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/loop.h"

#include <pthread.h>
#include <rte_lcore.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>

#include <cerrno>
#include <stop_token>
#include <string>
#include <system_error>
#include <utility>

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

// Turns that meet nothing. The next frame is often near, so at first there is just another turn;
// then whoever else wants the core may have it in between; then there are naps. They are all of one
// length: a virtual machine's timers take as much CPU time for a short one, and nobody else gets to
// work in it. By the clock, not by turns: where others take their time, one turn may be all there
// was. Such others are not let in again soon: who naps is woken before they have had enough, and
// who lets them in is not.
class Idleness {
 public:
  explicit Idleness(const LoopOptions& options) noexcept
      : spin_(options.idle_spin), longest_(options.longest_sleep) {}

  // Before a turn that begins at `now`.
  void look(Nanos now) noexcept {
    if (std::exchange(let_in_, false) && now - turn_began_ > kLongAway) shy_ = kShyTimes;
    turn_began_ = now;
  }
  // After one that met something.
  void end() noexcept {
    if (turns_ > tuning::kIdleTurns && shy_ != 0) --shy_;
    turns_ = 0;
  }
  // After one that did not.
  void pass(Worker& worker) noexcept {
    if (turns_++ == 0) since_ = turn_began_;
    if (turns_ <= tuning::kIdleTurns) return;
    if (shy_ == 0 && turn_began_ - since_ < spin_) {
      let_in_ = true;
      sched_yield();
    } else {
      sleep(worker);
    }
  }

 private:
  // Nobody who only hands something on has a core for so long.
  static constexpr Nanos kLongAway = micros(500);
  static constexpr unsigned kShyTimes = 64;

  // A resting worker delays nobody.
  void sleep(Worker& worker) const noexcept {
    if (!worker.lie_down()) return;
    nap(worker.bell(), longest_);
    worker.get_up();
  }

  Nanos spin_, longest_, since_{}, turn_began_{};
  unsigned turns_ = 0;
  unsigned shy_ = 0;  // so many times more it lets nobody in
  bool let_in_ = false;
};

void run(const std::stop_token& stop, Worker& worker, const Clock& engine_clock,
         const LoopOptions& options) noexcept {
  // A thread with an id of its own has a cache in every buffer pool.
  const bool registered = rte_thread_register() == 0;
  // Linux adds 50 us to each sleep otherwise.
  prctl(PR_SET_TIMERSLACK, 1UL);
  TurnClock clock(engine_clock);
  Idleness idleness(options);
  worker.wake();
  while (!stop.stop_requested()) {
    for (unsigned i = 0; i < kTurnsPerLook; ++i) {
      const Nanos now = clock.now();
      idleness.look(now);
      if (worker.turn(now) != 0)
        idleness.end();
      else if (options.idle_sleep)
        idleness.pass(worker);
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
