// SPDX-License-Identifier: BSD-3-Clause
// Changes routes as fast as one thread can while a worker forwards by them.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "bench/forward/router.h"

namespace spanway::bench {

// From construction to destruction, on a thread of its own: routes go and come back, lead elsewhere
// and back. A default route must be there, so that no packet is refused meanwhile. In the end the
// table is as it was.
class Churn {
 public:
  // It runs on these cores: the worker has its own to itself.
  Churn(Router& router, const RouteTable& routes, uint64_t seed, std::vector<unsigned> cores);
  ~Churn();
  Churn(const Churn&) = delete;
  Churn& operator=(const Churn&) = delete;

  [[nodiscard]] uint64_t changes() const noexcept { return changes_.load(); }

 private:
  void run(uint64_t seed, const std::vector<unsigned>& cores);

  Router& router_;
  const RouteTable& routes_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> changes_{0};
  std::thread thread_;
};

}  // namespace spanway::bench
