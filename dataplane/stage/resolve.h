// SPDX-License-Identifier: BSD-3-Clause
// Names the neighbour that a packet waits for, and hands it to the hold.
#pragma once

#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

// Hops are kResolve (wait for the gateway) or kGlean (wait for the packet's own destination).
void resolve(Context& context, const RoutedBatch& in) noexcept;

}  // namespace spanway::stage
