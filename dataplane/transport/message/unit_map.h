// SPDX-License-Identifier: BSD-3-Clause
// Which units of a message have arrived, a bit each. Up to 64 units, 4 KiB, without memory of its
// own. The owner's thread.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "dataplane/transport/message/wire.h"

namespace spanway::transport {

constexpr uint32_t units_of(uint32_t bytes) noexcept {
  return (bytes + kUnitBytes - 1) / kUnitBytes;
}

class UnitMap {
 public:
  // None of a message of so many bytes. Keeps the memory of the largest so far.
  void reset(uint32_t message_bytes) {
    units_ = units_of(message_bytes);
    have_ = 0;
    few_ = 0;
    if (units_ > 64) many_.assign((units_ + 63) / 64, 0);
  }

  [[nodiscard]] uint32_t units() const noexcept { return units_; }
  [[nodiscard]] bool full() const noexcept { return have_ == units_; }
  [[nodiscard]] bool has(uint32_t unit) const noexcept {
    return (word(unit / 64) >> unit % 64 & 1) != 0;
  }
  // Adds [first, first + count), all inside; how many of them were not there.
  uint32_t add(uint32_t first, uint32_t count) noexcept {
    uint32_t added = 0;
    while (count != 0) {
      const uint32_t bit = first % 64, taken = std::min(count, 64 - bit);
      const uint64_t mask = (~uint64_t{0} >> (64 - taken)) << bit;
      uint64_t& to = word(first / 64);
      added += static_cast<uint32_t>(std::popcount(mask & ~to));
      to |= mask;
      first += taken;
      count -= taken;
    }
    have_ += added;
    return added;
  }
  // The first unit from `from` up to `end` that is not there; `end` when all are.
  [[nodiscard]] uint32_t next_absent(uint32_t from, uint32_t end) const noexcept {
    return next(from, end, ~uint64_t{0});
  }
  // The first one that is there.
  [[nodiscard]] uint32_t next_present(uint32_t from, uint32_t end) const noexcept {
    return next(from, end, 0);
  }

 private:
  [[nodiscard]] uint64_t word(uint32_t at) const noexcept {
    return units_ <= 64 ? few_ : many_[at];
  }
  uint64_t& word(uint32_t at) noexcept { return units_ <= 64 ? few_ : many_[at]; }
  [[nodiscard]] uint32_t next(uint32_t from, uint32_t end, uint64_t flip) const noexcept {
    while (from < end) {
      const uint64_t left = (word(from / 64) ^ flip) >> from % 64;
      if (left != 0) return std::min(end, from + static_cast<uint32_t>(std::countr_zero(left)));
      from = (from / 64 + 1) * 64;
    }
    return end;
  }

  uint32_t units_ = 0, have_ = 0;
  uint64_t few_ = 0;
  std::vector<uint64_t> many_;
};

}  // namespace spanway::transport
