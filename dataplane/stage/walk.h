// SPDX-License-Identifier: BSD-3-Clause
// The readable road: every stage in order, over a batch. Whatever the fused road does not take
// comes here, and a test proves that both give the same packets, drops and counts.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/base/ids.h"
#include "dataplane/packet/packet.h"
#include "dataplane/seam/channels.h"
#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

// Walks frames just received on `port` to their ends: sent, held, punted, local or dropped.
// Takes all of them; at most tuning::kBurst * 2 at once. Counts kRx itself (rx, interface counts).
void walk_received(Context& context, PortId port, std::span<Packet* const> packets) noexcept;

// Walks packets that control made.
void walk_injected(Context& context, std::span<const seam::Inject> packets) noexcept;

// Walks IP packets that this worker has made itself: Meta says kFromLocal and what parse_ip says of
// them. At most tuning::kBurst.
void walk_made(Context& context, Batch& packets) noexcept;

// Called by housekeeping: messages from control about neighbours, and the hold's time limits.
void on_message(Context& context, const seam::Message& message) noexcept;
void expire_held(Context& context) noexcept;

// The packets that one worker holds while their neighbours resolve (hold.h). Opaque to the worker,
// which owns it from birth to death and lends it to every walk through the Context.
struct FreeHold {
  void operator()(Hold* hold) const noexcept;
};
using HoldPtr = std::unique_ptr<Hold, FreeHold>;
[[nodiscard]] HoldPtr make_hold();
// The engine stops: whatever is still held ends as drop reason shutdown.
void drop_held(Context& context) noexcept;

// Ends one packet's life under `reason`, with counter, trace and release. Not for packets whose
// sender must be told; the stages do that.
void drop(Context& context, Packet* packet, DropReason reason) noexcept;

}  // namespace spanway::stage
