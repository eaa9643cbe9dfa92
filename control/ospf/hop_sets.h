// SPDX-License-Identifier: BSD-3-Clause
// Sets of first hops: most vertices of a tree share a few of them.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

#include "control/ospf/interned_sets.h"

namespace spanway::ospf {

// How the root begins a path (RFC 2328 16.1.1), by labels of edges.
struct FirstHop {
  static constexpr uint32_t kNeighbour = ~uint32_t{0};   // the router at the link's other end
  static constexpr uint32_t kAttached = kNeighbour - 1;  // none: the network itself is the end

  uint32_t link;     // the root's
  uint32_t gateway;  // on that network: the link by which it leads to the next router

  auto operator<=>(const FirstHop&) const = default;
};

using HopSet = uint32_t;
inline constexpr HopSet kNoHops = InternedSets<FirstHop>::kEmpty;

class HopSets {
 public:
  // Sets are cut to the `most` lowest hops.
  explicit HopSets(size_t most) : sets_(most) {}

  [[nodiscard]] size_t size() const noexcept { return sets_.size(); }
  [[nodiscard]] std::span<const FirstHop> hops(HopSet set) const noexcept {
    return sets_.members(set);
  }
  HopSet of(FirstHop hop) { return sets_.of({hop}); }
  HopSet join(HopSet a, HopSet b) { return sets_.join(a, b); }
  // The set on the far side of a network: who was attached to it goes by this gateway.
  HopSet through(HopSet set, uint32_t gateway);

 private:
  InternedSets<FirstHop> sets_;
};

}  // namespace spanway::ospf
