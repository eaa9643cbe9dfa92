// SPDX-License-Identifier: BSD-3-Clause
// The states of a neighbour (RFC 2328 section 10.3): the events that are not about the contents of
// packets. Sends nothing: what follows is noted in the Core, or due in the neighbour. Control
// thread.
#pragma once

#include <string>

#include "control/ospf/core.h"

namespace spanway::ospf {

// 2-WayReceived and 1-WayReceived.
void hears_us(Core& core, Interface& interface, Neighbour& neighbour);
void hears_us_no_more(Core& core, Interface& interface, Neighbour& neighbour);
// AdjOK?: the designated routers may be others.
void review_adjacency(Core& core, Interface& interface, Neighbour& neighbour);
// SeqNumberMismatch and BadLSReq: the exchange begins anew.
void restart_exchange(Core& core, Interface& interface, Neighbour& neighbour, const char* why);
// NegotiationDone, ExchangeDone, LoadingDone: one step further.
void advance_to(Core& core, Interface& interface, Neighbour& neighbour, NeighbourState state);
// KillNbr, LLDown, InactivityTimer. The caller takes it off the interface.
void bury(Core& core, Interface& interface, Neighbour& neighbour, const char* why);

}  // namespace spanway::ospf
