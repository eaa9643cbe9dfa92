// SPDX-License-Identifier: BSD-3-Clause
// Longest match over a row of entries, from the routes in order. Control thread.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/table/route_map6.h"

namespace spanway::table {

struct EntryRange {
  uint32_t first, last;
};

// The entries of `node`, of `width` bits each, that `prefix` covers; `prefix` lies in `node` and is
// no finer than an entry.
inline EntryRange entries_of(const Key6& node, unsigned width, const Key6& prefix) {
  if (prefix.length <= node.length) return {0, (1u << width) - 1};
  const uint32_t first = prefix.bits(node.length, width);
  return {first, first + (1u << (node.length + width - prefix.length)) - 1};
}

// Goes once over the entries `row` of `node` with the routes that lie in them. Calls
// plain(first, last, hop) for stretches whose answer is one next hop, and
// finer(entry, hop, routes) for an entry that has routes longer than itself, where hop is what
// shorter ones say. In order, without gaps; neighbouring stretches may have the same next hop.
template <class Plain, class Finer>
void sweep(const Key6& node, unsigned width, EntryRange row, uint16_t cover,
           RouteMap6::Range routes, Plain plain, Finer finer) {
  struct Open {
    uint32_t last;
    uint16_t hop;
  };
  std::array<Open, 34> open;  // one a length, the cover, and the outermost
  size_t depth = 0;
  open[depth++] = {row.last, cover};
  uint32_t next = row.first;
  const auto close_innermost = [&] {
    const Open& innermost = open[depth - 1];
    if (next <= innermost.last) plain(next, innermost.last, innermost.hop);
    if (next <= innermost.last) next = innermost.last + 1;
    --depth;
  };
  const auto advance_to = [&](uint32_t entry) {
    while (open[depth - 1].last < entry) close_innermost();
    if (next < entry) plain(next, entry - 1, open[depth - 1].hop);
    next = entry;
  };
  const unsigned end = node.length + width;
  for (auto at = routes.begin; at != routes.end;) {
    if (at->first.length <= end) {
      const EntryRange own = entries_of(node, width, at->first);
      advance_to(own.first);
      open[depth++] = {own.last, at->second};
      ++at;
      continue;
    }
    const uint32_t entry = at->first.bits(node.length, width);
    const auto begin = at;
    while (at != routes.end && at->first.bits(node.length, width) == entry) ++at;
    advance_to(entry);
    finer(entry, open[depth - 1].hop, RouteMap6::Range{begin, at});
    next = entry + 1;
  }
  while (depth != 0) close_innermost();
}

}  // namespace spanway::table
