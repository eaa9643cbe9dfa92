// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/rx.h"

#include "dataplane/packet/parse.h"
#include "dataplane/stage/stage_scope.h"
#include "dataplane/stage/watch.h"

namespace spanway::stage {

void rx(Context& context, PortId port, std::span<Packet* const> frames, Batch& parsed) noexcept {
  const uint64_t arrived = context.timing ? cycle_count() : 0;
  for (Packet* p : frames) {
    Meta& m = meta(p) = Meta{};
    m.in_port = port;
    m.rx_time_ns = static_cast<uint64_t>(context.now.ns());
    m.rx_cycles = arrived;
  }
  // From here on, so that the scratch line is fresh when the scope marks it.
  const StageScope scope(context, seam::Stage::kRx, frames);
  for (Packet* p : frames) {
    parse_frame({data(p), length(p)}, meta(p));
    parsed.add(p);
  }
  context.counters.rx.add(frames.size());
  if (watching(context)) [[unlikely]]
    for (Packet* p : parsed.all()) watch_arrival(context, p);
}

}  // namespace spanway::stage
