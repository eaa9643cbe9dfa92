// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/local_icmp.h"

#include <cstring>
#include <utility>

#include "dataplane/packet/checksum.h"
#include "dataplane/stage/header_view.h"
#include "dataplane/stage/link_output.h"
#include "dataplane/stage/open_sums.h"
#include "dataplane/stage/punt.h"
#include "dataplane/stage/source_address.h"
#include "dataplane/stage/transport_checksum.h"
#include "dataplane/stage/walk.h"
#include "dataplane/stage/watch.h"

namespace spanway::stage {
namespace {

constexpr uint8_t kEchoReply4 = 0, kEchoRequest4 = 8;
constexpr uint8_t kEchoRequest6 = 128, kEchoReply6 = 129;
constexpr uint8_t kFirstNd = 133, kLastNd = 137;
constexpr uint8_t kHopLimit = 64;

IcmpHeader& icmp(Packet* p) noexcept { return header_at<IcmpHeader>(p, meta(p).l4); }

// The request's life is over; what follows in its buffer is the reply.
void end_request(Context& context, Packet* p) noexcept {
  end_trace(context, p, DropReason::kNone);
  context.counters.local.add(1);
  context.counters.originated.add(1);
  Meta& m = meta(p);
  m.flags = Meta::kFromLocal;
  m.vlan = 0;
}

void change_type(Packet* p, uint8_t type) noexcept {
  IcmpHeader& header = icmp(p);
  const uint16_t before = static_cast<uint16_t>(header.type | header.code << 8);
  header.type = type;
  const uint16_t after = static_cast<uint16_t>(header.type | header.code << 8);
  header.checksum = Be16::from_raw(checksum_update(header.checksum.raw(), before, after));
}

void answer4(Context& context, Packet* p, Batch& made) noexcept {
  // RFC 1812 section 4.3.3.6 leaves echo requests to a broadcast or group unanswered if we like.
  if (!is_set(meta(p), Meta::kForUs)) return drop(context, p, DropReason::kLocalUnknownProtocol);
  end_request(context, p);
  Ip4Header& ip = ip4(p);
  std::swap(ip.source, ip.destination);
  ip.ttl = kHopLimit;
  ip.fragment = Be16();
  leave_open(p, Meta::kOpenIp4Sum);
  change_type(p, kEchoReply4);
  made.add(p);
}

// The reply carries no extension headers: the IPv6 header moves next to the message.
void close_up(Packet* p) noexcept {
  Meta& m = meta(p);
  const auto to = static_cast<uint16_t>(m.l4 - sizeof(Ip6Header));
  std::memmove(data(p) + to, data(p) + m.l3, sizeof(Ip6Header));
  m.l3_bytes = static_cast<uint16_t>(m.l3_bytes - (to - m.l3));
  m.l3 = to;
  Ip6Header& ip = ip6(p);
  ip.next_header = ip_proto::kIcmp6;
  ip.payload_length = Be16(static_cast<uint16_t>(m.l3_bytes - sizeof(Ip6Header)));
}

void answer6(Context& context, Packet* p, Batch& made) noexcept {
  const Ip6Addr to = ip6(p).source;
  std::optional<Ip6Addr> from = ip6(p).destination;
  // RFC 4443 section 4.2: a request to a group is answered from an address of our own.
  if (from->is_multicast()) from = source6(*context.interfaces, meta(p).in_if, to);
  const bool received = !is_set(meta(p), Meta::kFromLocal);
  if (!from || to.is_unspecified() || (to.is_link_local() && !received))
    return drop(context, p, DropReason::kLocalUnknownProtocol);
  const EtherAddr peer = header_at<EtherHeader>(p, 0).source;
  end_request(context, p);
  close_up(p);
  Ip6Header& ip = ip6(p);
  ip.source = *from;
  ip.destination = to;
  ip.hop_limit = kHopLimit;
  icmp(p).type = kEchoReply6;
  icmp(p).checksum = Be16();
  const std::span<const uint8_t> message = transport_bytes(p);
  const uint64_t sum = pseudo_sum(ip, ip_proto::kIcmp6, static_cast<uint32_t>(message.size()));
  icmp(p).checksum = Be16::from_raw(checksum_finish(checksum_add(sum, message)));
  // The FIB could not say which link the peer is on; the request has.
  if (to.is_link_local()) return send_on_link(context, p, meta(p).in_if, peer);
  set(meta(p), Meta::kMayCut);
  made.add(p);
}

// RFC 4861 sections 6.1 and 7.1: what has crossed a router is not from this link.
void discovery(Context& context, Packet* p) noexcept {
  if (ip6(p).hop_limit != 255 || icmp(p).code != 0)
    return drop(context, p, DropReason::kLocalMalformed);
  punt(context, p, seam::PuntReason::kNd);
}

DropReason judge(Packet* p) noexcept {
  if (meta(p).l4 == 0) return DropReason::kLocalMalformed;
  return transport_checksum_ok(p) ? DropReason::kNone : DropReason::kLocalBadChecksum;
}

}  // namespace

void local_icmp4(Context& context, Packet* p, Batch& made) noexcept {
  const DropReason why = judge(p);
  if (why != DropReason::kNone) return drop(context, p, why);
  if (is_set(meta(p), Meta::kIsError)) return punt(context, p, seam::PuntReason::kIcmpError);
  switch (icmp(p).type) {
    case kEchoRequest4:
      return answer4(context, p, made);
    case kEchoReply4:
      return punt(context, p, seam::PuntReason::kEchoReply);
    default:
      return drop(context, p, DropReason::kLocalUnknownProtocol);
  }
}

void local_icmp6(Context& context, Packet* p, Batch& made) noexcept {
  const DropReason why = judge(p);
  if (why != DropReason::kNone) return drop(context, p, why);
  const uint8_t type = icmp(p).type;
  if (type >= kFirstNd && type <= kLastNd) return discovery(context, p);
  if (is_set(meta(p), Meta::kIsError)) return punt(context, p, seam::PuntReason::kIcmpError);
  switch (type) {
    case kEchoRequest6:
      return answer6(context, p, made);
    case kEchoReply6:
      return punt(context, p, seam::PuntReason::kEchoReply);
    default:
      return drop(context, p, DropReason::kLocalUnknownProtocol);
  }
}

}  // namespace spanway::stage
