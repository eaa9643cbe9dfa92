// SPDX-License-Identifier: BSD-3-Clause
// A crew of plain threads, made for each batch.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "dataplane/table/crew.h"

namespace spanway::test {

class ThreadCrew final : public table::Crew {
 public:
  explicit ThreadCrew(unsigned hands) : hands_(hands) {}
  [[nodiscard]] unsigned hands() const noexcept override { return hands_; }
  void run(size_t pieces, const std::function<void(size_t, unsigned)>& work) override {
    ++runs_;
    std::atomic<size_t> next{0};
    std::vector<std::thread> threads;
    for (unsigned hand = 0; hand < hands_; ++hand)
      threads.emplace_back([&, hand] {
        for (size_t piece = next++; piece < pieces; piece = next++) work(piece, hand);
      });
    for (std::thread& thread : threads) thread.join();
  }
  [[nodiscard]] size_t runs() const noexcept { return runs_; }

 private:
  unsigned hands_;
  size_t runs_ = 0;
};

}  // namespace spanway::test
