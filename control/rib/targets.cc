// SPDX-License-Identifier: BSD-3-Clause
#include "control/rib/targets.h"

namespace spanway::rib {

TargetId Targets::hold(const Target& target) {
  const auto [at, fresh] = ids_.try_emplace(target);
  if (fresh) {
    if (free_.empty()) {
      at->second = TargetId{static_cast<uint32_t>(slots_.size())};
      slots_.emplace_back();
    } else {
      at->second = free_.back();
      free_.pop_back();
    }
    slots_[at->second.value] = {at, 0};
  }
  ++slots_[at->second.value].users;
  return at->second;
}

bool Targets::release(TargetId id) {
  Slot& slot = slots_[id.value];
  if (--slot.users != 0) return false;
  ids_.erase(slot.at);
  slot = Slot{};
  free_.push_back(id);
  return true;
}

}  // namespace spanway::rib
