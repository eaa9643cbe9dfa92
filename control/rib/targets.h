// SPDX-License-Identifier: BSD-3-Clause
// Targets, each kept once and counted: a million routes lead to a few hundred of them.
// Control thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "control/rib/route.h"

namespace spanway::rib {

class Targets {
 public:
  // The id of this target, which has one more user now.
  TargetId hold(const Target& target);
  void hold(TargetId id) { ++slots_[id.value].users; }
  // One user less; true when it was the last and the id is free again.
  bool release(TargetId id);

  [[nodiscard]] const Target& get(TargetId id) const { return slots_[id.value].at->first; }
  [[nodiscard]] bool in_use(TargetId id) const { return slots_[id.value].users != 0; }
  [[nodiscard]] size_t size() const noexcept { return ids_.size(); }
  // Ids are below this.
  [[nodiscard]] size_t end() const noexcept { return slots_.size(); }

 private:
  using Map = std::map<Target, TargetId>;
  struct Slot {
    Map::iterator at{};
    uint64_t users = 0;
  };
  Map ids_;
  std::vector<Slot> slots_;
  std::vector<TargetId> free_;
};

}  // namespace spanway::rib
