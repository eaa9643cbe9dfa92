// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/stage_scope.h"
#include "dataplane/stage/walk.h"
#include "dataplane/stage/watch.h"

namespace spanway::stage {

void drop(Context& context, Packet* p, DropReason reason) noexcept {
  const StageScope scope(context, seam::Stage::kDrop, {&p, 1});
  context.counters.drops[static_cast<size_t>(reason)].add(1);
  const Meta& m = meta(p);
  const IfIndex at = m.in_if != kNoInterface ? m.in_if : m.out_if;
  if (at.value < seam::kMaxInterfaces) context.counters.interfaces[at.value].drops.add(1);
  end_trace(context, p, reason);
  release(p);
}

}  // namespace spanway::stage
