// SPDX-License-Identifier: BSD-3-Clause
// Worker threads of a race test: each is online, does one round after another, and is quiet in
// between, until the test is over.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "dataplane/base/ids.h"
#include "dataplane/seam/qsbr.h"

namespace spanway::test {

class Readers {
 public:
  // round() is called by each reader over and over; what it borrows is good until it returns.
  template <class Round>
  Readers(seam::Qsbr& qsbr, uint16_t count, const Round& round) {
    for (uint16_t id = 0; id < count; ++id)
      threads_.emplace_back([this, &qsbr, id, round] {
        const WorkerId worker{id};
        qsbr.online(worker);
        while (!over_.load(std::memory_order_relaxed)) {
          round();
          rounds_.fetch_add(1, std::memory_order_relaxed);
          qsbr.quiet(worker);
        }
        qsbr.offline(worker);
      });
  }
  ~Readers() { stop(); }
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  // Waits for rounds that began after this call, so that the writer does not run alone.
  void meet() const {
    const uint64_t enough = rounds_.load(std::memory_order_relaxed) + 2 * threads_.size();
    while (rounds_.load(std::memory_order_relaxed) < enough) std::this_thread::yield();
  }
  void stop() {
    over_.store(true, std::memory_order_relaxed);
    for (std::thread& thread : threads_)
      if (thread.joinable()) thread.join();
  }

 private:
  std::atomic<bool> over_{false};
  std::atomic<uint64_t> rounds_{0};
  std::vector<std::thread> threads_;
};

}  // namespace spanway::test
