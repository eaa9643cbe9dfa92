// SPDX-License-Identifier: BSD-3-Clause
#include "control/ping/probe_packet.h"

#include <cstring>

#include "dataplane/packet/checksum.h"
#include "dataplane/packet/headers.h"

namespace spanway::ping {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr uint8_t kEchoReply4 = 0, kUnreachable4 = 3, kEcho4 = 8, kTimeExceeded4 = 11;
constexpr uint8_t kUnreachable6 = 1, kTooBig6 = 2, kTimeExceeded6 = 3, kEcho6 = 128,
                  kEchoReply6 = 129;
static_assert(sizeof(IcmpHeader) == sizeof(UdpHeader));

template <class T>
bool read(Bytes from, T& out) {
  if (from.size() < sizeof out) return false;
  std::memcpy(&out, from.data(), sizeof out);
  return true;
}
template <class T>
void write(std::vector<uint8_t>& to, size_t at, const T& value) {
  std::memcpy(to.data() + at, &value, sizeof value);
}

uint32_t pack(const Mark& mark) { return uint32_t{mark.id} << 16 | mark.sequence; }
Mark unpack(uint32_t bits) {
  return {static_cast<uint16_t>(bits >> 16), static_cast<uint16_t>(bits)};
}

uint8_t protocol_of(const ProbePacket& probe) {
  if (probe.udp) return ip_proto::kUdp;
  return probe.source.is4() ? ip_proto::kIcmp : ip_proto::kIcmp6;
}

// The transport header with its checksum field zero.
void write_transport(std::vector<uint8_t>& packet, size_t at, const ProbePacket& probe) {
  if (probe.udp) {
    const auto bytes = static_cast<uint16_t>(packet.size() - at);
    write(packet, at,
          UdpHeader{Be16(probe.mark.id), Be16(probe.mark.sequence), Be16(bytes), Be16()});
  } else {
    write(packet, at,
          IcmpHeader{probe.source.is4() ? kEcho4 : kEcho6, 0, Be16(), Be32(pack(probe.mark))});
  }
}

// `sum` is that of the pseudo header, or 0 where there is none (IPv4).
void write_icmp_checksum(std::vector<uint8_t>& packet, size_t at, uint64_t sum) {
  const uint16_t checksum = checksum_finish(checksum_add(sum, Bytes(packet).subspan(at)));
  write(packet, at + offsetof(IcmpHeader, checksum), Be16::from_raw(checksum));
}

size_t ip_bytes(const ProbePacket& probe) {
  return probe.source.is4() ? sizeof(Ip4Header) : sizeof(Ip6Header);
}

AnswerKind kind_of_unreachable4(uint8_t code) {  // RFC 792, RFC 1812 section 5.2.7.1
  switch (code) {
    case 0:
    case 6:
    case 11:
      return AnswerKind::kNetUnreachable;
    case 1:
    case 7:
    case 12:
      return AnswerKind::kHostUnreachable;
    case 2:
      return AnswerKind::kProtocolUnreachable;
    case 3:
      return AnswerKind::kPortUnreachable;
    case 4:
      return AnswerKind::kTooBig;
    case 9:
    case 10:
    case 13:
      return AnswerKind::kProhibited;
    default:
      return AnswerKind::kOtherError;
  }
}

AnswerKind kind_of_unreachable6(uint8_t code) {  // RFC 4443 section 3.1
  switch (code) {
    case 0:
      return AnswerKind::kNetUnreachable;
    case 1:
    case 5:
    case 6:
      return AnswerKind::kProhibited;
    case 3:
      return AnswerKind::kHostUnreachable;
    case 4:
      return AnswerKind::kPortUnreachable;
    default:
      return AnswerKind::kOtherError;
  }
}

std::optional<AnswerKind> error_kind4(const IcmpHeader& icmp) {
  if (icmp.type == kUnreachable4) return kind_of_unreachable4(icmp.code);
  if (icmp.type == kTimeExceeded4) return AnswerKind::kTtlExpired;
  return std::nullopt;
}

std::optional<AnswerKind> error_kind6(const IcmpHeader& icmp) {
  if (icmp.type == kUnreachable6) return kind_of_unreachable6(icmp.code);
  if (icmp.type == kTooBig6) return AnswerKind::kTooBig;
  if (icmp.type == kTimeExceeded6) return AnswerKind::kTtlExpired;
  return std::nullopt;
}

// The first eight bytes behind the quoted IP header: which of our probes it was.
bool read_quoted_mark(Bytes transport, uint8_t protocol, uint8_t echo_type, Answer& out) {
  UdpHeader udp;
  IcmpHeader icmp;
  if (protocol == ip_proto::kUdp && read(transport, udp)) {
    out.udp = true;
    out.mark = {udp.source_port.host(), udp.destination_port.host()};
    return true;
  }
  const bool is_icmp = protocol == ip_proto::kIcmp || protocol == ip_proto::kIcmp6;
  if (!is_icmp || !read(transport, icmp) || icmp.type != echo_type) return false;
  out.mark = unpack(icmp.rest.host());
  return true;
}

bool read_quote4(Bytes quote, Answer& out) {
  Ip4Header ip;
  if (!read(quote, ip) || ip.version() != 4 || ip.header_bytes() < sizeof ip ||
      quote.size() < ip.header_bytes() || ip.offset_bytes() != 0)
    return false;
  out.source = ip.source.addr();
  out.destination = ip.destination.addr();
  return read_quoted_mark(quote.subspan(ip.header_bytes()), ip.protocol, kEcho4, out);
}

bool read_quote6(Bytes quote, Answer& out) {
  Ip6Header ip;
  if (!read(quote, ip) || ip.version() != 6) return false;
  out.source = ip.source;
  out.destination = ip.destination;
  return read_quoted_mark(quote.subspan(sizeof ip), ip.next_header, kEcho6, out);
}

bool read_icmp4(Bytes message, Answer& out) {
  IcmpHeader icmp;
  if (!read(message, icmp) || checksum_finish(checksum_add(0, message)) != 0) return false;
  if (icmp.type == kEchoReply4 && icmp.code == 0) {
    out.mark = unpack(icmp.rest.host());
    out.destination = out.from;
    return true;
  }
  const auto kind = error_kind4(icmp);
  if (!kind) return false;
  out.kind = *kind;
  if (*kind == AnswerKind::kTooBig) out.mtu = icmp.rest.host() & 0xffff;  // RFC 1191 section 4
  return read_quote4(message.subspan(sizeof icmp), out);
}

bool read_icmp6(const Ip6Header& ip, Bytes message, Answer& out) {
  IcmpHeader icmp;
  const uint64_t sum = pseudo_sum(ip, ip_proto::kIcmp6, static_cast<uint32_t>(message.size()));
  if (!read(message, icmp) || checksum_finish(checksum_add(sum, message)) != 0) return false;
  if (icmp.type == kEchoReply6 && icmp.code == 0) {
    out.mark = unpack(icmp.rest.host());
    out.destination = out.from;
    return true;
  }
  const auto kind = error_kind6(icmp);
  if (!kind) return false;
  out.kind = *kind;
  if (*kind == AnswerKind::kTooBig) out.mtu = icmp.rest.host();
  return read_quote6(message.subspan(sizeof icmp), out);
}

std::optional<Answer> parse_answer4(Bytes packet) {
  Ip4Header ip;
  if (!read(packet, ip) || ip.header_bytes() < sizeof ip) return std::nullopt;
  const size_t total = ip.total_length.host();
  if (total < ip.header_bytes() || packet.size() < total) return std::nullopt;
  if (ip.protocol != ip_proto::kIcmp || ip.offset_bytes() != 0) return std::nullopt;
  const Bytes message = packet.first(total).subspan(ip.header_bytes());
  Answer out{.from = ip.source.addr(),
             .source = ip.destination.addr(),
             .destination = {},
             .mark = {},
             .ttl = ip.ttl,
             .bytes = static_cast<uint16_t>(message.size())};
  if (!read_icmp4(message, out)) return std::nullopt;
  return out;
}

std::optional<Answer> parse_answer6(Bytes packet) {
  Ip6Header ip;
  if (!read(packet, ip) || ip.next_header != ip_proto::kIcmp6) return std::nullopt;
  if (packet.size() - sizeof ip < ip.payload_length.host()) return std::nullopt;
  const Bytes message = packet.subspan(sizeof ip, ip.payload_length.host());
  Answer out{.from = ip.source,
             .source = ip.destination,
             .destination = {},
             .mark = {},
             .ttl = ip.hop_limit,
             .bytes = static_cast<uint16_t>(message.size())};
  if (!read_icmp6(ip, message, out)) return std::nullopt;
  return out;
}

}  // namespace

