// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/punt.h"

#include "dataplane/stage/header_view.h"
#include "dataplane/stage/open_sums.h"
#include "dataplane/stage/stage_scope.h"
#include "dataplane/stage/walk.h"
#include "dataplane/stage/watch.h"

namespace spanway::stage {
namespace {

IpAddr source_of(Packet* p) noexcept {
  if (meta(p).family == 4) return ip4(p).source.addr();
  if (meta(p).family == 6) return ip6(p).source;
  return {};
}

}  // namespace

void punt(Context& context, Packet* p, seam::PuntReason reason) noexcept {
  SpscRing<seam::Punt>& ring = context.channels.punt;
  if (ring.size() == ring.capacity()) return drop(context, p, DropReason::kPuntFull);
  const StageScope scope(context, seam::Stage::kPunt, {&p, 1});
  if (has_open_sums(p)) close_sums(p);
  end_trace(context, p, DropReason::kNone);
  context.counters.punted.add(1);
  // Only this worker pushes, so the room seen above is still there.
  ring.push(seam::Punt{reason, meta(p).in_if, p, source_of(p), context.now});
}

}  // namespace spanway::stage
