// SPDX-License-Identifier: BSD-3-Clause
#include "bench/forward/churn.h"

#include <utility>

#include "bench/cores.h"
#include "dataplane/base/check.h"
#include "dataplane/base/random.h"

namespace spanway::bench {
namespace {

constexpr unsigned kSealEvery = 256;  // as a control step after a batch

}  // namespace

Churn::Churn(Router& router, const RouteTable& routes, uint64_t seed, std::vector<unsigned> cores)
    : router_(router),
      routes_(routes),
      thread_([this, seed, cores = std::move(cores)] { run(seed, cores); }) {}

Churn::~Churn() {
  stop_ = true;
  thread_.join();
}

void Churn::run(uint64_t seed, const std::vector<unsigned>& cores) {
  stay_on(cores);
  Random random(seed);
  table::Fib4& fib = router_.tables().fib4;
  uint64_t done = 0;
  const auto change = [&](Status status) {
    SPANWAY_CHECK(status);
    if (++done % kSealEvery == 0) {
      router_.graveyard().seal();
      router_.graveyard().reclaim();
      changes_.store(done, std::memory_order_relaxed);
    }
  };
  while (!stop_.load(std::memory_order_relaxed)) {
    const auto& route = routes_.four[random.below(routes_.four.size())];
    const NextHopId own = Router::slot(route.hop);
    const NextHopId other =
        Router::slot(NextHopId(static_cast<uint16_t>(random.below(RouteTable::kMostHops))));
    if (random.below(2) == 0)
      change(fib.remove(route.prefix));
    else
      change(fib.insert(route.prefix, other));
    change(fib.insert(route.prefix, own));
  }
  changes_ = done;
}

}  // namespace spanway::bench
