// SPDX-License-Identifier: BSD-3-Clause
// The way out of a packet (RFC 2328 section 8.1): who it goes to, how large it may get, its
// authentication. Control thread.
#pragma once

#include <vector>

#include "control/ospf/core.h"
#include "control/ospf/packet.h"

namespace spanway::ospf {

Envelope envelope_of(const Core& core, const Interface& interface);

// Where floods and delayed acknowledgments go (sections 13.3 and 13.5).
Ip4Addr group_of(const Interface& interface);
// Where a packet for one neighbour goes: on a point-to-point link to the group, too.
Ip4Addr address_of(const Interface& interface, const Neighbour& neighbour);

// The age that an LSA carries when it leaves (section 13.3): InfTransDelay is added.
uint16_t age_to_send(const Core& core, const Interface& interface, const StoredLsa& lsa);

// Signs and sends what a write_... function made.
void transmit(Core& core, Interface& interface, PacketType type, Ip4Addr destination,
              std::vector<uint8_t> packet);

}  // namespace spanway::ospf
