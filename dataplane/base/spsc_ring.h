// SPDX-License-Identifier: BSD-3-Clause
// A bounded ring between one producing and one consuming thread.
//
// Neither side ever waits: push fails when full, pop fails when empty. Each side keeps a private
// copy of the other's index and looks at the shared one only when the copy says full or empty.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "dataplane/base/cache_line.h"
#include "dataplane/base/check.h"

namespace spanway {

template <class T>
class SpscRing {
 public:
  // capacity is a power of two, in elements.
  explicit SpscRing(size_t capacity) : mask_(capacity - 1), slots_(new T[capacity]()) {
    SPANWAY_CHECK(std::has_single_bit(capacity));
  }

  // Producer only. False when full; `value` is then untouched.
  bool push(T&& value) noexcept {
    const size_t head = head_.load(std::memory_order_relaxed);
    if (head - tail_seen_ > mask_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head - tail_seen_ > mask_) return false;
    }
    slots_[head & mask_] = std::move(value);
    head_.store(head + 1, std::memory_order_release);
    return true;
  }
  bool push(const T& value) noexcept {
    T copy = value;
    return push(std::move(copy));
  }

  // Producer only. Takes as many of `values` from the front as fit; returns how many.
  size_t push_burst(std::span<const T> values) noexcept {
    const size_t head = head_.load(std::memory_order_relaxed);
    if (head - tail_seen_ + values.size() > mask_ + 1)
      tail_seen_ = tail_.load(std::memory_order_acquire);
    const size_t room = mask_ + 1 - (head - tail_seen_);
    const size_t count = values.size() < room ? values.size() : room;
    for (size_t i = 0; i < count; ++i) slots_[(head + i) & mask_] = values[i];
    if (count != 0) head_.store(head + count, std::memory_order_release);
    return count;
  }

  // Consumer only. False when empty.
  bool pop(T& out) noexcept {
    const size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail == head_seen_) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail == head_seen_) return false;
    }
    out = std::move(slots_[tail & mask_]);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  // Consumer only. Moves up to out.size() elements; returns how many.
  size_t pop_burst(std::span<T> out) noexcept {
    const size_t tail = tail_.load(std::memory_order_relaxed);
    if (head_seen_ - tail < out.size()) head_seen_ = head_.load(std::memory_order_acquire);
    const size_t ready = head_seen_ - tail;
    const size_t count = out.size() < ready ? out.size() : ready;
    for (size_t i = 0; i < count; ++i) out[i] = std::move(slots_[(tail + i) & mask_]);
    if (count != 0) tail_.store(tail + count, std::memory_order_release);
    return count;
  }

  // A snapshot; exact only when called by one of the two sides about its own end.
  [[nodiscard]] size_t size() const noexcept {
    return head_.load(std::memory_order_acquire) - tail_.load(std::memory_order_acquire);
  }
  [[nodiscard]] size_t capacity() const noexcept { return mask_ + 1; }

 private:
  const size_t mask_;
  const std::unique_ptr<T[]> slots_;
  // Written by the producer, read by the consumer.
  alignas(kCacheLine) std::atomic<size_t> head_{0};
  size_t tail_seen_ = 0;  // producer's private copy of tail_
  // Written by the consumer, read by the producer.
  alignas(kCacheLine) std::atomic<size_t> tail_{0};
  size_t head_seen_ = 0;  // consumer's private copy of head_
};

}  // namespace spanway
