// SPDX-License-Identifier: BSD-3-Clause
// Who is there (RFC 2328 sections 9.5 and 10.5). Control thread.
#pragma once

#include "control/ospf/core.h"

namespace spanway::ospf {

// At most so many on one interface. Beyond, who has never heard us makes way for a newcomer.
inline constexpr size_t kMaxNeighbours = 1'024;

// A Hello is due, or one out of turn that may go by now.
[[nodiscard]] bool hello_due(const Core& core, const Interface& interface) noexcept;
void send_hello(Core& core, Interface& interface);
// Last words: without neighbours, so that all of them begin anew at once.
void send_farewell(Core& core, Interface& interface);

// packet: a kHello that authentication has let through.
void receive_hello(Core& core, Interface& interface, Ip4Addr source, const Packet& packet);

// The neighbour that a packet is from; nullptr: nobody is known there.
Neighbour* find_neighbour(Interface& interface, Ip4Addr source, RouterId router);

}  // namespace spanway::ospf
