// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/fib6.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <string>
#include <utility>

#include "dataplane/table/default_route.h"
#include "dataplane/table/edit.h"
#include "dataplane/table/fib6_view.h"
#include "dataplane/table/lazy_array.h"
#include "dataplane/table/record.h"
#include "dataplane/table/sweep6.h"
#include "dataplane/table/tree6.h"

namespace spanway::table {
namespace {

constexpr unsigned kTopWidth = Fib6View::kTopWidth, kPageWidth = Fib6View::kPageWidth,
                   kSlotWidth = Fib6View::kSlotWidth;
constexpr unsigned kRecordLength = kTopWidth + kPageWidth;  // a record covers a /27
constexpr unsigned kSlotLength = kRecordLength + kSlotWidth;
static_assert(kSlotLength == Fib6View::kHeadBytes * 8);
constexpr uint32_t kTops = 1u << kTopWidth, kPageRecords = Fib6View::kPageRecords;
constexpr uint32_t kPageWords = kPageRecords * Fib6View::kRecordWords;

constexpr uint32_t record_at(uint32_t page, uint32_t index) {
  return page + index * Fib6View::kRecordWords;
}

}  // namespace

struct Fib6::State {
  State(seam::Graveyard& g, size_t pool_bytes)
      : graveyard(g), top(kTops), pool(pool_bytes, kTree6Granule), edit(pool), tree(edit, routes) {}

  Status change(const Key6& key, uint16_t hop);
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
  void retire_page(uint32_t page);
  [[nodiscard]] uint16_t current(const Key6& key) const;
  [[nodiscard]] bool any_longer(const Key6& slot) const;

  seam::Graveyard& graveyard;
  LazyArray<std::atomic<Ref>> top;  // a next hop or a page, by the first 16 bits
  BlockPool pool;
  DefaultRoute fallback;
  const Fib6View view{top.data(), &pool, &fallback};
  const Fib6Kernel kernel = has_avx512() ? lookup6_avx512 : lookup6_scalar;

