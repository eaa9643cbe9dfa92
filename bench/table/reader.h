// SPDX-License-Identifier: BSD-3-Clause
// A worker without packets: lookups in bursts, by Recent4 where that helps, a quiet point after
// each, and books by stretch of time. Its owner says when the next stretch begins.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "bench/table/router.h"
#include "dataplane/base/ip_addr.h"

namespace spanway::bench {

class Reader {
 public:
  struct Stretch {
    uint64_t lookups = 0;
    double seconds = 0;          // of CPU time
    uint64_t longest_burst = 0;  // in TSC cycles
    [[nodiscard]] double rate() const { return static_cast<double>(lookups) / seconds * 1e-6; }
  };
  Reader(Router& router, const std::vector<Ip4Addr>& addresses, size_t stretches, unsigned core);
  ~Reader() { stop(); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // What is looked up during `act` goes to the books of this stretch.
  template <class Act>
  void during(size_t stretch, Act act) {
    stretch_ = stretch;
    act();
    stretch_ = kNone;
  }
  // Ends the thread; then the books can be read.
  void stop();
  [[nodiscard]] const std::vector<Stretch>& books() const { return books_; }

 private:
  static constexpr size_t kNone = SIZE_MAX;
  void run(unsigned core);

  Router& router_;
  std::vector<uint32_t> addresses_;
  std::atomic<bool> stop_{false};
  std::atomic<size_t> stretch_{kNone};
  std::atomic<uint64_t> kept_{0};
  std::vector<Stretch> books_;
  std::thread thread_;
};

}  // namespace spanway::bench
