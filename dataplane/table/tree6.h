// SPDX-License-Identifier: BSD-3-Clause
// What lies below one /32 of the IPv6 table: a tree of range nodes and bitmap nodes.
//
// A child's Ref carries its kind in the two lowest bits: 0, 1, 2 a range node of 8, 16, 32 bounds;
// 3 a bitmap node.
#pragma once

#include <cstdint>

#include "dataplane/base/big_endian.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/table/bitmap_node.h"
#include "dataplane/table/edit.h"
#include "dataplane/table/range_node.h"
#include "dataplane/table/route_map6.h"

namespace spanway::table {

inline constexpr uint32_t kKindMask = 3, kBitmapKind = 3;
inline constexpr uint32_t kTree6Granule = 4;  // words: leaves two bits of a Ref for the kind
inline constexpr unsigned kRangeWidth = 16, kBitmapWidth = 8;

// Any thread. The end of the walk that starts with `ref`; `rest` is what of the address, in wire
// order, has not been looked at. Every level takes whole bytes.
inline uint16_t follow_tree(PoolWords pool, Ref ref, const uint8_t* rest) noexcept {
  while (ref >= kFirstChild) {
    const uint32_t kind = ref & kKindMask;
    const uint32_t at = ref & ~kKindMask;
    if (kind == kBitmapKind) {
      ref = follow_node(pool, at, *rest);
      rest += kBitmapWidth / 8;
    } else {
      ref = follow_range(pool, at, 8u << kind, load_big<uint16_t>(rest));
      rest += kRangeWidth / 8;
    }
  }
  return static_cast<uint16_t>(ref);
}

// The writer's side; control thread. Everything is noted in the edit.
class Tree6 {
 public:
  Tree6(Edit& edit, const RouteMap6& routes) noexcept : edit_(edit), routes_(routes) {}

  // A tree for all routes inside `node`, `cover` being what shorter ones say; just a next hop when
  // all answers are equal.
  Ref build(const Key6& node, uint16_t cover, RouteMap6::Range inside);
  // The tree `old` of `node` after the route `changed`, longer than `node`, came, went or changed.
  Ref change(Ref old, const Key6& node, const Key6& changed);
  // Retires a whole tree; a next hop is let pass.
  void retire(Ref ref);

 private:
  Ref change_range(Ref old, const Key6& node, const Key6& changed);
  Ref change_bitmap(Ref old, const Key6& node, const Key6& changed);
  Ref change_entry(Ref entry, const Key6& key, const Key6& changed);
  Ref build_range(const Key6& node, uint16_t cover, RouteMap6::Range inside);
  Ref build_bitmap(const Key6& node, uint16_t cover, RouteMap6::Range inside);
  [[nodiscard]] bool fits_range(const Key6& node, uint16_t cover, RouteMap6::Range inside) const;
  Ref write_stretches(const std::vector<Stretch>& stretches);
  void retire_block(Ref ref);

  Edit& edit_;
  const RouteMap6& routes_;
};

}  // namespace spanway::table
