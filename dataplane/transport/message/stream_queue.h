// SPDX-License-Identifier: BSD-3-Clause
// Streams that wait for something, each once, in the order in which they came. The owner's thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "dataplane/transport/message/handshake.h"

namespace spanway::transport {

class StreamQueue {
 public:
  [[nodiscard]] bool empty() const noexcept { return waiting_ == 0; }
  [[nodiscard]] bool alone() const noexcept { return std::has_single_bit(waiting_); }
  // Not while empty().
  [[nodiscard]] uint16_t front() const noexcept { return order_[first_ % kMostStreams]; }
  // `stream` is below kMostStreams. One that waits already keeps its place.
  void push(uint16_t stream) noexcept {
    if ((waiting_ & bit(stream)) != 0) return;
    waiting_ |= bit(stream);
    order_[end_++ % kMostStreams] = static_cast<uint8_t>(stream);
  }
  void pop() noexcept {
    waiting_ &= ~bit(front());
    ++first_;
  }
  // The first one goes behind all others.
  void rotate() noexcept {
    if (alone()) return;
    order_[end_++ % kMostStreams] = order_[first_++ % kMostStreams];
  }

 private:
  static_assert(kMostStreams == 64);
  static constexpr uint64_t bit(uint16_t stream) noexcept { return uint64_t{1} << stream; }

  uint64_t waiting_ = 0;
  uint32_t first_ = 0, end_ = 0;
  std::array<uint8_t, kMostStreams> order_{};
};

}  // namespace spanway::transport
