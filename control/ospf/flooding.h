// SPDX-License-Identifier: BSD-3-Clause
// How a new instance of an LSA gets everywhere (RFC 2328 section 13): received, compared, stored,
// passed on, acknowledged, repeated. Control thread.
#pragma once

#include "control/ospf/core.h"
#include "control/ospf/packet.h"

namespace spanway::ospf {

// packet: a kUpdate or kAck that authentication has let through, of a neighbour that is known.
void receive_update(Core& core, Interface& interface, Neighbour& neighbour, const Packet& packet);
void receive_ack(Core& core, Interface& interface, Neighbour& neighbour, const Packet& packet);

// Stores an instance that is newer than what is there and passes it on. Our own, or one that came
// to MaxAge here. True where a neighbour has to acknowledge it.
bool install_and_flood(Core& core, LsaPtr lsa);
// The same LSA at MaxAge: it leaves everybody's database (section 14.1). nullptr is allowed.
void flush(Core& core, const LsaPtr& lsa);

// LSAs that came too early, when their time has come.
void take_deferred(Core& core);
// LSAs at MaxAge that everybody has acknowledged leave the database.
void drop_aged(Core& core);

}  // namespace spanway::ospf
