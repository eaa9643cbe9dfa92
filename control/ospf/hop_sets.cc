// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/hop_sets.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace spanway::ospf {

HopSets::HopSets(size_t most) : most_(most) { intern({}); }

HopSet HopSets::intern(std::vector<FirstHop> hops) {
  if (hops.size() > most_) hops.resize(most_);
  const auto [at, fresh] = by_hops_.try_emplace(hops, static_cast<HopSet>(sets_.size()));
  if (fresh) sets_.push_back(std::move(hops));
  return at->second;
}

HopSet HopSets::join(HopSet a, HopSet b) {
  if (a == b || b == kNoHops) return a;
  if (a == kNoHops) return b;
  if (a > b) std::swap(a, b);
  const auto [at, fresh] = joined_.try_emplace(uint64_t{a} << 32 | b);
  if (fresh) {
    std::vector<FirstHop> both;
    std::ranges::set_union(sets_[a], sets_[b], std::back_inserter(both));
    at->second = intern(std::move(both));
  }
  return at->second;
}

HopSet HopSets::through(HopSet set, uint32_t gateway) {
  if (std::ranges::find(sets_[set], FirstHop::kAttached, &FirstHop::gateway) == sets_[set].end())
    return set;
  std::vector<FirstHop> hops = sets_[set];
  for (FirstHop& hop : hops)
    if (hop.gateway == FirstHop::kAttached) hop.gateway = gateway;
  std::ranges::sort(hops);
  hops.erase(std::unique(hops.begin(), hops.end()), hops.end());
  return intern(std::move(hops));
}

}  // namespace spanway::ospf
