// SPDX-License-Identifier: BSD-3-Clause
// Sets of first hops, each kept once: most vertices of a tree share a few of them, so a vertex
// holds a number, and two equal sets have the same one.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

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
inline constexpr HopSet kNoHops = 0;  // the empty set

class HopSets {
 public:
  // Sets are cut to the `most` lowest hops.
  explicit HopSets(size_t most);

  [[nodiscard]] std::span<const FirstHop> hops(HopSet set) const noexcept { return sets_[set]; }
  HopSet of(FirstHop hop) { return intern({hop}); }
  HopSet join(HopSet a, HopSet b);
  // The set on the far side of a network: who was attached to it goes by this gateway.
  HopSet through(HopSet set, uint32_t gateway);

 private:
  HopSet intern(std::vector<FirstHop> hops);

  size_t most_;
  std::vector<std::vector<FirstHop>> sets_;  // sorted
  std::map<std::vector<FirstHop>, HopSet> by_hops_;
  std::unordered_map<uint64_t, HopSet> joined_;  // by both, the lower one first
};

}  // namespace spanway::ospf
