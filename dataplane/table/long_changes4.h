// SPDX-License-Identifier: BSD-3-Clause
// The changes of a batch that are longer than a record, in the order in which a table is painted.
// Control thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/base/prefix.h"
#include "dataplane/table/route_groups4.h"

namespace spanway::table {

// A change of a route of length 20 to 32, packed: 19 bits of record, 17 of the route's place in
// its group, 16 of next hop (0: gone).
struct LongChange4 {
  uint64_t packed = 0;
  static constexpr unsigned kHopBits = 16, kKeyBits = 17;
  static constexpr LongChange4 make(const Prefix4& prefix, uint16_t hop) noexcept {
    const uint32_t address = prefix.addr().value();
    const uint64_t record = address >> (32 - 19);
    const uint64_t key = GroupRoute::make(address & ~mask4(19), prefix.length(), 0).key();
    return {(record << kKeyBits | key) << kHopBits | hop};
  }
  [[nodiscard]] constexpr uint32_t record() const noexcept {
    return static_cast<uint32_t>(packed >> (kHopBits + kKeyBits));
  }
  // As GroupRoute::key().
  [[nodiscard]] constexpr uint32_t key() const noexcept {
    return static_cast<uint32_t>(packed >> kHopBits) & ((1u << kKeyBits) - 1);
  }
  [[nodiscard]] constexpr uint64_t place() const noexcept { return packed >> kHopBits; }
  [[nodiscard]] constexpr uint16_t hop() const noexcept { return static_cast<uint16_t>(packed); }
  [[nodiscard]] constexpr GroupRoute route() const noexcept {
    return {key() << GroupRoute::kHopBits | hop()};
  }
};

// By record; changes of one record stay in the order in which they came.
void sort_by_record(std::vector<LongChange4>& changes);

// `routes` (a group) after `changes` of it, which get sorted; of two changes of one route the last
// counts. What is the outcome goes to `out`.
struct Merged4 {
  uint32_t touched = 0;  // entries of the record that changes lie in or cover; 0: nothing is new
  uint32_t added = 0, removed = 0;
};
Merged4 merge_changes(std::span<const GroupRoute> routes, std::span<LongChange4> changes,
                      std::vector<GroupRoute>& out);

}  // namespace spanway::table
