// SPDX-License-Identifier: BSD-3-Clause
// Tells a worker whether a table is still the one that its memory of recent lookups is about.
//
// Even while the table rests, odd during a change: the control thread moves it around every store
// that readers see. An answer is only remembered, and only given, when the version was one and the
// same even one before both lookups began, so it was right at that moment. A search that saw any
// part of a later edit also sees its odd version, by the order of the edit's stores.
#pragma once

#include <atomic>
#include <cstdint>

namespace spanway::table {

class ChangeVersion {
 public:
  // Worker; before a lookup.
  [[nodiscard]] uint64_t now() const noexcept { return word_.load(std::memory_order_acquire); }

  // Control thread.
  void begin() noexcept {
    // Every store of the change is a release store: whoever sees one sees this one, too.
    word_.store(word_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  void end() noexcept {
    word_.store(word_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

 private:
  std::atomic<uint64_t> word_{0};
};

}  // namespace spanway::table
