// SPDX-License-Identifier: BSD-3-Clause
// The record: 32 neighbouring entries of a FIB level in eight bytes.
//
// Low half: a bitmap, bit i set when entry i differs from entry i-1 (bit 0 never). High half: the
// base, the pool offset of the run, one 16-bit leaf for each stretch of equal entries. A leaf below
// 32768 is a next hop (0: nothing but the default matches); otherwise its low 15 bits say how many
// words after the base the child's Ref stands, as a pair. Bitmap and base are one aligned word:
// a reader never sees one without the other.
//
// Readers may hold an old record while the writer goes on, so a run is only ever edited leaf by
// leaf while its shape stays; any other change builds a new run.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "dataplane/table/block_pool.h"
#include "dataplane/table/edit.h"
#include "dataplane/table/lookup_hook.h"

namespace spanway::table {

inline constexpr uint16_t kChildFlag = 0x8000;
inline constexpr unsigned kRecordSlots = 32;
using Slots = std::array<Ref, kRecordSlots>;

constexpr uint64_t make_record(uint32_t bitmap, uint32_t base) noexcept {
  return uint64_t{base} << 32 | bitmap;
}

// Any thread. The leaf of entry `slot`.
inline uint16_t record_leaf(PoolWords pool, uint64_t record, uint32_t slot) noexcept {
  const uint32_t base = static_cast<uint32_t>(record >> 32);
  const uint32_t before = static_cast<uint32_t>(record) & ((2u << slot) - 1);
  between_levels();
  return pool.word(base + static_cast<uint32_t>(std::popcount(before)))
      .load(std::memory_order_acquire);
}
// Any thread. What a leaf of kChildFlag or more leads to.
inline Ref record_child(PoolWords pool, uint64_t record, uint16_t leaf) noexcept {
  between_levels();
  return pool.pair(static_cast<uint32_t>(record >> 32) + (leaf & ~uint32_t{kChildFlag}))
      .load(std::memory_order_acquire);
}
// Any thread. Where entry `slot` leads.
inline Ref follow_record(PoolWords pool, uint64_t record, uint32_t slot) noexcept {
  const uint16_t leaf = record_leaf(pool, record, slot);
  if (leaf < kChildFlag) [[likely]]
    return leaf;
  return record_child(pool, record, leaf);
}

// Control thread. All entries of a record.
Slots read_record(const BlockPool& pool, uint64_t record);

// Control thread. The record that has these entries, `old` having been in its place. When `old`
// itself is the answer, what differs is noted as stores into its run. An `old` of which nothing is
// kept is retired. Meaningless when the edit has failed.
uint64_t write_record(Edit& edit, uint64_t old, const Slots& slots);

// Control thread. Retires the run of a record that is going away; not its children.
void retire_record(Edit& edit, uint64_t record);

}  // namespace spanway::table
