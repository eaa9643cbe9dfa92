// SPDX-License-Identifier: BSD-3-Clause
// The first step: a frame gets its scratch line, is parsed, counted, and watched if someone does.
#pragma once

#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

// Takes at most Batch::kRoom frames that came in on `port`; all go on, with their parse verdict in
// meta.drop for link_input, which alone knows whether the frame was ours to judge.
void rx(Context& context, PortId port, std::span<Packet* const> frames, Batch& parsed) noexcept;

}  // namespace spanway::stage
