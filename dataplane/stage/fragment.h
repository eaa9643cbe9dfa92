// SPDX-License-Identifier: BSD-3-Clause
// Cuts an IPv4 packet into pieces that fit: RFC 791 section 3.2, RFC 1812 section 4.2.2.7.
#pragma once

#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

// Sends `p`, which is longer than hop.mtu and has DF clear, as fragments in order. The first is `p`
// itself, the others are new and count as originated. Drops `p` as no_buffer when the pool is dry,
// and as mtu_exceeded when the MTU leaves no room for eight bytes or asks for too many pieces.
void fragment(Context& context, Packet* p, const table::NextHop& hop) noexcept;

}  // namespace spanway::stage
