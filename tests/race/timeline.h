// SPDX-License-Identifier: BSD-3-Clause
// What a table answered, and when: the steps of one writer, numbered, for one reader that wants to
// know which answers were right at some moment of its lookup.
//
// The writer says begin() before the first store of a step and end() after the last. A lookup that
// starts after `done` steps had ended, and is over when `begun` had begun, may give an answer of
// any moment from step `done` to step `begun`, and no other.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace spanway::test {

struct Change {
  uint32_t route;          // which one
  uint16_t before, after;  // next hops; 0: not there
};

// Changes of different routes.
struct Step {
  static constexpr size_t kMost = 8;

  std::array<Change, kMost> changes;
  size_t count = 0;
};

class Timeline {
 public:
  static constexpr uint64_t kRoom = 1 << 12;  // steps that are kept

  // Writer. Waits until the reader allows one more step; false when it wants no more at all.
  bool begin(const Step& step) {
    const uint64_t number = begun_.load(std::memory_order_relaxed) + 1;
    while (number > allowed_.load(std::memory_order_acquire)) {
      if (over()) return false;
      std::this_thread::yield();
    }
    steps_[number % kRoom] = step;
    begun_.store(number, std::memory_order_release);
    return !over();
  }
  void end() { done_.store(begun_.load(std::memory_order_relaxed), std::memory_order_release); }

  // Reader.
  [[nodiscard]] uint64_t done() const { return done_.load(std::memory_order_acquire); }
  [[nodiscard]] uint64_t begun() const { return begun_.load(std::memory_order_acquire); }
  // The step of this number, counted from 1.
  [[nodiscard]] const Step& step(uint64_t number) const { return steps_[number % kRoom]; }
  // The writer may go on to this step, which is less than kRoom after any step still asked for.
  void allow(uint64_t number) { allowed_.store(number, std::memory_order_release); }

  // Either.
  void finish() { over_.store(true, std::memory_order_release); }
  [[nodiscard]] bool over() const { return over_.load(std::memory_order_acquire); }

 private:
  std::vector<Step> steps_ = std::vector<Step>(kRoom);
  // Written by the writer, read by the reader.
  std::atomic<uint64_t> begun_{0}, done_{0};
  // Written by the reader, read by the writer.
  std::atomic<uint64_t> allowed_{0};
  std::atomic<bool> over_{false};
};

}  // namespace spanway::test
