// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/ip_forward.h"

#include "dataplane/packet/checksum.h"
#include "dataplane/stage/fragment.h"
#include "dataplane/stage/icmp_error.h"
#include "dataplane/stage/stage_scope.h"

namespace spanway::stage {
namespace {

using table::NextHop;

bool is_spent(Packet* p) noexcept {
  if (is_set(meta(p), Meta::kFromLocal)) return false;
  return meta(p).family == 4 ? ip4(p).ttl <= 1 : ip6(p).hop_limit <= 1;
}

void lower_hop_limit(Packet* p) noexcept {
  if (is_set(meta(p), Meta::kFromLocal)) return;
  if (meta(p).family == 4)
    ip4_lower_ttl(ip4(p));
  else
    --ip6(p).hop_limit;
}

// RFC 791 and RFC 8200 section 4.5: only IPv4, and only without DF, is cut on the way; IPv6 at its
// source.
bool may_fragment(Packet* p) noexcept {
  if (meta(p).family == 6) return is_set(meta(p), Meta::kMayCut);
  return (ip4(p).fragment.host() & Ip4Header::kDontFragment) == 0;
}

void forward_oversize(Context& context, Packet* p, const NextHop& hop, Batch& refused) noexcept {
  if (!may_fragment(p)) {
    meta(p).icmp_value = hop.mtu;
    return refuse(p, DropReason::kMtuExceeded, IcmpError::kTooBig, refused);
  }
  lower_hop_limit(p);
  if (meta(p).family == 4)
    fragment(context, p, hop);
  else
    fragment6(context, p, hop);
}

}  // namespace

void ip_forward(Context& context, const RoutedBatch& in, RoutedBatch& to_output,
                RoutedBatch& to_resolve, Batch& refused) noexcept {
  if (in.empty()) return;
  const StageScope scope(context, seam::Stage::kIpForward, in.all());
  for (unsigned i = 0; i < in.size(); ++i) {
    Packet* p = in[i];
    const NextHop& hop = in.hop(i);
    if (is_spent(p)) {
      refuse(p, meta(p).family == 4 ? DropReason::kTtlExpired : DropReason::kHopLimitExpired,
             IcmpError::kTimeExceeded, refused);
    } else if (hop.kind != table::NextHopKind::kForward) {
      to_resolve.add(p, &hop);
    } else if (meta(p).l3_bytes > hop.mtu) {
      forward_oversize(context, p, hop, refused);
    } else {
      lower_hop_limit(p);
      to_output.add(p, &hop);
    }
  }
}

}  // namespace spanway::stage
