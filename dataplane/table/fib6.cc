// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/fib6.h"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <string>
#include <utility>

#include "dataplane/table/fib6_state.h"
#include "dataplane/table/sweep6.h"

namespace spanway::table {

Fib6Kernel best_kernel6() noexcept {
  if (has_avx512()) return lookup6_avx512;
  return has_avx2() ? lookup6_avx2 : lookup6_scalar;
}

uint16_t Fib6::State::current(const Key6& key) const {
  return key.length == 0 ? fallback.hop() : routes.find(key);
}

Status Fib6::State::change(const Key6& key, uint16_t hop) {
  const uint16_t old = current(key);
  if (old == hop) return {};
  if (hop != 0) pool.use_hop(hop);
  edit.use_reserve(hop == 0);
  if (key.length == 0) {
    version.begin();
    fallback.set(hop);
    version.end();
    return {};
  }
  routes.set(key, hop);
  note(key);
  if (!edit.failed()) {
    show();
    return {};
  }
  edit.abort();
  routes.set(key, old);
  const Prefix6 prefix(Ip6Addr::from_halves(key.high, key.low), key.length);
  return Error{ErrorCode::kFull, "IPv6 table full at " + prefix.to_string(),
               "remove routes, or try again once the workers have let go of old entries"};
}

void Fib6::State::show() {
  version.begin();
  edit.commit(graveyard);
  version.end();
}

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
        for (uint32_t index = first; index <= last; ++index) {
          retire_page(top[index].load(std::memory_order_relaxed));
          edit.store(top[index], uint32_t{hop});
        }
      },
      [&](uint32_t index, uint16_t hop, RouteMap6::Range finer) {
        const Ref was = top[index].load(std::memory_order_relaxed);
        const uint32_t page = was >= kFirstChild ? was : fresh_page(hop);
        if (page == 0) return;
        paint_page(page, all.child(kTopWidth, index), {0, kPageRecords - 1}, hop, finer);
        if (page != was) edit.store(top[index], page);
      });
}

void Fib6::State::note_page(uint32_t page, const Key6& slot, const Key6& key) {
  if (key.length <= kRecordLength6)
    paint_page(page, slot, entries_of(slot, kPageWidth, key), routes.cover(key),
               routes.inside(key));
  else
    note_record(page, Key6(key.high, 0, kRecordLength6), key);
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
  if (key.length <= kSlotLength6) {
    paint_record(page, record, entries_of(record, kSlotWidth, key), routes.cover(key),
                 routes.inside(key));
    return;
  }
  const uint32_t at = record_at(page, record.bits(kTopWidth, kPageWidth));
  const uint64_t old = pool.quad(at).load(std::memory_order_relaxed);
  Slots slots = read_record(pool, old);
  Ref& ref = slots[key.bits(kRecordLength6, kSlotWidth)];
  const Key6 node(key.high, 0, kSlotLength6);
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
  // Zeros are records without an answer: what is not written costs no memory.
  static_assert(make_record(0, 0) == 0);
  if (hop == 0 && pool.is_untouched(page)) return page;
  auto* records = reinterpret_cast<uint64_t*>(pool.words(page));
  std::fill_n(records, kPageRecords, make_record(0, hop));
  return page;
}

void Fib6::State::retire_whole(uint64_t record) {
  for (const Ref child : read_record(pool, record)) tree.retire(child);
  retire_record(edit, record);
}

// A next hop is let pass.
void Fib6::State::retire_page(Ref page) {
  if (page < kFirstChild) return;
  for (uint32_t index = 0; index < kPageRecords; ++index) {
    const uint64_t record = pool.quad(record_at(page, index)).load(std::memory_order_relaxed);
    if (static_cast<uint32_t>(record >> 32) >= kFirstChild) retire_whole(record);
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

void Fib6::State::look_up(uint64_t some, const Ip6Addr* addresses, NextHopId* out,
                          size_t count) const noexcept {
  const auto few = static_cast<size_t>(std::popcount(some));
  if (few == 0) return;
  // So many that all of them cost no more than to move these.
  if (few > count / 2) return kernel(view, addresses, out, count);
  std::array<Ip6Addr, kRecall6 / 2> asked;
  std::array<NextHopId, kRecall6 / 2> answers;
  size_t at = 0;
  for (uint64_t left = some; left != 0; left &= left - 1)
    asked[at++] = addresses[std::countr_zero(left)];
  kernel(view, asked.data(), answers.data(), few);
  at = 0;
  for (uint64_t left = some; left != 0; left &= left - 1)
    out[std::countr_zero(left)] = answers[at++];
}

void Fib6::lookup(const Ip6Addr* addresses, NextHopId* out, size_t count,
                  Recent6& recent) const noexcept {
  const State& state = *state_;
  if (!recent.ready(state.version.now())) return state.kernel(state.view, addresses, out, count);
  between_levels();
  while (count != 0) {
    const size_t part = std::min(count, kRecall6);
    const uint64_t missed = state.recall(recent.view(), addresses, out, part);
    state.look_up(missed, addresses, out, part);
    recent.note(missed, addresses, out, part);
    addresses += part;
    out += part;
    count -= part;
  }
}

const Fib6View& Fib6::view() const noexcept { return state_->view; }

}  // namespace spanway::table
