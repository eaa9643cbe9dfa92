// SPDX-License-Identifier: BSD-3-Clause
// What the tests of the shortest paths share: short names, and first hops that print themselves.
#pragma once

#include <cstddef>
#include <ostream>

#include "control/ospf/hop_sets.h"
#include "control/ospf/spf.h"

namespace spanway::ospf {

inline void PrintTo(const FirstHop& hop, std::ostream* out) {
  *out << hop.link << '/';
  if (hop.gateway == FirstHop::kNeighbour)
    *out << "neighbour";
  else if (hop.gateway == FirstHop::kAttached)
    *out << "attached";
  else
    *out << hop.gateway;
}

inline constexpr auto kRouter = VertexKind::kRouter, kNetwork = VertexKind::kNetwork;
inline constexpr uint32_t kNeighbour = FirstHop::kNeighbour, kAttached = FirstHop::kAttached;
inline constexpr size_t kMost = 1000;  // no set is cut

}  // namespace spanway::ospf
