// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/range_node.h"

#include <cstring>

namespace spanway::table {
namespace {

uint32_t leaf_end(uint32_t count) { return (2 * count + 2) & ~1u; }

}  // namespace

void append(std::vector<Stretch>& stretches, uint32_t first, Ref ref) {
  if (!stretches.empty() && ref < kFirstChild && stretches.back().ref == ref) return;
  stretches.push_back({first, ref});
}

std::vector<Stretch> read_range(const BlockPool& pool, uint32_t at, uint32_t count) {
  const uint16_t* block = pool.words(at);
  std::vector<Stretch> stretches;
  for (uint32_t i = 0; i <= count; ++i) {
    const uint32_t first = i == 0 ? 0 : block[i - 1];
    const Ref ref = follow_range(pool, at, count, static_cast<uint16_t>(first));
    // Padding repeats the last leaf; a child that ends at 0xffff must not be listed twice either.
    if (i != 0 && first == stretches.back().first) break;
    if (i != 0 && ref == stretches.back().ref) break;
    stretches.push_back({first, ref});
  }
  return stretches;
}

uint32_t range_bounds(size_t stretches) {
  if (stretches > kMaxBounds + 1) return 0;
  return stretches <= 9 ? 8 : stretches <= 17 ? 16 : 32;
}

uint32_t write_range(Edit& edit, const std::vector<Stretch>& stretches) {
  const uint32_t count = range_bounds(stretches.size());
  uint32_t children = 0;
  for (const Stretch& one : stretches) children += one.ref >= kFirstChild;
  const uint32_t at = edit.allocate(leaf_end(count) + 2 * children);
  if (at == 0) return 0;
  uint16_t* block = edit.pool().words(at);
  uint32_t child_at = leaf_end(count);
  uint16_t leaf = 0;
  for (uint32_t i = 0; i <= count; ++i) {
    if (i < stretches.size()) {
      leaf = static_cast<uint16_t>(stretches[i].ref);
      if (stretches[i].ref >= kFirstChild) {
        leaf = static_cast<uint16_t>(kChildFlag | child_at);
        std::memcpy(block + child_at, &stretches[i].ref, sizeof(Ref));
        child_at += 2;
      }
    }
    if (i != 0)
      block[i - 1] = i < stretches.size() ? static_cast<uint16_t>(stretches[i].first) : 0xffff;
    block[count + i] = leaf;
  }
  return at;
}

uint32_t range_words(const BlockPool& pool, uint32_t at, uint32_t count) {
  uint32_t words = leaf_end(count);
  for (uint32_t i = 0; i <= count; ++i) {
    const uint16_t leaf = pool.word(at + count + i).load(std::memory_order_relaxed);
    if (leaf >= kChildFlag) words = (leaf & ~uint32_t{kChildFlag}) + 2;
  }
  return words;
}

void store_range_child(Edit& edit, uint32_t at, uint32_t count, uint16_t value, Ref child) {
  const uint32_t index = count_bounds(edit.pool().words(at), count, value);
  const uint16_t leaf = edit.pool().word(at + count + index).load(std::memory_order_relaxed);
  edit.store_pair(at + (leaf & ~uint32_t{kChildFlag}), child);
}

}  // namespace spanway::table
