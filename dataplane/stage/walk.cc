// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/walk.h"

#include <algorithm>

#include "dataplane/stage/hold.h"
#include "dataplane/stage/icmp_error.h"
#include "dataplane/stage/inject.h"
#include "dataplane/stage/ip4_input.h"
#include "dataplane/stage/ip6_input.h"
#include "dataplane/stage/ip_forward.h"
#include "dataplane/stage/link_input.h"
#include "dataplane/stage/link_output.h"
#include "dataplane/stage/local_demux.h"
#include "dataplane/stage/resolve.h"
#include "dataplane/stage/route.h"
#include "dataplane/stage/rx.h"

namespace spanway::stage {
namespace {

// From routing to the end. What the router itself makes on the way (errors, echo replies) goes
// round once more; about those no error is made, so this ends.
void walk_from_route(Context& context, Batch& to_route, Batch& to_local, Batch& refused) noexcept {
  RoutedBatch to_forward, to_output, to_resolve;
  Batch made;
  for (;;) {
    route(context, to_route, to_forward, to_local, refused);
    ip_forward(context, to_forward, to_output, to_resolve, refused);
    link_output(context, to_output);
    resolve(context, to_resolve);
    local_demux(context, to_local, made, refused);
    icmp_error(context, refused, made);
    if (made.empty()) return;
    to_route = made;
    to_local.clear();
    refused.clear();
    to_forward.clear();
    to_output.clear();
    to_resolve.clear();
    made.clear();
  }
}

void walk_burst(Context& context, PortId port, std::span<Packet* const> frames) noexcept {
  Batch parsed, v4, v6, to_route, to_local, refused;
  rx(context, port, frames, parsed);
  link_input(context, parsed, v4, v6);
  ip4_input(context, v4, to_route, to_local, refused);
  ip6_input(context, v6, to_route, to_local, refused);
  walk_from_route(context, to_route, to_local, refused);
}

void release_held(Context& context, const NeighbourKey& key) noexcept {
  Batch to_route, to_local, refused;
  context.hold.take(context, key, to_route);
  walk_from_route(context, to_route, to_local, refused);
}

void fail_held(Context& context, const NeighbourKey& key) noexcept {
  Batch held, to_route, to_local, refused;
  context.hold.take_failed(context, key, held);
  for (Packet* p : held.all())
    refuse(p, DropReason::kNeighbourFailed, IcmpError::kHostUnreachable, refused);
  walk_from_route(context, to_route, to_local, refused);
}

}  // namespace

void walk_received(Context& context, PortId port, std::span<Packet* const> packets) noexcept {
  while (!packets.empty()) {
    const size_t count = std::min<size_t>(packets.size(), Batch::kRoom);
    walk_burst(context, port, packets.first(count));
    packets = packets.subspan(count);
  }
}

void walk_injected(Context& context, std::span<const seam::Inject> packets) noexcept {
  Batch to_route, to_local, refused;
  for (const seam::Inject& one : packets) {
    inject(context, one, to_route, refused);
    if (to_route.size() + refused.size() < Batch::kRoom) continue;
    walk_from_route(context, to_route, to_local, refused);
    to_route.clear();
    to_local.clear();
    refused.clear();
  }
  walk_from_route(context, to_route, to_local, refused);
}

void walk_made(Context& context, Batch& packets) noexcept {
  Batch to_local, refused;
  walk_from_route(context, packets, to_local, refused);
}

void on_message(Context& context, const seam::Message& message) noexcept {
  switch (message.kind) {
    case seam::Message::Kind::kNeighbourResolved:
      return release_held(context, {message.interface, message.address});
    case seam::Message::Kind::kNeighbourFailed:
      return fail_held(context, {message.interface, message.address});
    case seam::Message::Kind::kInterfaceGone:
      return context.hold.drop_all(context, message.interface, DropReason::kInterfaceDown);
    case seam::Message::Kind::kFlags:
    case seam::Message::Kind::kIcmpRate:
      return;  // the worker's own affair
  }
}

void expire_held(Context& context) noexcept { context.hold.expire(context); }

}  // namespace spanway::stage
