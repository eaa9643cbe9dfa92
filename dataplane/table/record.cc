// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/record.h"

#include <cstring>

namespace spanway::table {
namespace {

// A run as it will stand in memory.
struct Run {
  uint32_t bitmap = 0;
  uint32_t leaves = 0;
  uint32_t words = 0;
  std::array<uint16_t, kRecordSlots + 2 * kRecordSlots> memory;  // as far as `words`
};

// Entries at which a leaf begins: those that differ from the one before, and every child.
uint32_t starts_of(const Slots& slots) {
  uint32_t starts = 1;
  for (unsigned slot = 1; slot < kRecordSlots; ++slot) {
    // Without a branch: every entry is a surprise.
    const uint32_t differs = slots[slot] != slots[slot - 1], child = slots[slot] >= kFirstChild;
    starts |= (differs | child) << slot;
  }
  return starts;
}

Run build(const Slots& slots) {
  Run run;
  const uint32_t starts = starts_of(slots);
  run.bitmap = starts & ~1u;
  run.leaves = static_cast<uint32_t>(std::popcount(starts));
  run.words = (run.leaves + 1) & ~1u;
  run.memory[run.words - 1] = 0;  // when the number of leaves is odd
  uint32_t leaf = 0;
  for (uint32_t left = starts; left != 0; left &= left - 1, ++leaf) {
    const Ref ref = slots[static_cast<uint32_t>(std::countr_zero(left))];
    if (ref < kFirstChild) {
      run.memory[leaf] = static_cast<uint16_t>(ref);
      continue;
    }
    run.memory[leaf] = static_cast<uint16_t>(kChildFlag | run.words);
    std::memcpy(&run.memory[run.words], &ref, sizeof(ref));
    run.words += 2;
  }
  return run;
}

uint32_t base_of(uint64_t record) { return static_cast<uint32_t>(record >> 32); }

uint32_t leaves_of(uint64_t record) {
  return static_cast<uint32_t>(std::popcount(static_cast<uint32_t>(record))) + 1;
}

uint16_t leaf_at(const BlockPool& pool, uint32_t at) {
  return pool.word(at).load(std::memory_order_relaxed);
}

uint32_t run_words(const BlockPool& pool, uint64_t record) {
  const uint32_t leaves = leaves_of(record);
  uint32_t words = (leaves + 1) & ~1u;
  for (uint32_t i = 0; i < leaves; ++i)
    if (leaf_at(pool, base_of(record) + i) >= kChildFlag) words += 2;
  return words;
}

// Same stretches, and children in the same places: then every difference is one store.
bool same_shape(const BlockPool& pool, uint64_t record, const Run& run) {
  if (base_of(record) < kFirstChild || static_cast<uint32_t>(record) != run.bitmap) return false;
  for (uint32_t i = 0; i < run.leaves; ++i) {
    const bool was_child = leaf_at(pool, base_of(record) + i) >= kChildFlag;
    if (was_child != (run.memory[i] >= kChildFlag)) return false;
  }
  return true;
}

void patch(Edit& edit, uint64_t record, const Run& run) {
  const uint32_t base = base_of(record);
  const uint32_t leaf_words = (run.leaves + 1) & ~1u;
  for (uint32_t i = 0; i < run.leaves; ++i)
    if (leaf_at(edit.pool(), base + i) != run.memory[i]) edit.store_word(base + i, run.memory[i]);
  for (uint32_t i = leaf_words; i < run.words; i += 2) {
    Ref child = 0;
    std::memcpy(&child, &run.memory[i], sizeof(child));
    if (edit.pool().pair(base + i).load(std::memory_order_relaxed) != child)
      edit.store_pair(base + i, child);
  }
}

}  // namespace

Slots read_record(const BlockPool& pool, uint64_t record) {
  Slots slots;
  uint32_t at = base_of(record);
  Ref ref = 0;
  for (unsigned slot = 0; slot < kRecordSlots; ++slot) {
    const uint32_t starts = static_cast<uint32_t>(record) >> slot & 1;
    at += starts;
    if (slot == 0 || starts != 0) {
      const uint16_t leaf = leaf_at(pool, at);
      ref = leaf < kChildFlag ? Ref{leaf} : record_child(pool, record, leaf);
    }
    slots[slot] = ref;
  }
  return slots;
}

uint64_t write_record(Edit& edit, uint64_t old, const Slots& slots) {
  const Run run = build(slots);
  if (run.leaves == 1 && slots[0] < kFirstChild) {
    retire_record(edit, old);
    return make_record(0, slots[0]);
  }
  if (same_shape(edit.pool(), old, run)) {
    patch(edit, old, run);
    return old;
  }
  const uint32_t base = edit.allocate(run.words);
  if (base == 0) return 0;
  std::memcpy(edit.pool().words(base), run.memory.data(), run.words * sizeof(uint16_t));
  retire_record(edit, old);
  return make_record(run.bitmap, base);
}

void retire_record(Edit& edit, uint64_t record) {
  if (base_of(record) >= kFirstChild) edit.retire(base_of(record), run_words(edit.pool(), record));
}

}  // namespace spanway::table
