// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/fib4.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "dataplane/table/bitmap_node.h"
#include "dataplane/table/fib4_state.h"
#include "dataplane/table/lookup_hook.h"

namespace spanway::table {
namespace {

// A node for the routes of more than 24 bits in one entry.
Ref paint_node(Edit& edit, std::span<const GroupRoute> finer, uint16_t cover) {
  NodeSlots slots;
  slots.fill(cover);
  for (const GroupRoute& route : finer) {
    const uint32_t first = route.suffix() & (kNodeSlots - 1);
    std::fill_n(&slots[first], size_t{1} << (32 - route.length()), route.hop());
  }
  return write_node(edit, slots);
}

}  // namespace

Fib4Kernel best_kernel4() noexcept {
  if (has_avx512()) return lookup4_avx512;
  return has_avx2() ? lookup4_avx2 : lookup4_scalar;
}

uint16_t Fib4::State::current(const Prefix4& prefix) const {
  const uint32_t address = prefix.addr().value();
  if (prefix.length() == 0) return fallback.hop();
  if (prefix.length() <= kRecordLength4) return short_hops[short_place(address, prefix.length())];
  return groups.find(record_of(address), suffix_of(address), prefix.length());
}

Status Fib4::State::change(const Prefix4& prefix, uint16_t hop) {
  const uint16_t old = current(prefix);
  if (old == hop) return {};
  if (hop != 0) pool.use_hop(hop);
  edit.use_reserve(hop == 0);
  bool done = true;
  if (prefix.length() == 0) {
    version.begin();
    fallback.set(hop);
    version.end();
  } else if (prefix.length() <= kRecordLength4) {
    done = change_short(prefix, hop);
  } else {
    done = change_long(prefix, hop);
  }
  if (!done)
    return Error{ErrorCode::kFull, "IPv4 table full at " + prefix.to_string(),
                 "remove routes, or try again once the workers have let go of old entries"};
  if (old == 0) ++routes;
  if (hop == 0) --routes;
  return {};
}

bool Fib4::State::finish() {
  if (edit.failed()) {
    edit.abort();
    return false;
  }
  version.begin();
  edit.commit(graveyard);
  version.end();
  return true;
}

// The longest route of length 1 to length - 1 over `address`: its next hop and its length.
std::pair<uint16_t, uint8_t> Fib4::State::short_cover(uint32_t address, unsigned length) const {
  for (unsigned shorter = length - 1; shorter >= 1; --shorter)
    if (const uint16_t hop = short_hops[short_place(address, shorter)])
      return {hop, static_cast<uint8_t>(shorter)};
  return {0, 0};
}

uint16_t Fib4::State::record_cover(uint32_t index) const {
  const unsigned length = owner_length[index];
  return length == 0 ? 0 : short_hops[short_place(index << (32 - kRecordLength4), length)];
}

bool Fib4::State::change_short(const Prefix4& prefix, uint16_t hop) {
  const uint32_t address = prefix.addr().value();
  const unsigned length = prefix.length();
  auto [shown, owner] = short_cover(address, length);
  if (hop != 0) std::tie(shown, owner) = std::pair(hop, static_cast<uint8_t>(length));
  const uint32_t first = record_of(address);
  const uint32_t count = 1u << (kRecordLength4 - length);
  for (uint32_t index = first; index < first + count; ++index) {
    if (owner_length[index] > length) continue;
    if (groups.all(index).empty())
      edit.store(records[index], make_record(0, shown));
    else
      repaint(edit, index, groups.all(index), {}, kAllEntries, shown);
  }
  if (!finish()) return false;
  for (uint32_t index = first; index < first + count; ++index)
    if (owner_length[index] <= length) owner_length[index] = owner;
  short_hops[short_place(address, length)] = hop;
  return true;
}

bool Fib4::State::change_long(const Prefix4& prefix, uint16_t hop) {
  const uint32_t index = record_of(prefix.addr().value());
  const uint32_t suffix = suffix_of(prefix.addr().value());
  const unsigned length = prefix.length();
  const uint16_t old = groups.find(index, suffix, length);
  if (hop == 0)
    groups.erase(index, suffix, length);
  else if (!groups.set(index, GroupRoute::make(suffix, length, hop)))
    return false;

  const Stretch4 stretch = entries_of(suffix, length);
  const uint32_t start = stretch.first << (32 - kSlotLength4);
  uint16_t cover = groups.cover(index, start, std::min(length, kSlotLength4 + 1));
  if (cover == 0) cover = record_cover(index);
  repaint(edit, index, groups.from(index, start), stretch, kAllEntries, cover);
  if (finish()) return true;

  if (old == 0)
    groups.erase(index, suffix, length);
  else  // its place in the group is still there
    groups.set(index, GroupRoute::make(suffix, length, old));
  return false;
}

void Fib4::State::repaint(Edit& into, uint32_t index, std::span<const GroupRoute> group,
                          Stretch4 stretch, uint32_t touched, uint16_t cover) {
  const uint64_t old = records[index].load(std::memory_order_relaxed);
  const Slots before = read_record(pool, old);
  Slots slots = before;
  std::fill(&slots[stretch.first], &slots[stretch.last] + 1, cover);
  uint32_t kept = 0;  // entries whose nodes stay as they are
  while (!group.empty()) {
    const GroupRoute& route = group.front();
    const uint32_t slot = route.suffix() >> (32 - kSlotLength4);
    if (slot > stretch.last) break;
    size_t taken = 1;
    if (route.length() <= kSlotLength4) {
      const uint32_t end = std::min(stretch.last, entries_of(route.suffix(), route.length()).last);
      std::fill(&slots[slot], &slots[end] + 1, route.hop());
    } else {
      while (taken < group.size() && group[taken].suffix() >> (32 - kSlotLength4) == slot) ++taken;
      const bool same = (touched >> slot & 1) == 0;
      if (same) kept |= 1u << slot;
      slots[slot] = same ? before[slot]
                         : paint_node(into, group.first(taken), static_cast<uint16_t>(slots[slot]));
    }
    group = group.subspan(taken);
  }
  const bool plain = static_cast<uint32_t>(old) == 0 && before[0] < kFirstChild;
  for (uint32_t slot = stretch.first; slot <= stretch.last && !plain; ++slot)
    if (before[slot] >= kFirstChild && (kept >> slot & 1) == 0)
      into.retire(before[slot], node_words(pool, before[slot]));
  const uint64_t now = write_record(into, old, slots);
  if (now != old) into.store(records[index], now);
}

Fib4::Fib4(seam::Graveyard& graveyard, size_t pool_bytes)
    : state_(std::make_unique<State>(graveyard, pool_bytes)) {}

// What was retired before still refers to the pool: it goes last.
Fib4::~Fib4() {
  seam::Graveyard& graveyard = state_->graveyard;
  graveyard.retire(std::move(state_));
}

Status Fib4::insert(const Prefix4& prefix, NextHopId next_hop) {
  if (next_hop.value == 0 || next_hop.value >= kFirstChild)
    return Error{ErrorCode::kInvalid, "next hop of " + prefix.to_string() + " is not 1 to 32767"};
  return state_->change(prefix, next_hop.value);
}

Status Fib4::remove(const Prefix4& prefix) {
  if (state_->current(prefix) == 0)
    return Error{ErrorCode::kNotFound, "no route " + prefix.to_string() + " in the IPv4 table"};
  return state_->change(prefix, 0);
}

size_t Fib4::size() const noexcept { return state_->routes; }

size_t Fib4::bytes() const noexcept {
  return kRecords4 * sizeof(uint64_t) + state_->pool.used_bytes();
}

const Fib4View& Fib4::view() const noexcept { return state_->view; }

NextHopId Fib4::lookup(Ip4Addr address) const noexcept {
  NextHopId out;
  const uint32_t value = address.value();
  lookup(&value, &out, 1);
  return out;
}

void Fib4::lookup(const uint32_t* addresses, NextHopId* out, size_t count) const noexcept {
  state_->kernel(state_->view, addresses, out, count);
}

void Fib4::lookup(const uint32_t* addresses, NextHopId* out, size_t count,
                  Recent4& recent) const noexcept {
  const State& state = *state_;
  if (!recent.ready(state.version.now())) return state.kernel(state.view, addresses, out, count);
  between_levels();
  if (state.recall(recent.slots(), addresses, out, count)) return recent.answered();
  state.kernel(state.view, addresses, out, count);
  recent.learn(addresses, out, count);
}

}  // namespace spanway::table
