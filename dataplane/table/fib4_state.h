// SPDX-License-Identifier: BSD-3-Clause
// What a Fib4 is made of, for its two roads: a single change (fib4.cc) and a batch (fib4_batch.cc).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <utility>

#include "dataplane/base/cache_line.h"
#include "dataplane/table/change_version.h"
#include "dataplane/table/default_route.h"
#include "dataplane/table/edit.h"
#include "dataplane/table/fib4.h"
#include "dataplane/table/fib4_view.h"
#include "dataplane/table/lazy_array.h"
#include "dataplane/table/recent4.h"
#include "dataplane/table/record.h"
#include "dataplane/table/route_groups4.h"

namespace spanway::table {

inline constexpr unsigned kRecordLength4 = 19;  // a record covers a /19
inline constexpr unsigned kSlotLength4 = 24;    // and its entries /24s
inline constexpr uint32_t kRecords4 = 1u << kRecordLength4;

constexpr uint32_t record_of(uint32_t address) { return address >> (32 - kRecordLength4); }
constexpr uint32_t suffix_of(uint32_t address) { return address & ~mask4(kRecordLength4); }

// The place of a route of length 1 to 19 in an array of all of them.
constexpr uint32_t short_place(uint32_t address, unsigned length) {
  return 1u << length | address >> (32 - length);
}

// Entries of a record.
struct Stretch4 {
  uint32_t first = 0, last = kRecordSlots - 1;
};
inline constexpr uint32_t kAllEntries = ~uint32_t{0};

// The entries that a route of length 20 to 32 lies in or covers.
constexpr Stretch4 entries_of(uint32_t suffix, unsigned length) {
  const uint32_t first = suffix >> (32 - kSlotLength4);
  return {first, length >= kSlotLength4 ? first : first + (1u << (kSlotLength4 - length)) - 1};
}

Fib4Kernel best_kernel4() noexcept;

struct Fib4::State {
  static constexpr size_t kGroupBytes = size_t{128} << 20;

  State(seam::Graveyard& g, size_t pool_bytes)
      : graveyard(g),
        records(kRecords4),
        pool(pool_bytes, 2),
        short_hops(size_t{2} << kRecordLength4),
        owner_length(kRecords4),
        groups(kGroupBytes),
        edit(pool) {}

  // hop 0 removes.
  Status change(const Prefix4& prefix, uint16_t hop);
  bool change_short(const Prefix4& prefix, uint16_t hop);
  bool change_long(const Prefix4& prefix, uint16_t hop);
  bool finish();
  [[nodiscard]] uint16_t current(const Prefix4& prefix) const;
  [[nodiscard]] std::pair<uint16_t, uint8_t> short_cover(uint32_t address, unsigned length) const;
  [[nodiscard]] uint16_t record_cover(uint32_t index) const;
  // Notes in the edit what gives these entries of a record the answers that `group`, the routes of
  // the record from its entry `stretch.first` on, ask for. `cover` is what shorter routes say. Only
  // in entries of which `touched` has the bit did a route of more than 24 bits change or its cover.
  void repaint(Edit& into, uint32_t index, std::span<const GroupRoute> group, Stretch4 stretch,
               uint32_t touched, uint16_t cover);

  seam::Graveyard& graveyard;
  LazyArray<std::atomic<uint64_t>> records;
  BlockPool pool;
  // What every burst reads, off the lines of the pool's books, which change with every block.
  alignas(kCacheLine) DefaultRoute fallback;
  const Fib4View view{records.data(), pool, &fallback};
  const Fib4Kernel kernel = best_kernel4();
  const Recent4Kernel recall = has_avx512() ? recall4_avx512 : recall4_scalar;
  // Odd during a change; on a line of its own, too.
  alignas(kCacheLine) ChangeVersion version;

  // What follows is the control thread's own.
  alignas(kCacheLine) LazyArray<uint16_t> short_hops;  // routes of length 1 to 19, by short_place
  LazyArray<uint8_t> owner_length;                     // a record's longest such route; 0: none
  RouteGroups4 groups;                                 // routes of length 20 to 32
  Edit edit;
  size_t routes = 0;
};

}  // namespace spanway::table
