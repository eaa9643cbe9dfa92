// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/ip6_input.h"

#include "dataplane/stage/groups.h"
#include "dataplane/stage/icmp_error.h"
#include "dataplane/stage/ip6_options.h"
#include "dataplane/stage/padding.h"
#include "dataplane/stage/stage_scope.h"
#include "dataplane/stage/walk.h"

namespace spanway::stage {
namespace {

enum class Way : uint8_t { kRoute, kLocal, kRefused, kDropped };

Way lose(Context& context, Packet* p, DropReason why) noexcept {
  drop(context, p, why);
  return Way::kDropped;
}

// RFC 4291 section 2.7: scope 0 is reserved, scope 1 never leaves a node. No wider group is routed.
Way judge_group(Context& context, Packet* p, const table::Interface& in) noexcept {
  const Ip6Addr& to = ip6(p).destination;
  const unsigned scope = to.bytes[1] & 0x0f;
  if (scope <= 1) return lose(context, p, DropReason::kIp6MartianDestination);
  if (!has_joined(in, to)) return lose(context, p, DropReason::kIp6NotForwardable);
  return Way::kLocal;
}

// RFC 4291 section 2.5.6, RFC 4007 section 9: neither a source nor a destination of one link may
// cross to another. Which of our own link-local addresses is meant, the arrival link says.
Way judge_unicast(Context& context, Packet* p, const table::Interface& in) noexcept {
  const Ip6Header& ip = ip6(p);
  if (is_set(meta(p), Meta::kGroupMac)) return lose(context, p, DropReason::kIp6NotForwardable);
  if (ip.destination.is_link_local()) {
    if (!has_address(in, ip.destination)) return lose(context, p, DropReason::kIp6NotForwardable);
    set(meta(p), Meta::kForUs);
    return Way::kLocal;
  }
  return Way::kRoute;
}

Way judge(Context& context, Packet* p, const table::Interface& in) noexcept {
  const Ip6Header& ip = ip6(p);
  if (ip.source.is_multicast() || ip.source.is_loopback())
    return lose(context, p, DropReason::kIp6MartianSource);
  // RFC 4291 section 2.5.2: duplicate address detection speaks from ::, to a group, on its link.
  if (ip.source.is_unspecified() && !ip.destination.is_multicast())
    return lose(context, p, DropReason::kIp6MartianSource);
  if (is_set(meta(p), Meta::kOptions)) {
    const OptionVerdict verdict = judge_options6(p, meta(p).l3 + unsigned{sizeof(Ip6Header)});
    if (!verdict.keep) {
      meta(p).icmp_value = verdict.pointer;
      meta(p).drop = DropReason::kIp6BadExtension;
      meta(p).icmp_error = static_cast<uint8_t>(verdict.error);
      return Way::kRefused;
    }
  }
  return ip.destination.is_multicast() ? judge_group(context, p, in)
                                       : judge_unicast(context, p, in);
}

}  // namespace

void ip6_input(Context& context, const Batch& in, Batch& to_route, Batch& to_local,
               Batch& refused) noexcept {
  if (in.empty()) return;
  const StageScope scope(context, seam::Stage::kIp6Input, in.all());
  for (Packet* p : in.all()) {
    trim_padding(p);
    const table::Interface* interface = context.interfaces->get(meta(p).in_if);
    switch (judge(context, p, *interface)) {
      case Way::kRoute:
        to_route.add(p);
        break;
      case Way::kLocal:
        to_local.add(p);
        break;
      case Way::kRefused:
        refused.add(p);
        break;
      case Way::kDropped:
        break;
    }
  }
}

}  // namespace spanway::stage
