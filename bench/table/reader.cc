// SPDX-License-Identifier: BSD-3-Clause
#include "bench/table/reader.h"

#include <x86intrin.h>

#include <algorithm>
#include <span>

#include "bench/cores.h"
#include "bench/micro/report.h"
#include "dataplane/base/tuning.h"
#include "dataplane/table/recent4.h"

namespace spanway::bench {
namespace {

// Bursts between two looks at the stretch: a quarter of a millisecond or so.
constexpr unsigned kBursts = 1024;

}  // namespace

Reader::Reader(Router& router, const std::vector<Ip4Addr>& addresses, size_t stretches,
               unsigned core)
    : router_(router), books_(stretches) {
  for (const Ip4Addr one : addresses) addresses_.push_back(one.value());
  thread_ = std::thread([this, core] { run(core); });
}

void Reader::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void Reader::run(unsigned core) {
  stay_on(std::span(&core, 1));
  const WorkerId self{0};
  router_.qsbr().online(self);
  NextHopId answers[tuning::kBurst];
  table::Recent4 recent;
  size_t at = 0;
  uint64_t keep = 0;
  double seconds = thread_cpu_seconds();
  while (!stop_.load(std::memory_order_relaxed)) {
    const size_t stretch = stretch_.load(std::memory_order_relaxed);
    uint64_t longest = 0, before = __rdtsc();  // as a worker reads it, once a turn
    for (unsigned burst = 0; burst < kBursts; ++burst) {
      router_.tables().fib4.lookup(&addresses_[at], answers, tuning::kBurst, recent);
      for (const NextHopId answer : answers) keep += answer.value;
      router_.qsbr().quiet(self);
      at = (at + tuning::kBurst) % (addresses_.size() - tuning::kBurst);
      const uint64_t now = __rdtsc();
      longest = std::max(longest, now - before);
      before = now;
    }
    const double now = thread_cpu_seconds();
    // What lies in two stretches belongs to none.
    if (stretch != kNone && stretch == stretch_.load(std::memory_order_relaxed)) {
      Stretch& book = books_[stretch];
      book.lookups += uint64_t{kBursts} * tuning::kBurst;
      book.seconds += now - seconds;
      book.longest_burst = std::max(book.longest_burst, longest);
    }
    seconds = now;
  }
  router_.qsbr().offline(self);
  kept_ = keep;
}

}  // namespace spanway::bench
