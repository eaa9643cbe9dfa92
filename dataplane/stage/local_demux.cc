// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/local_demux.h"

#include "dataplane/stage/icmp_error.h"
#include "dataplane/stage/ip6_options.h"
#include "dataplane/stage/listener.h"
#include "dataplane/stage/local_icmp.h"
#include "dataplane/stage/punt.h"
#include "dataplane/stage/stage_scope.h"
#include "dataplane/stage/transport_checksum.h"
#include "dataplane/stage/walk.h"

namespace spanway::stage {
namespace {

bool is_heard(Context& context, Packet* p) noexcept {
  return meta(p).protocol == ip_proto::kUdp && is_set(meta(p), Meta::kForUs) &&
         context.listener.listens(header_at<UdpHeader>(p, meta(p).l4).destination_port.host());
}

// Where nobody listens, traceroute ends by this answer.
void by_port(Context& context, Packet* p, Batch& made, Batch& refused) noexcept {
  if (meta(p).l4 == 0 || !transport_length_ok(p))
    return drop(context, p, DropReason::kLocalMalformed);
  if (!transport_checksum_ok(p)) return drop(context, p, DropReason::kLocalBadChecksum);
  if (is_heard(context, p)) return context.listener.take(context, p, made);
  refuse(p, DropReason::kLocalUnknownProtocol, IcmpError::kPortUnreachable, refused);
}

void by_protocol(Context& context, Packet* p, Batch& made, Batch& refused) noexcept {
  const bool v4 = meta(p).family == 4;
  switch (meta(p).protocol) {
    case ip_proto::kIcmp:
      if (v4) return local_icmp4(context, p, made);
      break;
    case ip_proto::kIcmp6:
      if (!v4) return local_icmp6(context, p, made);
      break;
    case ip_proto::kUdp:
    case ip_proto::kTcp:
      return by_port(context, p, made, refused);
    case ip_proto::kOspf:
      return punt(context, p, seam::PuntReason::kOspf);
    case ip_proto::kNoNext:
      if (!v4) return drop(context, p, DropReason::kLocalUnknownProtocol);
      break;
    default:
      break;
  }
  refuse(p, DropReason::kLocalUnknownProtocol, IcmpError::kProtocolUnreachable, refused);
}

// The extension headers that only a destination looks at: RFC 8200 sections 4.4 and 4.6. parse has
// checked every length on the way.
OptionVerdict judge_extensions(Packet* p) noexcept {
  unsigned at = meta(p).l3 + unsigned{sizeof(Ip6Header)};
  uint8_t next = ip6(p).next_header;
  for (;;) {
    const uint8_t* here = data(p) + at;
    switch (next) {
      case ip_proto::kDestination: {
        const OptionVerdict verdict = judge_options6(p, at);
        if (!verdict.keep) return verdict;
        break;
      }
      case ip_proto::kRouting:  // no type is known here: only one that is used up may pass
        if (here[3] != 0) return {false, IcmpError::kParameterProblem, at + 2 - meta(p).l3};
        break;
      case ip_proto::kHopByHop:
        if (at != meta(p).l3 + sizeof(Ip6Header)) return {};
        break;
      case ip_proto::kFragment:  // an atomic one, RFC 6946
        next = here[0];
        at += 8;
        continue;
      case ip_proto::kAuth:
        next = here[0];
        at += (here[1] + 2u) * 4;
        continue;
      default:
        return {};
    }
    next = here[0];
    at += (here[1] + 1u) * 8;
  }
}

// Control puts fragments together: they may come by several workers, and make more than a buffer
// holds. It takes so many a second that what else is punted still gets through.
void give_fragment(Context& context, Packet* p) noexcept {
  if (!context.local_fragments.take(context.now))
    return drop(context, p, DropReason::kLocalFragment);
  punt(context, p, seam::PuntReason::kFragment);
}

void demux6(Context& context, Packet* p, Batch& made, Batch& refused) noexcept {
  const OptionVerdict verdict = judge_extensions(p);
  if (verdict.keep) return by_protocol(context, p, made, refused);
  meta(p).icmp_value = verdict.pointer;
  refuse(p, DropReason::kIp6BadExtension, verdict.error, refused);
}

}  // namespace

void local_demux(Context& context, const Batch& in, Batch& made, Batch& refused) noexcept {
  if (in.empty()) return;
  const StageScope scope(context, seam::Stage::kLocalDemux, in.all());
  for (Packet* p : in.all()) {
    if (is_set(meta(p), Meta::kBadChain))
      drop(context, p, DropReason::kIp6BadExtension);
    else if (is_set(meta(p), Meta::kFragment))
      give_fragment(context, p);
    else if (meta(p).family == 4)
      by_protocol(context, p, made, refused);
    else
      demux6(context, p, made, refused);
  }
}

}  // namespace spanway::stage
