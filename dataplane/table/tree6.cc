// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/tree6.h"

#include <algorithm>

#include "dataplane/table/sweep6.h"

namespace spanway::table {
namespace {

constexpr uint32_t kEntries = 1u << kRangeWidth;
// Beyond this depth 16 bits do not fit any more.
constexpr unsigned kDeepestRange = 128 - kRangeWidth;

uint32_t offset(Ref ref) { return ref & ~kKindMask; }
uint32_t bounds(Ref ref) { return 8u << (ref & kKindMask); }
bool is_bitmap(Ref ref) { return (ref & kKindMask) == kBitmapKind; }

}  // namespace

Ref Tree6::build(const Key6& node, uint16_t cover, RouteMap6::Range inside) {
  return fits_range(node, cover, inside) ? build_range(node, cover, inside)
                                         : build_bitmap(node, cover, inside);
}

bool Tree6::fits_range(const Key6& node, uint16_t cover, RouteMap6::Range inside) const {
  if (node.length > kDeepestRange) return false;
  std::vector<Stretch> stretches;
  sweep(
      node, kRangeWidth, {0, kEntries - 1}, cover, inside,
      [&](uint32_t first, uint32_t, uint16_t hop) { append(stretches, first, hop); },
      [&](uint32_t entry, uint16_t, RouteMap6::Range) { append(stretches, entry, kFirstChild); });
  return range_bounds(stretches.size()) != 0;
}

Ref Tree6::build_range(const Key6& node, uint16_t cover, RouteMap6::Range inside) {
  std::vector<Stretch> stretches;
  sweep(
      node, kRangeWidth, {0, kEntries - 1}, cover, inside,
      [&](uint32_t first, uint32_t, uint16_t hop) { append(stretches, first, hop); },
      [&](uint32_t entry, uint16_t hop, RouteMap6::Range finer) {
        append(stretches, entry, build(node.child(kRangeWidth, entry), hop, finer));
      });
  return write_stretches(stretches);
}

Ref Tree6::write_stretches(const std::vector<Stretch>& stretches) {
  if (stretches.size() == 1 && stretches[0].ref < kFirstChild) return stretches[0].ref;
  const uint32_t at = write_range(edit_, stretches);
  if (at == 0) return 0;
  const uint32_t count = range_bounds(stretches.size());
  return at | (count == 8 ? 0u : count == 16 ? 1u : 2u);
}

Ref Tree6::build_bitmap(const Key6& node, uint16_t cover, RouteMap6::Range inside) {
  NodeSlots slots;
  sweep(
      node, kBitmapWidth, {0, kNodeSlots - 1}, cover, inside,
      [&](uint32_t first, uint32_t last, uint16_t hop) {
        std::fill(&slots[first], &slots[last] + 1, hop);
      },
      [&](uint32_t entry, uint16_t hop, RouteMap6::Range finer) {
        slots[entry] = build(node.child(kBitmapWidth, entry), hop, finer);
      });
  const Ref at = write_node(edit_, slots);
  return at < kFirstChild ? at : at | kBitmapKind;
}

Ref Tree6::change(Ref old, const Key6& node, const Key6& changed) {
  return is_bitmap(old) ? change_bitmap(old, node, changed) : change_range(old, node, changed);
}

// An entry with a longer route inside that has changed.
Ref Tree6::change_entry(Ref entry, const Key6& key, const Key6& changed) {
  if (entry >= kFirstChild) return change(entry, key, changed);
  return build(key, static_cast<uint16_t>(entry), routes_.inside(key));
}

Ref Tree6::change_range(Ref old, const Key6& node, const Key6& changed) {
  const BlockPool& pool = edit_.pool();
  EntryRange row;
  std::vector<Stretch> painted;
  if (changed.length > node.length + kRangeWidth) {
    const uint32_t entry = changed.bits(node.length, kRangeWidth);
    const Ref was = follow_range(pool, offset(old), bounds(old), static_cast<uint16_t>(entry));
    const Ref now = change_entry(was, node.child(kRangeWidth, entry), changed);
    if (now == was) return old;
    if (was >= kFirstChild && now >= kFirstChild) {
      store_range_child(edit_, offset(old), bounds(old), static_cast<uint16_t>(entry), now);
      return old;
    }
    row = {entry, entry};
    painted.push_back({entry, now});
  } else {
    row = entries_of(node, kRangeWidth, changed);
    sweep(
        node, kRangeWidth, row, routes_.cover(changed), routes_.inside(changed),
        [&](uint32_t first, uint32_t, uint16_t hop) { append(painted, first, hop); },
        [&](uint32_t entry, uint16_t hop, RouteMap6::Range finer) {
          append(painted, entry, build(node.child(kRangeWidth, entry), hop, finer));
        });
    for (const Stretch& one : read_range(pool, offset(old), bounds(old)))
      if (one.first >= row.first && one.first <= row.last) retire(one.ref);
  }

  const std::vector<Stretch> before = read_range(pool, offset(old), bounds(old));
  std::vector<Stretch> all, kept;
  Ref resumed = 0;  // what holds after the row
  for (const Stretch& one : before) {
    if (one.first <= row.last + 1) resumed = one.ref;
    if (one.first < row.first) append(all, one.first, one.ref);
    if (one.first < row.first || one.first > row.last) kept.push_back(one);
  }
  for (const Stretch& one : painted) append(all, one.first, one.ref);
  if (row.last + 1 < kEntries) append(all, row.last + 1, resumed);
  for (const Stretch& one : before)
    if (one.first > row.last + 1) append(all, one.first, one.ref);

  retire_block(old);
  if (range_bounds(all.size()) != 0) return write_stretches(all);
  // Too crowded: a bitmap node instead, and with it a new tree below.
  for (const Stretch& one : painted) retire(one.ref);
  for (const Stretch& one : kept) retire(one.ref);
  const uint16_t hop = routes_.find(node);
  return build_bitmap(node, hop != 0 ? hop : routes_.cover(node), routes_.inside(node));
}

Ref Tree6::change_bitmap(Ref old, const Key6& node, const Key6& changed) {
  NodeSlots slots = read_node(edit_.pool(), offset(old));
  if (changed.length > node.length + kBitmapWidth) {
    const uint32_t entry = changed.bits(node.length, kBitmapWidth);
    const Ref was = slots[entry];
    const Ref now = change_entry(was, node.child(kBitmapWidth, entry), changed);
    if (now == was) return old;
    if (was >= kFirstChild && now >= kFirstChild) {
      store_node_child(edit_, offset(old), entry, now);
      return old;
    }
    slots[entry] = now;
  } else {
    const EntryRange row = entries_of(node, kBitmapWidth, changed);
    for (uint32_t entry = row.first; entry <= row.last; ++entry) retire(slots[entry]);
    sweep(
        node, kBitmapWidth, row, routes_.cover(changed), routes_.inside(changed),
        [&](uint32_t first, uint32_t last, uint16_t hop) {
          std::fill(&slots[first], &slots[last] + 1, hop);
        },
        [&](uint32_t entry, uint16_t hop, RouteMap6::Range finer) {
          slots[entry] = build(node.child(kBitmapWidth, entry), hop, finer);
        });
  }
  retire_block(old);
  const Ref at = write_node(edit_, slots);
  return at < kFirstChild ? at : at | kBitmapKind;
}

void Tree6::retire(Ref ref) {
  if (ref < kFirstChild) return;
  if (is_bitmap(ref)) {
    Ref last = 0;
    for (const Ref child : read_node(edit_.pool(), offset(ref)))
      if (child != last) retire(last = child);
  } else {
    for (const Stretch& one : read_range(edit_.pool(), offset(ref), bounds(ref))) retire(one.ref);
  }
  retire_block(ref);
}

void Tree6::retire_block(Ref ref) {
  const BlockPool& pool = edit_.pool();
  edit_.retire(offset(ref), is_bitmap(ref) ? node_words(pool, offset(ref))
                                           : range_words(pool, offset(ref), bounds(ref)));
}

}  // namespace spanway::table
