// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/hop_sets.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace spanway::ospf {

HopSet HopSets::through(HopSet set, uint32_t gateway) {
  const std::span<const FirstHop> before = hops(set);
  if (std::ranges::find(before, FirstHop::kAttached, &FirstHop::gateway) == before.end())
    return set;
  std::vector<FirstHop> after(before.begin(), before.end());
  for (FirstHop& hop : after)
    if (hop.gateway == FirstHop::kAttached) hop.gateway = gateway;
  return sets_.of(std::move(after));
}

}  // namespace spanway::ospf
