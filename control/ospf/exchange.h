// SPDX-License-Identifier: BSD-3-Clause
// How two databases come together (RFC 2328 sections 10.6 to 10.9): descriptions, requests, and
// their repetition. Control thread.
#pragma once

#include "control/ospf/core.h"
#include "control/ospf/packet.h"

namespace spanway::ospf {

// packet: a kDescription or kRequest that authentication has let through, of a neighbour that is
// known.
void receive_description(Core& core, Interface& interface, Neighbour& neighbour,
                         const Packet& packet);
void receive_request(Core& core, Interface& interface, Neighbour& neighbour, const Packet& packet);

// What was asked for may be there now, from this neighbour or from another one.
void note_answers(Core& core, Interface& interface, Neighbour& neighbour);

// Sends what is due: the first description, repetitions, the next request.
void continue_exchange(Core& core, Interface& interface, Neighbour& neighbour);
[[nodiscard]] Nanos exchange_due(const Neighbour& neighbour) noexcept;

}  // namespace spanway::ospf
