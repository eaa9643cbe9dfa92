// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/fib4.h"

#include <algorithm>
#include <atomic>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "dataplane/table/bitmap_node.h"
#include "dataplane/table/default_route.h"
#include "dataplane/table/edit.h"
#include "dataplane/table/fib4_view.h"
#include "dataplane/table/lazy_array.h"
#include "dataplane/table/recent4.h"
#include "dataplane/table/record.h"
#include "dataplane/table/route_groups4.h"

namespace spanway::table {
namespace {

constexpr unsigned kRecordLength = 19;  // a record covers a /19
constexpr unsigned kSlotLength = 24;    // and its entries /24s
constexpr uint32_t kRecords = 1u << kRecordLength;
constexpr size_t kGroupBytes = size_t{128} << 20;

constexpr uint32_t record_of(uint32_t address) { return address >> (32 - kRecordLength); }
constexpr uint32_t suffix_of(uint32_t address) { return address & ~mask4(kRecordLength); }

// The place of a route of length 1 to 19 in an array of all of them.
constexpr uint32_t short_place(uint32_t address, unsigned length) {
  return 1u << length | address >> (32 - length);
}

Fib4Kernel best_kernel() noexcept {
  if (has_avx512()) return lookup4_avx512;
  return has_avx2() ? lookup4_avx2 : lookup4_scalar;
}

}  // namespace

struct Fib4::State {
  State(seam::Graveyard& g, size_t pool_bytes)
      : graveyard(g),
        records(kRecords),
        pool(pool_bytes, 2),
        short_hops(size_t{2} << kRecordLength),
        owner_length(kRecords),
        groups(kGroupBytes),
        edit(pool) {}