  // What follows is the control thread's own.
  RouteMap6 routes;  // all but the default
  Edit edit;
  Tree6 tree;
};

uint16_t Fib6::State::current(const Key6& key) const {
  return key.length == 0 ? fallback.hop() : routes.find(key);
}

// hop 0 removes.
Status Fib6::State::change(const Key6& key, uint16_t hop) {
  const uint16_t old = current(key);
  if (old == hop) return {};
  if (hop != 0) pool.use_hop(hop);
  edit.use_reserve(hop == 0);
  if (key.length == 0) {
    fallback.set(hop);
    return {};
  }
  routes.set(key, hop);
  note(key);
  if (!edit.failed()) {
    edit.commit(graveyard);
    return {};
  }
  edit.abort();
  routes.set(key, old);
  const Prefix6 prefix(Ip6Addr::from_halves(key.high, key.low), key.length);
  return Error{ErrorCode::kFull, "IPv6 table full at " + prefix.to_string(),
               "remove routes, or try again once the workers have let go of old entries"};
}

// Notes in the edit what makes readers see the routes as they are now; only `key` has changed.
void Fib6::State::note(const Key6& key) {
  if (key.length <= kTopWidth) {
    note_top(key);
    return;
  }
  const Key6 slot(key.high, 0, kTopWidth);
  std::atomic<Ref>& where = top[slot.bits(0, kTopWidth)];
  const Ref was = where.load(std::memory_order_relaxed);
  if (!any_longer(slot)) {
    const uint16_t own = routes.find(slot);
    if (was < kFirstChild) return;
    edit.store(where, uint32_t{own != 0 ? own : routes.cover(slot)});
    retire_page(was);
    return;
  }
  const uint32_t page = was >= kFirstChild ? was : fresh_page(static_cast<uint16_t>(was));
  if (page == 0) return;
  note_page(page, slot, key);
  if (page != was) edit.store(where, page);
}

void Fib6::State::note_top(const Key6& key) {
  const Key6 all;
  sweep(
      all, kTopWidth, entries_of(all, kTopWidth, key), routes.cover(key), routes.inside(key),
      [&](uint32_t first, uint32_t last, uint16_t hop) {
        for (uint32_t index = first; index <= last; ++index) edit.store(top[index], uint32_t{hop});
      },
      [&](uint32_t index, uint16_t hop, RouteMap6::Range finer) {
        paint_page(top[index].load(std::memory_order_relaxed), all.child(kTopWidth, index),
                   {0, kPageRecords - 1}, hop, finer);
      });
}

void Fib6::State::note_page(uint32_t page, const Key6& slot, const Key6& key) {
  if (key.length <= kRecordLength)
    paint_page(page, slot, entries_of(slot, kPageWidth, key), routes.cover(key),
               routes.inside(key));
  else
    note_record(page, Key6(key.high, 0, kRecordLength), key);
}

void Fib6::State::paint_page(uint32_t page, const Key6& slot, EntryRange row, uint16_t cover,
                             RouteMap6::Range inside) {
  sweep(
      slot, kPageWidth, row, cover, inside,
      [&](uint32_t first, uint32_t last, uint16_t hop) {
        for (uint32_t index = first; index <= last; ++index) {
          const uint32_t at = record_at(page, index);
          const uint64_t old = pool.quad(at).load(std::memory_order_relaxed);
          const uint64_t now = make_record(0, hop);
          if (now == old) continue;
          if (static_cast<uint32_t>(old >> 32) >= kFirstChild) retire_whole(old);
          edit.store_quad(at, now);
        }
      },
      [&](uint32_t index, uint16_t hop, RouteMap6::Range finer) {
        paint_record(page, slot.child(kPageWidth, index), {0, kRecordSlots - 1}, hop, finer);
      });
}

void Fib6::State::note_record(uint32_t page, const Key6& record, const Key6& key) {
  if (key.length <= kSlotLength) {
    paint_record(page, record, entries_of(record, kSlotWidth, key), routes.cover(key),
                 routes.inside(key));
    return;
  }
  const uint32_t at = record_at(page, record.bits(kTopWidth, kPageWidth));
  const uint64_t old = pool.quad(at).load(std::memory_order_relaxed);
  Slots slots = read_record(pool, old);
  Ref& ref = slots[key.bits(kRecordLength, kSlotWidth)];
  const Key6 node(key.high, 0, kSlotLength);
  const Ref now = ref >= kFirstChild
                      ? tree.change(ref, node, key)
                      : tree.build(node, static_cast<uint16_t>(ref), routes.inside(node));
  if (now == ref) return;
  ref = now;
  write_slots(at, old, slots);
}

void Fib6::State::paint_record(uint32_t page, const Key6& record, EntryRange row, uint16_t cover,
                               RouteMap6::Range inside) {
  const uint32_t at = record_at(page, record.bits(kTopWidth, kPageWidth));
  const uint64_t old = pool.quad(at).load(std::memory_order_relaxed);
  Slots slots = read_record(pool, old);
  for (uint32_t slot = row.first; slot <= row.last; ++slot) tree.retire(slots[slot]);
  sweep(
      record, kSlotWidth, row, cover, inside,
      [&](uint32_t first, uint32_t last, uint16_t hop) {
        std::fill(&slots[first], &slots[last] + 1, hop);
      },
      [&](uint32_t slot, uint16_t hop, RouteMap6::Range finer) {
        slots[slot] = tree.build(record.child(kSlotWidth, slot), hop, finer);
      });
  write_slots(at, old, slots);
}

void Fib6::State::write_slots(uint32_t at, uint64_t old, const Slots& slots) {
  const uint64_t now = write_record(edit, old, slots);
  if (now != old) edit.store_quad(at, now);
}

uint32_t Fib6::State::fresh_page(uint16_t hop) {
  const uint32_t page = edit.allocate(kPageWords);
  if (page == 0) return 0;
  auto* records = reinterpret_cast<uint64_t*>(pool.words(page));
  std::fill_n(records, kPageRecords, make_record(0, hop));
  return page;
}

void Fib6::State::retire_whole(uint64_t record) {
  for (const Ref child : read_record(pool, record)) tree.retire(child);
  retire_record(edit, record);
}

void Fib6::State::retire_page(uint32_t page) {
  for (uint32_t index = 0; index < kPageRecords; ++index) {
    const uint64_t record = pool.quad(record_at(page, index)).load(std::memory_order_relaxed);
    retire_whole(record);
  }
  edit.retire(page, kPageWords);
}

bool Fib6::State::any_longer(const Key6& slot) const {
  const auto [begin, end] = routes.inside(slot);
  return begin != end && (begin->first.length > kTopWidth || std::next(begin) != end);
}

Fib6::Fib6(seam::Graveyard& graveyard, size_t pool_bytes)
    : state_(std::make_unique<State>(graveyard, pool_bytes)) {}

// What was retired before still refers to the pool: it goes last.
Fib6::~Fib6() {
  seam::Graveyard& graveyard = state_->graveyard;
  graveyard.retire(std::move(state_));
}

Status Fib6::insert(const Prefix6& prefix, NextHopId next_hop) {
  if (next_hop.value == 0 || next_hop.value >= kFirstChild)
    return Error{ErrorCode::kInvalid, "next hop of " + prefix.to_string() + " is not 1 to 32767"};
  return state_->change(Key6(prefix), next_hop.value);
}

Status Fib6::remove(const Prefix6& prefix) {
  if (state_->current(Key6(prefix)) == 0)
    return Error{ErrorCode::kNotFound, "no route " + prefix.to_string() + " in the IPv6 table"};
  return state_->change(Key6(prefix), 0);
}

size_t Fib6::size() const noexcept {
  return state_->routes.size() + (state_->fallback.hop() != 0 ? 1 : 0);
}

size_t Fib6::bytes() const noexcept { return kTops * sizeof(Ref) + state_->pool.used_bytes(); }

NextHopId Fib6::lookup(const Ip6Addr& address) const noexcept {
  NextHopId out;
  lookup6_scalar(state_->view, &address, &out, 1);
  return out;
}

void Fib6::lookup(const Ip6Addr* addresses, NextHopId* out, size_t count) const noexcept {
  state_->kernel(state_->view, addresses, out, count);
}

}  // namespace spanway::table
