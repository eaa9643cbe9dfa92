// SPDX-License-Identifier: BSD-3-Clause
// Trace and capture: which packets are watched, and what is told of them. One worker.
//
// Off the path while nobody watches: the stages ask watching() once a batch.
#pragma once

#include "dataplane/stage/context.h"

namespace spanway::stage {

inline bool watching(const Context& context) noexcept {
  return context.watch != nullptr &&
         (context.watch->trace_id != 0 || context.watch->capture_id != 0);
}

// True when the parsed packet fits the filter. `port` is where the frame came in, or goes out.
bool matches(const seam::Match& match, PortId port, Packet* p) noexcept;

// A frame has just come in and is parsed: marks it when the trace wants it, copies it when the
// capture does.
void watch_arrival(Context& context, Packet* p) noexcept;
// A frame is about to go out of `port`, complete.
void watch_departure(Context& context, PortId port, Packet* p) noexcept;

// A packet's life ends, well or (drop not kNone) badly: leaves the record if it was traced. Its
// bytes and Meta are still there.
void end_trace(Context& context, Packet* p, DropReason drop) noexcept;

}  // namespace spanway::stage