  Status change(const Prefix4& prefix, uint16_t hop);
  bool change_short(const Prefix4& prefix, uint16_t hop);
  bool change_long(const Prefix4& prefix, uint16_t hop);
  bool finish();
  // Around every store that readers see: what Recent4 keeps is good between two changes only.
  void begin_change() noexcept {
    // Every store of the change is a release store: whoever sees one sees this one, too.
    version.store(version.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  void end_change() noexcept {
    version.store(version.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  [[nodiscard]] uint16_t current(const Prefix4& prefix) const;
  [[nodiscard]] std::pair<uint16_t, uint8_t> short_cover(uint32_t address, unsigned length) const;
  [[nodiscard]] uint16_t record_cover(uint32_t index) const;
  void repaint(uint32_t index, uint32_t first, uint32_t last, uint16_t cover);
  Ref paint_node(std::span<const GroupRoute> finer, uint16_t cover);

  seam::Graveyard& graveyard;
  LazyArray<std::atomic<uint64_t>> records;
  BlockPool pool;
  DefaultRoute fallback;
  const Fib4View view{records.data(), &pool, &fallback};
  std::atomic<uint64_t> version{0};  // odd during a change
  const Fib4Kernel kernel = best_kernel();
  const Recent4Kernel recall = has_avx512() ? recall4_avx512 : recall4_scalar;

  // What follows is the control thread's own.
  LazyArray<uint16_t> short_hops;   // routes of length 1 to 19, by short_place
  LazyArray<uint8_t> owner_length;  // a record's longest such route; 0: none
  RouteGroups4 groups;              // routes of length 20 to 32
  Edit edit;
  size_t routes = 0;
};

uint16_t Fib4::State::current(const Prefix4& prefix) const {
  const uint32_t address = prefix.addr().value();
  if (prefix.length() == 0) return fallback.hop();
  if (prefix.length() <= kRecordLength) return short_hops[short_place(address, prefix.length())];
  return groups.find(record_of(address), suffix_of(address), prefix.length());
}

// hop 0 removes.
Status Fib4::State::change(const Prefix4& prefix, uint16_t hop) {
  const uint16_t old = current(prefix);
  if (old == hop) return {};
  if (hop != 0) pool.use_hop(hop);
  edit.use_reserve(hop == 0);
  bool done = true;
  if (prefix.length() == 0) {
    begin_change();
    fallback.set(hop);
    end_change();
  } else if (prefix.length() <= kRecordLength) {
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
  begin_change();
  edit.commit(graveyard);
  end_change();
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
  return length == 0 ? 0 : short_hops[short_place(index << (32 - kRecordLength), length)];
}

bool Fib4::State::change_short(const Prefix4& prefix, uint16_t hop) {
  const uint32_t address = prefix.addr().value();
  const unsigned length = prefix.length();
  auto [shown, owner] = short_cover(address, length);
  if (hop != 0) std::tie(shown, owner) = std::pair(hop, static_cast<uint8_t>(length));
  const uint32_t first = record_of(address);
  const uint32_t count = 1u << (kRecordLength - length);
  for (uint32_t index = first; index < first + count; ++index) {
    if (owner_length[index] > length) continue;
    if (groups.all(index).empty())
      edit.store(records[index], make_record(0, shown));
    else
      repaint(index, 0, kRecordSlots - 1, shown);
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

  const uint32_t first = suffix >> (32 - kSlotLength);
  const uint32_t slots = length >= kSlotLength ? 1 : 1u << (kSlotLength - length);
  uint16_t cover =
      groups.cover(index, first << (32 - kSlotLength), std::min(length, kSlotLength + 1));
  if (cover == 0) cover = record_cover(index);
  repaint(index, first, first + slots - 1, cover);
  if (finish()) return true;

  if (old == 0)
    groups.erase(index, suffix, length);
  else  // its place in the group is still there
    groups.set(index, GroupRoute::make(suffix, length, old));
  return false;
}

// Notes what gives entries first..last of a record the answers that its routes ask for. `cover` is
// what shorter routes say.
void Fib4::State::repaint(uint32_t index, uint32_t first, uint32_t last, uint16_t cover) {
  const uint64_t old = records[index].load(std::memory_order_relaxed);
  Slots slots = read_record(pool, old);
  for (uint32_t slot = first; slot <= last; ++slot) {
    if (slots[slot] >= kFirstChild) edit.retire(slots[slot], node_words(pool, slots[slot]));
    slots[slot] = cover;
  }
  auto rest = groups.from(index, first << (32 - kSlotLength));
  while (!rest.empty()) {
    const GroupRoute& route = rest.front();
    const uint32_t slot = route.suffix() >> (32 - kSlotLength);
    if (slot > last) break;
    size_t taken = 1;
    if (route.length() <= kSlotLength) {
      const uint32_t end = std::min(last, slot + (1u << (kSlotLength - route.length())) - 1);
      std::fill(&slots[slot], &slots[end] + 1, route.hop());
    } else {
      while (taken < rest.size() && rest[taken].suffix() >> (32 - kSlotLength) == slot) ++taken;
      slots[slot] = paint_node(rest.first(taken), static_cast<uint16_t>(slots[slot]));
    }
    rest = rest.subspan(taken);
  }
  const uint64_t now = write_record(edit, old, slots);
  if (now != old) edit.store(records[index], now);
}

Ref Fib4::State::paint_node(std::span<const GroupRoute> finer, uint16_t cover) {
  NodeSlots slots;
  slots.fill(cover);
  for (const GroupRoute& route : finer) {
    const uint32_t first = route.suffix() & (kNodeSlots - 1);
    std::fill_n(&slots[first], size_t{1} << (32 - route.length()), route.hop());
  }
  return write_node(edit, slots);
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
  return kRecords * sizeof(uint64_t) + state_->pool.used_bytes();
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
  if (!recent.ready(state.version.load(std::memory_order_acquire)))
    return state.kernel(state.view, addresses, out, count);
  if (state.recall(recent.slots(), addresses, out, count)) return recent.answered();
  state.kernel(state.view, addresses, out, count);
  recent.learn(addresses, out, count);
}

}  // namespace spanway::table
