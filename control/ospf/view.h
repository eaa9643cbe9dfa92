// SPDX-License-Identifier: BSD-3-Clause
// What an instance of OSPF shows of itself: copies, made when somebody asks. Control thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "control/ospf/ids.h"
#include "control/ospf/lsa.h"
#include "control/ospf/refusal.h"
#include "control/ospf/settings.h"
#include "control/ospf/states.h"
#include "dataplane/base/ids.h"

namespace spanway::ospf {

// By PacketType, 1 to 5; place 0 counts what was none of them.
using PacketCounts = std::array<uint64_t, 6>;

struct NeighbourView {
  IfIndex interface = kNoInterface;
  RouterId router;
  Ip4Addr address;
  NeighbourState state = NeighbourState::kDown;
  uint8_t priority = 0, options = 0;
  Ip4Addr designated, backup;                                  // as the neighbour sees them
  Nanos dead_in{};                                             // until it counts as gone
  Nanos since{};                                               // when it came to this state
  uint64_t changes = 0;                                        // of state
  size_t retransmissions = 0, requests = 0, descriptions = 0;  // that wait
};

struct InterfaceView {
  IfIndex interface = kNoInterface;
  InterfaceSettings settings;
  Link link;
  InterfaceState state = InterfaceState::kDown;
  Ip4Addr designated, backup;  // addresses on the link; 0.0.0.0 for none
  RouterId designated_router, backup_router;
  Nanos hello_in{};
  size_t neighbours = 0, full = 0;
  PacketCounts received{}, sent{};
  uint64_t refused = 0;  // packets, all reasons
};

struct SpfView {
  uint64_t runs = 0, partial_runs = 0;  // partial: only prefixes outside the tree
  Nanos last{};                         // when
  Nanos took{};                         // the last one, by Outlet::stopwatch()
  bool waiting = false;
  Nanos next_in{};
  size_t routers = 0, networks = 0, routes = 0;
};

struct RefusalCount {
  Refusal reason{};
  uint64_t packets = 0;
};

struct InstanceView {
  RouterSettings settings;
  size_t lsas = 0, externals = 0;
  uint64_t originated = 0, received = 0;  // instances of LSAs
  uint64_t retransmitted = 0, deferred = 0;
  bool overflow = false;  // max_lsas was reached
  std::vector<RefusalCount> refusals;
  SpfView spf;
};

}  // namespace spanway::ospf