size_t packet_bytes(const ProbePacket& probe) {
  return ip_bytes(probe) + sizeof(IcmpHeader) + probe.payload_bytes;
}

std::vector<uint8_t> write_probe(const ProbePacket& probe) {
  const size_t at = ip_bytes(probe);
  std::vector<uint8_t> packet(packet_bytes(probe));
  for (size_t i = at + sizeof(IcmpHeader); i < packet.size(); ++i)
    packet[i] = static_cast<uint8_t>(i - at);
  write_transport(packet, at, probe);
  const auto bytes = static_cast<uint16_t>(packet.size() - at);
  const uint8_t protocol = protocol_of(probe);
  if (probe.source.is6()) {
    const Ip6Header ip{.version_class_flow = Be32(6u << 28),
                       .payload_length = Be16(bytes),
                       .next_header = protocol,
                       .hop_limit = probe.ttl,
                       .source = probe.source.v6(),
                       .destination = probe.destination.v6()};
    if (!probe.udp) write_icmp_checksum(packet, at, pseudo_sum(ip, protocol, bytes));
    write(packet, 0, ip);
    return packet;
  }
  const Ip4Header ip{
      .version_ihl = 0x45,
      .dscp_ecn = 0,
      .total_length = Be16(static_cast<uint16_t>(packet.size())),
      // RFC 6864: an atomic packet needs no identification; otherwise it tells apart.
      .id = Be16(probe.dont_fragment ? uint16_t{0} : probe.mark.sequence),
      .fragment = Be16(probe.dont_fragment ? Ip4Header::kDontFragment : uint16_t{0}),
      .ttl = probe.ttl,
      .protocol = protocol,
      .checksum = {},
      .source = Ip4Wire::of(probe.source.v4()),
      .destination = Ip4Wire::of(probe.destination.v4())};
  if (!probe.udp) write_icmp_checksum(packet, at, 0);
  write(packet, 0, ip);
  return packet;
}

std::optional<Answer> parse_answer(Bytes packet) {
  if (packet.empty()) return std::nullopt;
  if (packet[0] >> 4 == 4) return parse_answer4(packet);
  if (packet[0] >> 4 == 6) return parse_answer6(packet);
  return std::nullopt;
}

std::string_view describe(AnswerKind kind) {
  switch (kind) {
    case AnswerKind::kEchoReply:
      return "";
    case AnswerKind::kTtlExpired:
      return "time to live exceeded";
    case AnswerKind::kTooBig:
      return "packet too big";
    case AnswerKind::kNetUnreachable:
      return "network unreachable";
    case AnswerKind::kHostUnreachable:
      return "host unreachable";
    case AnswerKind::kProtocolUnreachable:
      return "protocol unreachable";
    case AnswerKind::kPortUnreachable:
      return "port unreachable";
    case AnswerKind::kProhibited:
      return "administratively prohibited";
    case AnswerKind::kOtherError:
      break;
  }
  return "unreachable";
}

}  // namespace spanway::ping
