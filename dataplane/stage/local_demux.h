// SPDX-License-Identifier: BSD-3-Clause
// Packets for the router itself: answers echo requests, gives control what control speaks and a
// listener what is for its ports, and says that nobody listens to the rest. Verifies transport
// checksums, which transit packets are not asked.
#pragma once

#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

// Echo replies go to `made`, to be routed; packets whose sender must be told go to `refused`.
void local_demux(Context& context, const Batch& in, Batch& made, Batch& refused) noexcept;

}  // namespace spanway::stage
