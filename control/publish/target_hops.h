// SPDX-License-Identifier: BSD-3-Clause
// The next hop of every target that a best route has. Control thread.
//
// A target with one gateway on a subnet of ours leads to its adjacency; one with several, or with
// one that other routes lead to, has a group of its own, whose members change in place: one store
// moves all its routes. The rest share one slot a kind or interface.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <vector>

#include "control/publish/adjacencies.h"
#include "control/publish/gateways.h"
#include "control/rib/route.h"

namespace spanway::publish {

class TargetHops {
 public:
  TargetHops(NextHopSlots& slots, Adjacencies& adjacencies, const Links& links,
             const Gateways& gateways)
      : slots_(slots), adjacencies_(adjacencies), links_(links), gateways_(gateways) {}

  // The slot of a usable target, made when needed.
  Result<NextHopId> get(rib::TargetId id, const rib::Target& target);
  [[nodiscard]] bool usable(const rib::Target& target) const;
  void forget(rib::TargetId id);

  // After the interfaces or what gateways resolve to have changed. Groups and subnets are set right
  // in place.
  void refresh();
  // Whether the target's only gateway is now reached by another interface or over other routes, so
  // that its routes must be set again.
  [[nodiscard]] bool has_moved(rib::TargetId id) const;
  // The routes of what has moved or is not usable any more are set right: lets go of old slots.
  void settle();

  [[nodiscard]] size_t groups() const;

 private:
  struct Made {
    NextHopId hop;  // 0: not made
    bool group = false;
    bool moved = false;  // since it was made; not for groups, which follow
    std::vector<rib::Via> via{};
    std::vector<Leg> legs{};  // an adjacency is held for each
  };
  Result<NextHopId> fixed(table::NextHopKind kind);
  Result<NextHopId> subnet(IfIndex interface);
  Result<Made> make(const std::vector<rib::Via>& vias);
  Status fill_group(const std::vector<Leg>& legs, table::NextHop& hop);
  void release(const std::vector<Leg>& legs);
  [[nodiscard]] std::unique_ptr<const table::NextHop> describe_subnet(IfIndex interface) const;
  void let_go(Made& made);

  NextHopSlots& slots_;
  Adjacencies& adjacencies_;
  const Links& links_;
  const Gateways& gateways_;
  std::vector<Made> made_;      // by TargetId
  std::vector<Made> outdated_;  // to be let go of by settle()
  std::map<table::NextHopKind, NextHopId> fixed_;
  std::map<IfIndex, NextHopId> subnets_;
};

}  // namespace spanway::publish
