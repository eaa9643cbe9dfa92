// SPDX-License-Identifier: BSD-3-Clause
// What a Fib6 is made of, for its two roads: a single change (fib6.cc) and a batch (fib6_batch.cc).
#pragma once

#include <atomic>
#include <cstdint>

#include "dataplane/base/cache_line.h"
#include "dataplane/table/change_version.h"
#include "dataplane/table/default_route.h"
#include "dataplane/table/edit.h"
#include "dataplane/table/fib6.h"
#include "dataplane/table/fib6_view.h"
#include "dataplane/table/lazy_array.h"
#include "dataplane/table/recent6.h"
#include "dataplane/table/record.h"
#include "dataplane/table/sweep6.h"
#include "dataplane/table/tree6.h"

namespace spanway::table {

inline constexpr unsigned kTopWidth = Fib6View::kTopWidth, kPageWidth = Fib6View::kPageWidth,
                          kSlotWidth = Fib6View::kSlotWidth;
inline constexpr unsigned kRecordLength6 = kTopWidth + kPageWidth;  // a record covers a /27
inline constexpr unsigned kSlotLength6 = kRecordLength6 + kSlotWidth;
static_assert(kSlotLength6 == Fib6View::kHeadBytes * 8);
inline constexpr uint32_t kTops = 1u << kTopWidth, kPageRecords = Fib6View::kPageRecords;
inline constexpr uint32_t kPageWords = kPageRecords * Fib6View::kRecordWords;

constexpr uint32_t record_at(uint32_t page, uint32_t index) {
  return page + index * Fib6View::kRecordWords;
}

Fib6Kernel best_kernel6() noexcept;

struct Fib6::State {
  State(seam::Graveyard& g, size_t pool_bytes)
      : graveyard(g), top(kTops), pool(pool_bytes, kTree6Granule), edit(pool), tree(edit, routes) {}

  // hop 0 removes.
  Status change(const Key6& key, uint16_t hop);
  // Shows what the edit holds.
  void show();
  // Looks up some of up to kRecall6 addresses: those with a bit.
  void look_up(uint64_t some, const Ip6Addr* addresses, NextHopId* out,
               size_t count) const noexcept;
  // Notes in the edit what makes readers see the routes inside `key` as they are now: of a single
  // one that has changed; of many changes inside it, when it is /27 or shorter, a route or not.
  void note(const Key6& key);
  void note_top(const Key6& key);
  void note_page(uint32_t page, const Key6& slot, const Key6& key);
  void note_record(uint32_t page, const Key6& record, const Key6& key);
  void paint_page(uint32_t page, const Key6& slot, EntryRange row, uint16_t cover,
                  RouteMap6::Range inside);
  void paint_record(uint32_t page, const Key6& record, EntryRange row, uint16_t cover,
                    RouteMap6::Range inside);
  void write_slots(uint32_t at, uint64_t old, const Slots& slots);
  uint32_t fresh_page(uint16_t hop);
  void retire_whole(uint64_t record);
  void retire_page(Ref page);
  [[nodiscard]] uint16_t current(const Key6& key) const;
  [[nodiscard]] bool any_longer(const Key6& slot) const;

  seam::Graveyard& graveyard;
  LazyArray<std::atomic<Ref>> top;  // a next hop or a page, by the first 16 bits
  BlockPool pool;
  // What every burst reads, off the lines of the pool's books, which change with every block.
  alignas(kCacheLine) DefaultRoute fallback;
  const Fib6View view{top.data(), pool, &fallback};
  const Fib6Kernel kernel = best_kernel6();
  const Recent6Kernel recall = has_avx2() ? recall6_avx2 : recall6_scalar;
  // As in the IPv4 table.
  alignas(kCacheLine) ChangeVersion version;

  // What follows is the control thread's own.
  alignas(kCacheLine) RouteMap6 routes;  // all but the default
  Edit edit;
  Tree6 tree;
};

}  // namespace spanway::table
