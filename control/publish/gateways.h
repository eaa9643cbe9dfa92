// SPDX-License-Identifier: BSD-3-Clause
// Where the packets for a gateway leave: over a subnet of ours, or, when it lies on none, over the
// route that leads to it (a recursive next hop).
//
// Control thread. A gateway is resolved by the most specific best route to it that has a gateway on
// one of our subnets; routes whose own gateways need resolving are passed over, so no two routes
// can ever wait for or lead back to each other, and the answer does not depend on the order in
// which routes came. The default route resolves nothing: what only it leads to is as good as
// unknown. A local, blackhole, reject or martian route on the way says that there is no way.
#pragma once

#include <set>
#include <vector>

#include "control/publish/links.h"
#include "control/rib/rib.h"

namespace spanway::publish {

// A neighbour of ours that takes a share of a gateway's packets.
struct Leg {
  IfIndex interface;
  IpAddr gateway;
  uint16_t weight = 1;
  auto operator<=>(const Leg&) const noexcept = default;
};

class Gateways {
 public:
  static constexpr size_t kMostLegs = 64;  // of a target

  // Both are looked at anew with every question.
  Gateways(const Links& links, const rib::Rib& rib) : links_(links), rib_(rib) {}

  // Whether the gateway lies on no subnet and other routes may lead to it.
  [[nodiscard]] bool is_recursive(const rib::Via& via) const;
  // The neighbours for these gateways, weights in proportion, none twice; empty: there is no way.
  // At most kMostLegs, the first ones.
  [[nodiscard]] std::vector<Leg> legs(const std::vector<rib::Via>& vias) const;

  // Asks to hear, through touched(), of routes that may change what these gateways resolve to.
  void watch(const std::vector<rib::Via>& vias);
  // A route to this prefix was set or removed: does it concern a watched gateway?
  [[nodiscard]] bool touched(const Prefix& prefix) const;
  [[nodiscard]] size_t watched() const noexcept { return watched_.size(); }
  void forget_watched() { watched_.clear(); }

 private:
  [[nodiscard]] std::vector<Leg> legs_of(const rib::Via& via) const;

  const Links& links_;
  const rib::Rib& rib_;
  std::set<IpAddr> watched_;
};

}  // namespace spanway::publish
