// SPDX-License-Identifier: BSD-3-Clause
// ICMP and ICMPv6 for the router itself. A part of local_demux.
#pragma once

#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

// Echo requests are turned round: the request ends as local, the reply is a new life in the same
// buffer and goes to `made`. Echo replies and errors go to control, as does neighbour discovery
// with a hop limit of 255. Nothing else is spoken here.
void local_icmp4(Context& context, Packet* p, Batch& made) noexcept;
void local_icmp6(Context& context, Packet* p, Batch& made) noexcept;

}  // namespace spanway::stage
