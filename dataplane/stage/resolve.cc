// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/resolve.h"

#include "dataplane/stage/groups.h"
#include "dataplane/stage/hold.h"
#include "dataplane/stage/stage_scope.h"
#include "dataplane/stage/walk.h"

namespace spanway::stage {
namespace {

IpAddr destination_of(Packet* p) noexcept {
  if (meta(p).family == 4) return ip4(p).destination.addr();
  return ip6(p).destination;
}

// RFC 1812 section 5.3.5.2 with RFC 2644: a directed broadcast ends here.
bool is_directed_broadcast(Context& context, Packet* p, IfIndex egress) noexcept {
  if (meta(p).family != 4) return false;
  const table::Interface* interface = context.interfaces->get(egress);
  return interface != nullptr && is_subnet_broadcast(*interface, ip4(p).destination.addr());
}

}  // namespace

void resolve(Context& context, const RoutedBatch& in) noexcept {
  if (in.empty()) return;
  const StageScope scope(context, seam::Stage::kResolve, in.all());
  for (unsigned i = 0; i < in.size(); ++i) {
    Packet* p = in[i];
    const table::NextHop& hop = in.hop(i);
    meta(p).out_if = hop.interface;
    if (hop.kind == table::NextHopKind::kResolve)
      hold(context, p, {hop.interface, hop.gateway});
    else if (is_directed_broadcast(context, p, hop.interface))
      drop(context, p, DropReason::kIp4NotForwardable);
    else
      hold(context, p, {hop.interface, destination_of(p)});
  }
}

}  // namespace spanway::stage
