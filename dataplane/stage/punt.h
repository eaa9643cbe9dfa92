// SPDX-License-Identifier: BSD-3-Clause
// Hands a packet to control, which owns it from then on. One worker.
#pragma once

#include "dataplane/stage/context.h"

namespace spanway::stage {

// Drops it as punt_full when control has fallen behind. `address` is the IP source, when there is.
void punt(Context& context, Packet* p, seam::PuntReason reason) noexcept;

}  // namespace spanway::stage
