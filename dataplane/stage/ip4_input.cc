// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/ip4_input.h"

#include "dataplane/packet/checksum.h"
#include "dataplane/stage/icmp_error.h"
#include "dataplane/stage/padding.h"
#include "dataplane/stage/stage_scope.h"
#include "dataplane/stage/walk.h"

namespace spanway::stage {
namespace {

bool checksum_ok(Packet* p) noexcept {
  switch (ip_checksum_verdict(p)) {
    case ChecksumVerdict::kGood:
      return true;
    case ChecksumVerdict::kBad:
      return false;
    default:
      return ip4_checksum_ok(ip4(p));
  }
}

// RFC 1812 section 5.3.7 and RFC 6890: addresses that no packet on a wire may come from.
bool is_martian_source(Ip4Addr a) noexcept {
  return a.value() >> 24 == 0 || a.is_loopback() || a.is_multicast() || a.is_reserved() ||
         a.is_broadcast();
}

// 224.0.0.0/24 never leaves its link; local_demux knows which of those groups mean us.
bool is_link_group(Ip4Addr a) noexcept { return a.value() >> 8 == 0xe00000; }

DropReason judge(Packet* p) noexcept {
  if (!checksum_ok(p)) return DropReason::kIp4BadChecksum;
  const Ip4Header& ip = ip4(p);
  if (is_martian_source(ip.source.addr())) return DropReason::kIp4MartianSource;
  // RFC 7126 sections 4.3 and 4.4: a packet that picks its own way is dropped without a word.
  if (is_set(meta(p), Meta::kSourceRoute)) return DropReason::kIp4BadOptions;
  return DropReason::kNone;
}

void sort_by_destination(Context& context, Packet* p, Batch& to_route, Batch& to_local) noexcept {
  const Ip4Addr to = ip4(p).destination.addr();
  if (to.is_broadcast() || is_link_group(to)) return to_local.add(p);
  // There is no multicast routing here; and what came to everyone's MAC is for nobody else (RFC
  // 1812 section 5.3.4), nor a unicast packet for us (RFC 1122 section 3.3.6).
  if (to.is_multicast() || is_set(meta(p), Meta::kGroupMac))
    return drop(context, p, DropReason::kIp4NotForwardable);
  to_route.add(p);
}

}  // namespace

void ip4_input(Context& context, const Batch& in, Batch& to_route, Batch& to_local,
               Batch& refused) noexcept {
  if (in.empty()) return;
  const StageScope scope(context, seam::Stage::kIp4Input, in.all());
  for (Packet* p : in.all()) {
    const DropReason why = judge(p);
    if (why != DropReason::kNone) {
      drop(context, p, why);
      continue;
    }
    trim_padding(p);
    if (meta(p).drop == DropReason::kIp4BadOptions)
      refuse(p, DropReason::kIp4BadOptions, IcmpError::kParameterProblem, refused);
    else
      sort_by_destination(context, p, to_route, to_local);
  }
}

}  // namespace spanway::stage
