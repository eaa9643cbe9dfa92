// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/bitmap_node.h"

namespace spanway::table {
namespace {

uint32_t leaf_index(const BlockPool& pool, uint32_t at, uint32_t slot) {
  const uint16_t* block = pool.words(at);
  uint32_t index = 0;
  for (uint32_t word = 0; word <= slot >> 5; ++word) {
    uint32_t bits = 0;
    std::memcpy(&bits, block + word * 2, sizeof(bits));
    if (word == slot >> 5) bits &= (2u << (slot & 31)) - 1;
    index += static_cast<uint32_t>(std::popcount(bits));
  }
  return index;
}

}  // namespace

NodeSlots read_node(const BlockPool& pool, uint32_t at) {
  NodeSlots slots;
  for (unsigned slot = 0; slot < kNodeSlots; ++slot) slots[slot] = follow_node(pool, at, slot);
  return slots;
}

Ref write_node(Edit& edit, const NodeSlots& slots) {
  std::array<uint32_t, 8> bitmap{};
  std::array<uint8_t, 8> ranks{};
  std::array<Ref, kNodeSlots> distinct;
  uint32_t leaves = 0, children = 0;
  for (unsigned slot = 0; slot < kNodeSlots; ++slot) {
    if (slot % 32 == 0) ranks[slot / 32] = static_cast<uint8_t>(leaves == 0 ? 0 : leaves - 1);
    const bool starts = slot == 0 || slots[slot] != slots[slot - 1] || slots[slot] >= kFirstChild;
    if (!starts) continue;
    if (slot != 0) bitmap[slot / 32] |= 1u << (slot % 32);
    if (slots[slot] >= kFirstChild) ++children;
    distinct[leaves++] = slots[slot];
  }
  if (leaves == 1 && children == 0) return slots[0];
  const uint32_t leaf_end = (kNodeLeaves + leaves + 1) & ~1u;
  const uint32_t at = edit.allocate(leaf_end + 2 * children);
  if (at == 0) return 0;
  uint16_t* block = edit.pool().words(at);
  std::memcpy(block, bitmap.data(), sizeof(bitmap));
  std::memcpy(block + kNodeRanks, ranks.data(), sizeof(ranks));
  uint32_t child_at = leaf_end;
  for (uint32_t i = 0; i < leaves; ++i) {
    if (distinct[i] < kFirstChild) {
      block[kNodeLeaves + i] = static_cast<uint16_t>(distinct[i]);
      continue;
    }
    block[kNodeLeaves + i] = static_cast<uint16_t>(kChildFlag | child_at);
    std::memcpy(block + child_at, &distinct[i], sizeof(Ref));
    child_at += 2;
  }
  return at;
}

uint32_t node_words(const BlockPool& pool, uint32_t at) {
  const uint32_t leaves = leaf_index(pool, at, kNodeSlots - 1) + 1;
  uint32_t words = (kNodeLeaves + leaves + 1) & ~1u;
  for (uint32_t i = 0; i < leaves; ++i)
    if (pool.word(at + kNodeLeaves + i).load(std::memory_order_relaxed) >= kChildFlag) words += 2;
  return words;
}

void store_node_child(Edit& edit, uint32_t at, uint32_t slot, Ref child) {
  const uint32_t index = leaf_index(edit.pool(), at, slot);
  const uint16_t leaf = edit.pool().word(at + kNodeLeaves + index).load(std::memory_order_relaxed);
  edit.store_pair(at + (leaf & ~kChildFlag), child);
}

}  // namespace spanway::table
