// SPDX-License-Identifier: BSD-3-Clause
// Cuts a packet into pieces that fit. IPv4: RFC 791 section 3.2, RFC 1812 section 4.2.2.7. IPv6:
// RFC 8200 section 4.5, which lets only the source do it.
#pragma once

#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

// Sends `p`, which is longer than hop.mtu and has DF clear, as fragments in order. The first is `p`
// itself, the others are new and count as originated. Drops `p` as no_buffer when the pool is dry,
// and as mtu_exceeded when the MTU leaves no room for eight bytes or asks for too many pieces.
void fragment(Context& context, Packet* p, const table::NextHop& hop) noexcept;
// The same for an IPv6 packet that we made, without extension headers.
void fragment6(Context& context, Packet* p, const table::NextHop& hop) noexcept;

// A part of both: the finished pieces leave in order.
void send_fragments(Context& context, const table::NextHop& hop,
                    std::span<Packet* const> pieces) noexcept;

}  // namespace spanway::stage
