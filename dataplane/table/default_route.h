// SPDX-License-Identifier: BSD-3-Clause
// The route of length 0, kept apart from a FIB: one store changes it for every address.
//
// A lookup that matches nothing else takes it. A lookup is then two reads that must belong to one
// moment, so every change also moves a version: when it is the same before and after the search,
// the default was this one throughout, whatever the search saw.
#pragma once

#include <atomic>
#include <cstdint>

#include "dataplane/table/lookup_hook.h"

namespace spanway::table {

class DefaultRoute {
 public:
  struct Seen {
    uint64_t word;
    [[nodiscard]] uint16_t hop() const noexcept { return static_cast<uint16_t>(word); }
  };
  // Worker; before the search, whose loads are acquire loads.
  [[nodiscard]] Seen before() const noexcept { return {word_.load(std::memory_order_acquire)}; }
  // Worker; after a search that matched nothing. False: search again.
  [[nodiscard]] bool still(Seen seen) const noexcept {
    between_levels();
    return word_.load(std::memory_order_acquire) == seen.word;
  }
  // Control thread. 0: no default.
  void set(uint16_t hop) noexcept {
    const uint64_t version = (word_.load(std::memory_order_relaxed) >> 16) + 1;
    word_.store(version << 16 | hop, std::memory_order_release);
  }
  [[nodiscard]] uint16_t hop() const noexcept { return before().hop(); }

 private:
  std::atomic<uint64_t> word_{0};  // version, then 16 bits of next hop; written by control
};

}  // namespace spanway::table
