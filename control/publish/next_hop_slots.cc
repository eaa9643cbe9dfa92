// SPDX-License-Identifier: BSD-3-Clause
#include "control/publish/next_hop_slots.h"

#include <utility>

namespace spanway::publish {

NextHopSlots::NextHopSlots(table::NextHopTable& table, seam::Graveyard& graveyard)
    : table_(table), graveyard_(graveyard), ids_(std::make_unique<Ids>()) {}

NextHopSlots::~NextHopSlots() { graveyard_.retire(std::move(ids_)); }

Result<NextHopId> NextHopSlots::make(std::unique_ptr<const table::NextHop> hop) {
  Ids& ids = *ids_;
  NextHopId id;
  if (!ids.free.empty()) {
    id = NextHopId{ids.free.back()};
    ids.free.pop_back();
  } else if (ids.next < table::NextHopTable::kSlots) {
    id = NextHopId{ids.next++};
  } else {
    return Error{ErrorCode::kFull, "all 32767 next hops are in use",
                 "use fewer gateways and groups, or try again once the workers have let go"};
  }
  ++used_;
  table_.set(id, std::move(hop), graveyard_);
  return id;
}

void NextHopSlots::change(NextHopId id, std::unique_ptr<const table::NextHop> hop) {
  table_.set(id, std::move(hop), graveyard_);
}

void NextHopSlots::release(NextHopId id) {
  --used_;
  graveyard_.retire(
      [](void* ids, uint64_t value) {
        static_cast<Ids*>(ids)->free.push_back(static_cast<uint16_t>(value));
      },
      ids_.get(), id.value);
}

}  // namespace spanway::publish
