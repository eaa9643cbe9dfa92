// SPDX-License-Identifier: BSD-3-Clause
// What the parts of the protocol share: settings, the database, the interfaces, the hour, and what
// is still to be done before the call that came in returns. Control thread.
//
// The parts do not call each other in circles. A part that finds that something has to happen
// elsewhere notes it here, and settle() (instance.cc) does it in order: elections, then
// adjacencies, then own LSAs, then packets.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "control/ospf/interface.h"
#include "control/ospf/lsdb.h"
#include "control/ospf/outlet.h"
#include "control/ospf/settings.h"
#include "dataplane/base/random.h"

namespace spanway::ospf {

// RFC 2328 appendix B; arrival of LSAs, and the distance that ours keep (originate.h).
inline constexpr Nanos kMinLsArrival = seconds(1);
// A receiver measures from when it installed the last one; the margin is for what lies between.
inline constexpr Nanos kSafeLsInterval = millis(1'050);

struct Core {
  Core(const RouterSettings& router_settings, Outlet& router_outlet, Nanos time)
      : settings(router_settings),
        outlet(router_outlet),
        born(time),
        now(time),
        random(router_settings.seed) {}

  RouterSettings settings;
  Outlet& outlet;
  Nanos born;
  Nanos now;  // of the call that is being served
  Random random;
  Lsdb lsdb;
  std::map<IfIndex, Interface> interfaces;

  // To be done by settle().
  bool adjacencies_due = false;      // somebody became DR, or ceased to be
  bool own_lsas_due = false;         // the router- and network-LSAs may have to say something else
  std::vector<LsaKey> aged;          // at MaxAge, maybe acknowledged by all
  bool all_aged_due = false;         // the same of every such LSA: a neighbour came or went
  std::vector<LsaPtr> installed;     // news for the routing table
  std::vector<LsaPtr> own_received;  // newer than ours: section 13.4

  // LSAs that came within MinLSArrival of the last one, and when they may be looked at again.
  struct Deferred {
    std::vector<uint8_t> bytes;
    IfIndex interface;
    uint32_t neighbour;
    Nanos due;
  };
  std::map<LsaKey, Deferred> deferred;

  struct Counts {
    uint64_t originated = 0, received = 0, retransmitted = 0, deferred = 0;
    std::array<uint64_t, kRefusals> refusals{};
  } counts;
  bool overflow = false;
  uint32_t cryptographic_sequence = 0;  // the last one used

  void refuse(Interface& interface, Refusal why) {
    ++interface.refused;
    ++counts.refusals[static_cast<size_t>(why)];
  }
  // A neighbour is taking our description: what is at MaxAge has to stay (section 14).
  [[nodiscard]] bool is_exchanging() const noexcept {
    for (const auto& [index, interface] : interfaces)
      for (const auto& [key, neighbour] : interface.neighbours)
        if (neighbour.state == NeighbourState::kExchange ||
            neighbour.state == NeighbourState::kLoading)
          return true;
    return false;
  }
};

}  // namespace spanway::ospf
