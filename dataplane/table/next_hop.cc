// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/next_hop.h"

#include "dataplane/base/check.h"

namespace spanway::table {

NextHopTable::NextHopTable() : slots_(new std::atomic<const NextHop*>[kSlots]) {
  for (size_t i = 0; i < kSlots; ++i) slots_[i].store(&no_route_, std::memory_order_relaxed);
}

NextHopTable::~NextHopTable() {
  for (size_t i = 0; i < kSlots; ++i) {
    const NextHop* hop = slots_[i].load(std::memory_order_relaxed);
    if (hop != &no_route_) delete hop;
  }
}

void NextHopTable::set(NextHopId id, std::unique_ptr<const NextHop> next,
                       seam::Graveyard& graveyard) {
  SPANWAY_CHECK(id.value != 0 && id.value < kSlots);
  const NextHop* old = slots_[id.value].exchange(next.release(), std::memory_order_release);
  if (old != &no_route_) graveyard.retire(std::unique_ptr<const NextHop>(old));
}

void NextHopTable::clear(NextHopId id, seam::Graveyard& graveyard) {
  SPANWAY_CHECK(id.value != 0 && id.value < kSlots);
  const NextHop* old = slots_[id.value].exchange(&no_route_, std::memory_order_release);
  if (old != &no_route_) graveyard.retire(std::unique_ptr<const NextHop>(old));
}

}  // namespace spanway::table
