// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/worker_threads.h"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <cstring>
#include <future>

#include "dataplane/base/tuning.h"
#include "drivers/dpdk/eal.h"

namespace spanway::daemon {
namespace {

void nap(Nanos span) {
  const timespec ts{0, span.ns()};
  nanosleep(&ts, nullptr);
}

}  // namespace

WorkerThread::WorkerThread(WorkerThreadOptions options, const Clock& clock,
                           std::function<unsigned(Nanos)> turn)
    : options_(std::move(options)), clock_(clock), turn_(std::move(turn)) {
  std::promise<void> ready;
  thread_ = std::jthread([this, &ready](const std::stop_token& stop) {
    set_up();
    const drivers::EalThread eal;
    if (!eal.registered()) trouble_ = options_.name + " could not be registered with DPDK";
    ready.set_value();
    run(stop);
  });
  ready.get_future().wait();
}

WorkerThread::~WorkerThread() { stop(); }

void WorkerThread::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void WorkerThread::set_up() {
  pthread_setname_np(pthread_self(), options_.name.substr(0, 15).c_str());
  if (options_.cpu) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(static_cast<size_t>(*options_.cpu), &cpus);
    const int error = pthread_setaffinity_np(pthread_self(), sizeof cpus, &cpus);
    if (error != 0)
      trouble_ = options_.name + " could not be pinned to CPU " + std::to_string(*options_.cpu) +
                 ": " + std::strerror(error);
  }
}

void WorkerThread::run(const std::stop_token& stop) {
  uint32_t idle = 0;
  while (!stop.stop_requested()) {
    if (turn_(clock_.now()) != 0) {
      idle = 0;
      continue;
    }
    if (++idle < tuning::kIdleTurns || !options_.sleep_when_idle) continue;
    // From a microsecond up, so that a short pause in traffic costs little latency.
    const int64_t step =
        std::min<int64_t>((idle - tuning::kIdleTurns) * 100 + 1000, tuning::kIdleSleep.ns());
    nap(Nanos(step));
  }
}

}  // namespace spanway::daemon
