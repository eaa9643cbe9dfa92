// SPDX-License-Identifier: BSD-3-Clause
// A bit for each unit of a stream's ring, named by place: a counter of units from the stream's
// begin, which wraps. Allocates when it is made and never again. The owner's thread.
//
// Always: a range is at most the ring long.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "dataplane/transport/message/wire.h"
#include "dataplane/transport/message/zeroed.h"

namespace spanway::transport {

constexpr uint32_t units_of(uint32_t bytes) noexcept {
  return (bytes + kUnitBytes - 1) / kUnitBytes;
}

// Of counters that wrap, such as places: `a` has not gone past `b`.
constexpr bool reaches(uint32_t a, uint32_t b) noexcept { return static_cast<int32_t>(b - a) >= 0; }

class UnitBits {
 public:
  // `units`: a power of two, at least 64; or 0, and nothing may be asked.
  explicit UnitBits(uint32_t units) : words_(zeroed<uint64_t>(units / 64)), mask_(units - 1) {}

  // How many of them were not set before.
  uint32_t set(uint32_t at, uint32_t count) noexcept {
    return change(at, count, [](uint64_t& word, uint64_t bits) noexcept {
      const uint64_t added = bits & ~word;
      word |= bits;
      return added;
    });
  }
  // How many of them were set.
  uint32_t clear(uint32_t at, uint32_t count) noexcept {
    return change(at, count, [](uint64_t& word, uint64_t bits) noexcept {
      const uint64_t gone = bits & word;
      word &= ~bits;
      return gone;
    });
  }
  [[nodiscard]] bool any(uint32_t at, uint32_t count) const noexcept {
    while (count != 0) {
      const uint32_t taken = std::min(count, 64 - at % 64);
      if ((word(at) & bits_at(at, taken)) != 0) return true;
      at += taken;
      count -= taken;
    }
    return false;
  }
  // The first from `at` up to `end` that is set; `end` when none is.
  [[nodiscard]] uint32_t next_set(uint32_t at, uint32_t end) const noexcept {
    return next(at, end, 0);
  }
  [[nodiscard]] uint32_t next_clear(uint32_t at, uint32_t end) const noexcept {
    return next(at, end, ~uint64_t{0});
  }

 private:
  [[nodiscard]] uint64_t& word(uint32_t place) const noexcept {
    return words_[(place & mask_) / 64];
  }

  // `count` from 1 up to the end of the word.
  static uint64_t bits_at(uint32_t at, uint32_t count) noexcept {
    return (~uint64_t{0} >> (64 - count)) << at % 64;
  }
  template <class F>
  uint32_t change(uint32_t at, uint32_t count, F with) noexcept {
    uint32_t changed = 0;
    while (count != 0) {
      const uint32_t taken = std::min(count, 64 - at % 64);
      const uint64_t bits = bits_at(at, taken);
      const uint64_t differ = with(word(at), bits);
      if (differ == bits) [[likely]]
        changed += taken;
      else if (differ != 0)
        changed += static_cast<uint32_t>(std::popcount(differ));
      at += taken;
      count -= taken;
    }
    return changed;
  }
  [[nodiscard]] uint32_t next(uint32_t at, uint32_t end, uint64_t flip) const noexcept {
    while (at != end) {
      const uint64_t left = (word(at) ^ flip) >> at % 64;
      const uint32_t within = std::min(end - at, 64 - at % 64);
      if (left != 0) return at + std::min(within, static_cast<uint32_t>(std::countr_zero(left)));
      at += within;
    }
    return end;
  }

  Zeroed<uint64_t> words_;
  uint32_t mask_;
};

}  // namespace spanway::transport
