// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/inject.h"

#include <algorithm>

#include "dataplane/packet/parse.h"
#include "dataplane/stage/groups.h"
#include "dataplane/stage/header_view.h"
#include "dataplane/stage/icmp_error.h"
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

bool is_ours(Context& context, Packet* p) noexcept {
  const IpAddr to =
      meta(p).family == 4 ? IpAddr(ip4(p).destination.addr()) : IpAddr(ip6(p).destination);
  return std::ranges::any_of(context.interfaces->all(), [&](const table::Interface& interface) {
    return has_address(interface, to);
  });
}

// A second life for what was punted: long enough to be quoted.
void inject_refused(Context& context, const seam::Inject& one, Batch& refused) noexcept {
  Meta& m = meta(one.packet);
  m.flags = 0;
  const DropReason why = parse_frame({data(one.packet), length(one.packet)}, m);
  if (why != DropReason::kNone || m.family == 0)
    return drop(context, one.packet, why != DropReason::kNone ? why : one.reason);
  if (is_ours(context, one.packet)) set(m, Meta::kForUs);
  const auto what = static_cast<IcmpError>(one.icmp_error);
  // Who is behind an unknown protocol's number, parse has just found.
  if (what != IcmpError::kProtocolUnreachable) m.icmp_value = one.icmp_value;
  refuse(one.packet, one.reason, what, refused);
}

}  // namespace

void inject(Context& context, const seam::Inject& one, Batch& to_route, Batch& refused) noexcept {
  context.counters.injected.add(1);
  Meta& m = meta(one.packet) = Meta{};
  m.flags = Meta::kFromLocal;
  m.in_if = one.interface;
  m.rx_time_ns = static_cast<uint64_t>(context.now.ns());
  if (one.how == seam::Inject::How::kFrame) return inject_frame(context, one);
  if (one.how == seam::Inject::How::kRefused) return inject_refused(context, one, refused);
  m.l3 = sizeof(EtherHeader);
  const DropReason why = parse_ip({data(one.packet), length(one.packet)}, m);
  if (why != DropReason::kNone) return drop(context, one.packet, why);
  leave_open(one.packet, one.open_sums);
  to_route.add(one.packet);
}

}  // namespace spanway::stage
