// SPDX-License-Identifier: BSD-3-Clause
// A block for 256 neighbouring entries: the last level of IPv4, and a crowded one of IPv6.
//
// Words 0..15: the bitmap, bit i set when entry i differs from entry i-1 (bit 0 never). Words
// 16..19: eight bytes, byte w the number of bits set before the w-th 32 bits. Words 20..: the
// leaves, as in a record; then the children's Refs.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "dataplane/table/block_pool.h"
#include "dataplane/table/edit.h"
#include "dataplane/table/lookup_hook.h"
#include "dataplane/table/record.h"

namespace spanway::table {

inline constexpr unsigned kNodeSlots = 256;
inline constexpr uint32_t kNodeRanks = 16, kNodeLeaves = 20;
using NodeSlots = std::array<Ref, kNodeSlots>;

// Any thread. The leaf of entry `slot` of the node at `at`.
inline uint16_t node_leaf(PoolWords pool, uint32_t at, uint32_t slot) noexcept {
  between_levels();
  const uint16_t* block = pool.words(at);  // bitmap and ranks never change
  uint32_t bits = 0;
  std::memcpy(&bits, block + (slot >> 5) * 2, sizeof(bits));
  uint8_t rank = 0;
  std::memcpy(&rank, reinterpret_cast<const unsigned char*>(block + kNodeRanks) + (slot >> 5), 1);
  const uint32_t index =
      rank + static_cast<uint32_t>(std::popcount(bits & ((2u << (slot & 31)) - 1)));
  between_levels();
  return pool.word(at + kNodeLeaves + index).load(std::memory_order_acquire);
}
// Any thread. Where that entry leads.
inline Ref follow_node(PoolWords pool, uint32_t at, uint32_t slot) noexcept {
  const uint16_t leaf = node_leaf(pool, at, slot);
  if (leaf < kChildFlag) [[likely]]
    return leaf;
  between_levels();
  return pool.pair(at + (leaf & ~kChildFlag)).load(std::memory_order_acquire);
}

// Control thread. All entries of a node.
NodeSlots read_node(const BlockPool& pool, uint32_t at);
// Control thread. A node with these entries; just the next hop when all are equal. 0 on failure.
Ref write_node(Edit& edit, const NodeSlots& slots);
// Control thread. Words that the node at `at` was allocated with.
uint32_t node_words(const BlockPool& pool, uint32_t at);
// Control thread. Notes that the child of `slot` is now `child`; there was one before.
void store_node_child(Edit& edit, uint32_t at, uint32_t slot, Ref child);

}  // namespace spanway::table
