// SPDX-License-Identifier: BSD-3-Clause
// One word that one thread writes and any thread reads, without an order to anything else.
//
// For counts and flags of parts that may not see seam/ (drivers). What must become visible together
// with other memory goes through a ring or seam/published.h instead.
#pragma once

#include <atomic>
#include <cstdint>

namespace spanway {

class SharedWord {
 public:
  // The writer only.
  void add(uint64_t n) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void set(uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  // Any thread.
  [[nodiscard]] uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace spanway
