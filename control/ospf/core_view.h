// SPDX-License-Identifier: BSD-3-Clause
// The state of the protocol as others may see it. Control thread.
#pragma once

#include <vector>

#include "control/ospf/core.h"
#include "control/ospf/view.h"

namespace spanway::ospf {

// In order of interface.
std::vector<InterfaceView> interface_views(const Core& core, Nanos now);
// In order of interface and router.
std::vector<NeighbourView> neighbour_views(const Core& core, Nanos now);
// Those that happened.
std::vector<RefusalCount> refusal_views(const Core& core);

}  // namespace spanway::ospf
