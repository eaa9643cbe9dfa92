// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/fib4_view.h"
#include "dataplane/table/lookup_hook.h"

namespace spanway::table {
namespace {

// The longest match but the default; 0: none.
uint16_t search(const Fib4View& view, uint32_t address) noexcept {
  between_levels();
  const uint64_t record =
      view.records[address >> Fib4View::kRecordShift].load(std::memory_order_acquire);
  const Ref ref =
      follow_record(view.pool, record, address >> Fib4View::kSlotShift & (kRecordSlots - 1));
  if (ref < kFirstChild) [[likely]]
    return static_cast<uint16_t>(ref);
  return static_cast<uint16_t>(follow_node(view.pool, ref, address & (kNodeSlots - 1)));
}

}  // namespace

// Nothing in one address's walk depends on another's: the processor overlaps their misses.
void lookup4_scalar(const Fib4View& view, const uint32_t* addresses, NextHopId* out,
                    size_t count) noexcept {
  DefaultRoute::Seen fallback = view.fallback->before();
  for (size_t i = 0; i < count; ++i) {
    uint16_t hop = search(view, addresses[i]);
    while (hop == 0 && !view.fallback->still(fallback)) [[unlikely]] {
        fallback = view.fallback->before();
        hop = search(view, addresses[i]);
      }
    out[i] = NextHopId{hop != 0 ? hop : fallback.hop()};
  }
}

}  // namespace spanway::table
