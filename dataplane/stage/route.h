// SPDX-License-Identifier: BSD-3-Clause
// Finds each packet's next hop, the whole batch in one lookup so that memory waits overlap.
#pragma once

#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

// What passes through goes to `to_forward` with its hop (kForward, kResolve or kGlean), what is
// ours to `to_local`, what has no way to `refused` or to its end.
void route(Context& context, const Batch& in, RoutedBatch& to_forward, Batch& to_local,
           Batch& refused) noexcept;

}  // namespace spanway::stage
