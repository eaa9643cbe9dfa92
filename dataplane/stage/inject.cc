// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/inject.h"

#include "dataplane/packet/parse.h"
#include "dataplane/stage/header_view.h"
#include "dataplane/stage/link_output.h"
#include "dataplane/stage/open_sums.h"
#include "dataplane/stage/walk.h"

namespace spanway::stage {
namespace {

void inject_frame(Context& context, const seam::Inject& one) noexcept {
  Meta& m = meta(one.packet);
  // Only the verdict of the shortest frames matters: what stands in a frame is control's affair.
  const DropReason verdict = parse_frame({data(one.packet), length(one.packet)}, m);
  if (verdict == DropReason::kFrameTruncated) return drop(context, one.packet, verdict);
  if (verdict == DropReason::kNone) leave_open(one.packet, one.open_sums);
  const table::Interface* interface = context.interfaces->get(one.interface);
  if (interface == nullptr) return drop(context, one.packet, DropReason::kInterfaceDown);
  send_frame(context, one.packet, *interface);
}

}  // namespace

void inject(Context& context, const seam::Inject& one, Batch& to_route) noexcept {
  context.counters.injected.add(1);
  Meta& m = meta(one.packet) = Meta{};
  m.flags = Meta::kFromLocal;
  m.in_if = one.interface;
  m.rx_time_ns = static_cast<uint64_t>(context.now.ns());
  if (one.how == seam::Inject::How::kFrame) return inject_frame(context, one);
  m.l3 = sizeof(EtherHeader);
  const DropReason why = parse_ip({data(one.packet), length(one.packet)}, m);
  if (why != DropReason::kNone) return drop(context, one.packet, why);
  leave_open(one.packet, one.open_sums);
  to_route.add(one.packet);
}

}  // namespace spanway::stage
