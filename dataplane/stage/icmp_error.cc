// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/icmp_error.h"

#include <algorithm>
#include <cstring>

#include "dataplane/packet/checksum.h"
#include "dataplane/stage/groups.h"
#include "dataplane/stage/link_output.h"
#include "dataplane/stage/open_sums.h"
#include "dataplane/stage/source_address.h"
#include "dataplane/stage/stage_scope.h"
#include "dataplane/stage/walk.h"

namespace spanway::stage {
namespace {

struct TypeCode {
  uint8_t type, code;
};

// In the order of IcmpError. Type 0 of the first: never sent.
constexpr std::array<TypeCode, static_cast<size_t>(IcmpError::kCount)> kTypes4 = {{
    {0, 0},   // kNone
    {3, 0},   // kNoRoute: net unreachable
    {3, 1},   // kHostUnreachable
    {3, 2},   // kProtocolUnreachable
    {3, 3},   // kPortUnreachable
    {3, 4},   // kTooBig: fragmentation needed and DF set, RFC 1191
    {3, 13},  // kRejected: communication administratively prohibited, RFC 1812 5.2.7.1
    {3, 0},   // kBeyondScope
    {11, 0},  // kTimeExceeded
    {11, 1},  // kReassemblyTime
    {12, 0},  // kParameterProblem
    {12, 0},  // kUnknownOption
}};
constexpr std::array<TypeCode, static_cast<size_t>(IcmpError::kCount)> kTypes6 = {{
    {0, 0},  // kNone
    {1, 0},  // kNoRoute
    {1, 3},  // kHostUnreachable: address unreachable
    {4, 1},  // kProtocolUnreachable: unrecognized next header
    {1, 4},  // kPortUnreachable
    {2, 0},  // kTooBig
    {1, 6},  // kRejected: reject route to destination
    {1, 2},  // kBeyondScope: beyond scope of source address
    {3, 0},  // kTimeExceeded
    {3, 1},  // kReassemblyTime
    {4, 0},  // kParameterProblem
    {4, 2},  // kUnknownOption
}};

constexpr unsigned kEther = sizeof(EtherHeader);
constexpr unsigned kMost4 = 576;   // RFC 1812 section 4.3.2.3
constexpr unsigned kMost6 = 1280;  // RFC 4443 section 2.4 (c)
constexpr uint8_t kHopLimit = 64;
constexpr uint8_t kInternetworkControl = 0xc0;  // precedence 6, RFC 1812 section 4.3.2.5

IcmpError error_of(Packet* p) noexcept { return static_cast<IcmpError>(meta(p).icmp_error); }

// RFC 1812 section 4.3.2.7.
bool may_answer4(Context& context, Packet* p) noexcept {
  const Meta& m = meta(p);
  if (is_set(m, Meta::kIsError) || is_set(m, Meta::kLaterFragment) || is_set(m, Meta::kGroupMac))
    return false;
  const Ip4Addr to = ip4(p).destination.addr();
  if (to.is_multicast() || to.is_broadcast()) return false;
  // The source names one host: ip4_input has refused the others, but for subnet broadcasts.
  const Ip4Addr from = ip4(p).source.addr();
  const table::Interface* in = context.interfaces->get(m.in_if);
  return in == nullptr || !is_subnet_broadcast(*in, from) || has_address(*in, from);
}

// RFC 4443 section 2.4 (e).
bool may_answer6(Packet* p) noexcept {
  const Meta& m = meta(p);
  if (is_set(m, Meta::kIsError)) return false;
  if (ip6(p).source.is_unspecified() || ip6(p).source.is_multicast()) return false;
  const bool also_about_groups =
      error_of(p) == IcmpError::kTooBig || error_of(p) == IcmpError::kUnknownOption;
  const bool to_group = ip6(p).destination.is_multicast() || is_set(m, Meta::kGroupMac);
  return !to_group || also_about_groups;
}

bool may_answer(Context& context, Packet* p) noexcept {
  if (error_of(p) == IcmpError::kNone || is_set(meta(p), Meta::kFromLocal)) return false;
  if (!(meta(p).family == 4 ? may_answer4(context, p) : may_answer6(p))) return false;
  return context.icmp_errors.take(context.now);
}

// What the third word of the message says.
Be32 rest4(Packet* p) noexcept {
  switch (error_of(p)) {
    case IcmpError::kTooBig:
      return Be32(meta(p).icmp_value & 0xffff);
    case IcmpError::kParameterProblem:
    case IcmpError::kUnknownOption:
      return Be32(meta(p).icmp_value << 24);
    default:
      return Be32(0);
  }
}

Be32 rest6(Packet* p) noexcept {
  switch (error_of(p)) {
    case IcmpError::kTooBig:
    case IcmpError::kParameterProblem:
    case IcmpError::kUnknownOption:
    case IcmpError::kProtocolUnreachable:
      return Be32(meta(p).icmp_value);
    default:
      return Be32(0);
  }
}

// A buffer with room for `ip_bytes` behind an Ethernet header, noted as one of ours.
Packet* make_packet(Context& context, Packet* about, unsigned ip_header, unsigned ip_bytes,
                    uint8_t protocol) noexcept {
  Packet* made = context.buffers.allocate();
  if (made == nullptr) return nullptr;
  if (append(made, static_cast<uint16_t>(kEther + ip_bytes)) == nullptr) {
    release(made);
    return nullptr;
  }
  Meta& m = meta(made);
  m.l3 = kEther;
  m.l4 = static_cast<uint16_t>(kEther + ip_header);
  m.l3_bytes = static_cast<uint16_t>(ip_bytes);
  m.family = meta(about).family;
  m.protocol = protocol;
  m.in_port = meta(about).in_port;
  m.in_if = meta(about).in_if;
  m.rx_time_ns = static_cast<uint64_t>(context.now.ns());
  m.flags = Meta::kFromLocal | Meta::kIsError;
  return made;
}

void write_message(Packet* made, Packet* about, TypeCode kind, Be32 rest,
                   unsigned quoted) noexcept {
  auto& icmp = header_at<IcmpHeader>(made, meta(made).l4);
  icmp = IcmpHeader{kind.type, kind.code, Be16(), rest};
  std::memcpy(data(made) + meta(made).l4 + sizeof(IcmpHeader), data(about) + meta(about).l3,
              quoted);
}

std::span<const uint8_t> message_of(Packet* p) noexcept {
  return {data(p) + meta(p).l4, size_t{meta(p).l3} + meta(p).l3_bytes - meta(p).l4};
}

Packet* make_error4(Context& context, Packet* about) noexcept {
  const std::optional<Ip4Addr> from = is_set(meta(about), Meta::kForUs)
                                          ? ip4(about).destination.addr()
                                          : source4(*context.interfaces, meta(about).in_if);
  if (!from) return nullptr;
  constexpr unsigned kHeaders = sizeof(Ip4Header) + sizeof(IcmpHeader);
  const unsigned quoted = std::min<unsigned>(meta(about).l3_bytes, kMost4 - kHeaders);
  Packet* made = make_packet(context, about, sizeof(Ip4Header), kHeaders + quoted, ip_proto::kIcmp);
  if (made == nullptr) return nullptr;
  Ip4Header& ip = ip4(made);
  ip = Ip4Header{};
  ip.version_ihl = 0x45;
  ip.dscp_ecn = kInternetworkControl;
  ip.total_length = Be16(meta(made).l3_bytes);
  ip.id = Be16(static_cast<uint16_t>(context.counters.originated.get()));
  ip.ttl = kHopLimit;
  ip.protocol = ip_proto::kIcmp;
  ip.source = Ip4Wire::of(*from);
  ip.destination = ip4(about).source;
  leave_open(made, Meta::kOpenIp4Sum);
  write_message(made, about, kTypes4[meta(about).icmp_error], rest4(about), quoted);
  header_at<IcmpHeader>(made, meta(made).l4).checksum = checksum_of(message_of(made));
  return made;
}

Packet* make_error6(Context& context, Packet* about) noexcept {
  const Ip6Addr& to = ip6(about).source;
  const std::optional<Ip6Addr> from = is_set(meta(about), Meta::kForUs)
                                          ? ip6(about).destination
                                          : source6(*context.interfaces, meta(about).in_if, to);
  if (!from) return nullptr;
  constexpr unsigned kHeaders = sizeof(Ip6Header) + sizeof(IcmpHeader);
  const unsigned quoted = std::min<unsigned>(meta(about).l3_bytes, kMost6 - kHeaders);
  Packet* made =
      make_packet(context, about, sizeof(Ip6Header), kHeaders + quoted, ip_proto::kIcmp6);
  if (made == nullptr) return nullptr;
  Ip6Header& ip = ip6(made);
  ip.version_class_flow = Be32(uint32_t{6} << 28);
  ip.payload_length = Be16(static_cast<uint16_t>(sizeof(IcmpHeader) + quoted));
  ip.next_header = ip_proto::kIcmp6;
  ip.hop_limit = kHopLimit;
  ip.source = *from;
  ip.destination = to;
  write_message(made, about, kTypes6[meta(about).icmp_error], rest6(about), quoted);
  const std::span<const uint8_t> message = message_of(made);
  const uint64_t sum = pseudo_sum(ip, ip_proto::kIcmp6, static_cast<uint32_t>(message.size()));
  header_at<IcmpHeader>(made, meta(made).l4).checksum =
      Be16::from_raw(checksum_finish(checksum_add(sum, message)));
  return made;
}

// To be routed; but a link-local sender is on the link that it spoke on, which the FIB can not
// tell.
void send(Context& context, Packet* about, Packet* error, Batch& made) noexcept {
  context.counters.originated.add(1);
  if (meta(error).family == 4 || !ip6(error).destination.is_link_local()) return made.add(error);
  send_on_link(context, error, meta(about).in_if, header_at<EtherHeader>(about, 0).source);
}

}  // namespace

void icmp_error(Context& context, const Batch& refused, Batch& made) noexcept {
  if (refused.empty()) return;
  const StageScope scope(context, seam::Stage::kIcmpError, refused.all());
  for (Packet* p : refused.all()) {
    if (may_answer(context, p)) {
      Packet* error = meta(p).family == 4 ? make_error4(context, p) : make_error6(context, p);
      if (error != nullptr) send(context, p, error, made);
    }
    drop(context, p, meta(p).drop);
  }
}

}  // namespace spanway::stage
