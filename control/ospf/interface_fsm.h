// SPDX-License-Identifier: BSD-3-Clause
// The states of an interface (RFC 2328 section 9.3) and its elections. Control thread.
#pragma once

#include "control/ospf/core.h"

namespace spanway::ospf {

// InterfaceUp or InterfaceDown, whatever settings and link ask for; nothing where it is that
// already.
void follow_link(Core& core, Interface& interface);
// InterfaceDown. Its neighbours are gone.
void take_down(Core& core, Interface& interface, const char* why);
// WaitTimer.
void end_waiting(Core& core, Interface& interface);
// NeighborChange and BackupSeen: section 9.4, where one is due.
void hold_election(Core& core, Interface& interface);

}  // namespace spanway::ospf
