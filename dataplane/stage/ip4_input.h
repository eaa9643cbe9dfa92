// SPDX-License-Identifier: BSD-3-Clause
// Asks of an IPv4 packet what RFC 1812 sections 5.2.2, 5.3.4 and 5.3.7 ask before it is routed.
#pragma once

#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

// Unicast goes to `to_route`, broadcast and the groups that we listen to go to `to_local`, packets
// whose sender must be told of an error go to `refused`. Frames lose their Ethernet padding here.
void ip4_input(Context& context, const Batch& in, Batch& to_route, Batch& to_local,
               Batch& refused) noexcept;

}  // namespace spanway::stage
