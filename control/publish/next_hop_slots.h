// SPDX-License-Identifier: BSD-3-Clause
// Which slots of the next-hop table are in use. Control thread.
//
// A worker may look up an address now and load the slot a moment later: a slot that is let go keeps
// its content, and is not used for anything else, until every worker was quiet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/seam/qsbr.h"
#include "dataplane/table/next_hop.h"

namespace spanway::publish {

class NextHopSlots {
 public:
  NextHopSlots(table::NextHopTable& table, seam::Graveyard& graveyard);
  ~NextHopSlots();
  NextHopSlots(const NextHopSlots&) = delete;
  NextHopSlots& operator=(const NextHopSlots&) = delete;

  // A slot that holds `hop`. kFull when all 32,767 are in use or wait for their grace period.
  Result<NextHopId> make(std::unique_ptr<const table::NextHop> hop);
  void change(NextHopId id, std::unique_ptr<const table::NextHop> hop);
  // Nothing that a new reader could find leads to the slot any more.
  void release(NextHopId id);
  [[nodiscard]] size_t used() const noexcept { return used_; }

 private:
  struct Ids {
    std::vector<uint16_t> free;
    uint16_t next = 1;
  };
  table::NextHopTable& table_;
  seam::Graveyard& graveyard_;
  std::unique_ptr<Ids> ids_;  // outlives this object in the graveyard
  size_t used_ = 0;
};

}  // namespace spanway::publish
