// SPDX-License-Identifier: BSD-3-Clause
// Takes what control made into the road: whole frames leave at once, IP packets are routed.
#pragma once

#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

// A kRouted packet that parses goes to `to_route`, a kRefused one to `refused`; whatever is wrong
// with one is a counted drop.
void inject(Context& context, const seam::Inject& one, Batch& to_route, Batch& refused) noexcept;

}  // namespace spanway::stage
