// SPDX-License-Identifier: BSD-3-Clause
// Keeps the frames that are addressed to us, by port, VLAN and MAC.
#pragma once

#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

// Frames go to `to_ip4` or `to_ip6`, ARP to control, all others are dropped, malformed ones under
// the reason that parse found.
void link_input(Context& context, const Batch& in, Batch& to_ip4, Batch& to_ip6) noexcept;

}  // namespace spanway::stage
