// SPDX-License-Identifier: BSD-3-Clause
#include "control/local/local_host.h"

#include <cstddef>
#include <cstring>
#include <utility>

#include "dataplane/packet/checksum.h"
#include "dataplane/packet/headers.h"

namespace spanway::local {
namespace {

constexpr uint8_t kEchoReply4 = 0, kEchoRequest4 = 8;
constexpr uint8_t kEchoRequest6 = 128, kEchoReply6 = 129;
constexpr uint8_t kHopLimit = 64;
// What every IPv6 link passes: a reply of ours needs no path-MTU discovery (RFC 8200 section 5).
constexpr size_t kLeastMtu6 = 1280;

bool is4(Bytes packet) { return packet[0] >> 4 == 4; }

// Reassembly has checked the headers of what it made.
const Ip4Header& ip4(Bytes packet) { return *reinterpret_cast<const Ip4Header*>(packet.data()); }
const Ip6Header& ip6(Bytes packet) { return *reinterpret_cast<const Ip6Header*>(packet.data()); }

// The protocol that a whole packet carries, and its bytes. An IPv6 packet with extension headers
// reads as carrying the first of those.
struct Transport {
  uint8_t protocol;
  Bytes bytes;
};
Transport transport_of(Bytes packet) {
  if (is4(packet)) return {ip4(packet).protocol, packet.subspan(ip4(packet).header_bytes())};
  return {ip6(packet).next_header, packet.subspan(sizeof(Ip6Header))};
}

IpAddr destination_of(Bytes packet) {
  if (is4(packet)) return ip4(packet).destination.addr();
  return ip6(packet).destination;
}

bool checksum_ok(Bytes packet, const Transport& transport) {
  const auto bytes = static_cast<uint32_t>(transport.bytes.size());
  uint64_t sum = 0;
  if (!is4(packet))
    sum = pseudo_sum(ip6(packet), transport.protocol, bytes);
  else if (transport.protocol != ip_proto::kIcmp)
    sum = pseudo_sum(ip4(packet), transport.protocol, bytes);
  return checksum_finish(checksum_add(sum, transport.bytes)) == 0;
}

bool udp_ok(Bytes packet, Transport transport) {
  if (transport.bytes.size() < sizeof(UdpHeader)) return false;
  const auto& udp = *reinterpret_cast<const UdpHeader*>(transport.bytes.data());
  const size_t claimed = udp.length.host();
  if (claimed < sizeof udp || claimed > transport.bytes.size()) return false;
  // No checksum at all is fine over IPv4 (RFC 768), not over IPv6 (RFC 8200 section 8.1).
  if (udp.checksum.raw() == 0) return is4(packet);
  // The pseudo header has UDP's own length.
  transport.bytes = transport.bytes.first(claimed);
  return checksum_ok(packet, transport);
}

bool tcp_ok(Bytes packet, const Transport& transport) {
  if (transport.bytes.size() < sizeof(TcpHeader)) return false;
  const auto& tcp = *reinterpret_cast<const TcpHeader*>(transport.bytes.data());
  const size_t header = (tcp.data_offset >> 4) * size_t{4};
  return header >= sizeof tcp && header <= transport.bytes.size() && checksum_ok(packet, transport);
}

bool is_extension(uint8_t next) {
  return next == ip_proto::kHopByHop || next == ip_proto::kRouting || next == ip_proto::kFragment ||
         next == ip_proto::kAuth || next == ip_proto::kDestination || next == ip_proto::kNoNext;
}

}  // namespace

LocalHost::LocalHost(Outlet& outlet, uint64_t seed, const Limits& limits)
    : outlet_(outlet), random_(seed), reassembly_(limits) {}

void LocalHost::on_fragment(IfIndex interface, Bytes frame, size_t l3, Nanos now) {
  const Reassembly::Result result = reassembly_.add(interface, frame, l3, now);
  if (result.lost)
    complain_of(*result.lost, {interface, {frame.begin(), frame.end()}, l3});
  else if (result.whole)
    serve(*result.whole, now);
}

// RFC 8200 section 4.5. IPv4 asks for silence.
void LocalHost::complain_of(Loss loss, const Arrival& about) {
  if (loss != Loss::kMalformed && loss != Loss::kTooLong) return;
  if (about.l3 >= about.frame.size() || is4(about.packet())) return;
  const auto fragment = parse_fragment(about.packet());
  if (!fragment) return;
  if (loss == Loss::kMalformed && fragment->more && fragment->payload.size() % 8 != 0)
    return outlet_.complain(about, Complaint::kBadField, offsetof(Ip6Header, payload_length));
  if (loss == Loss::kTooLong)
    outlet_.complain(about, Complaint::kBadField,
                     static_cast<uint32_t>(fragment->front.size() + 2));
}

Nanos LocalHost::step(Nanos now) {
  for (const Arrival& beginning : reassembly_.expire(now))
    outlet_.complain(beginning, Complaint::kTimeout, 0);
  return reassembly_.next_deadline();
}

void LocalHost::serve(const Datagram& datagram, Nanos now) {
  const Bytes packet = datagram.packet;
  const Transport transport = transport_of(packet);
  const auto end = [&]() -> uint64_t& {
    // Its packets are for groups as well.
    if (is4(packet) && transport.protocol == ip_proto::kOspf &&
        outlet_.on_routing(datagram.first.interface, packet))
      return counts_.delivered;
    if (!outlet_.is_ours(destination_of(packet))) return counts_.unserved;
    switch (transport.protocol) {
      case ip_proto::kIcmp:
        if (is4(packet)) return serve_icmp4(datagram, now);
        break;
      case ip_proto::kIcmp6:
        if (!is4(packet)) return serve_icmp6(datagram, now);
        break;
      case ip_proto::kUdp:
        if (!udp_ok(packet, transport)) return counts_.bad_checksum;
        return refuse(datagram, Complaint::kPortUnreachable);
      case ip_proto::kTcp:
        if (!tcp_ok(packet, transport)) return counts_.bad_checksum;
        return refuse(datagram, Complaint::kPortUnreachable);
      default:
        if (!is4(packet) && is_extension(transport.protocol)) return counts_.unserved;
        break;
    }
    return refuse(datagram, Complaint::kProtocolUnreachable);
  };
  ++end();
}

uint64_t& LocalHost::refuse(const Datagram& datagram, Complaint why) {
  outlet_.complain(datagram.first, why, 0);
  return counts_.refused;
}

uint64_t& LocalHost::serve_icmp4(const Datagram& datagram, Nanos now) {
  const Transport transport = transport_of(datagram.packet);
  if (transport.bytes.size() < sizeof(IcmpHeader) || !checksum_ok(datagram.packet, transport))
    return counts_.bad_checksum;
  switch (transport.bytes[0]) {
    case kEchoRequest4:
      return answer4(datagram);
    case kEchoReply4:
    case 3:   // destination unreachable
    case 11:  // time exceeded
    case 12:  // parameter problem
      outlet_.on_answer(datagram.packet, now);
      return counts_.delivered;
    default:
      return counts_.unserved;
  }
}

uint64_t& LocalHost::serve_icmp6(const Datagram& datagram, Nanos now) {
  const Transport transport = transport_of(datagram.packet);
  if (transport.bytes.size() < sizeof(IcmpHeader) || !checksum_ok(datagram.packet, transport))
    return counts_.bad_checksum;
  const uint8_t type = transport.bytes[0];
  if (type == kEchoRequest6) return answer6(datagram);
  // Below 128 are the errors (RFC 4443 section 2.1).
  if (type != kEchoReply6 && type >= 128) return counts_.unserved;
  outlet_.on_answer(datagram.packet, now);
  return counts_.delivered;
}

uint64_t& LocalHost::answer4(const Datagram& datagram) {
  const Ip4Header& request = ip4(datagram.packet);
  const Bytes message = transport_of(datagram.packet).bytes;
  std::vector<uint8_t> reply(sizeof(Ip4Header));
  reply.insert(reply.end(), message.begin(), message.end());
  auto& icmp = *reinterpret_cast<IcmpHeader*>(reply.data() + sizeof(Ip4Header));
  icmp.type = kEchoReply4;
  icmp.checksum = Be16();
  icmp.checksum = checksum_of(Bytes(reply).subspan(sizeof(Ip4Header)));
  Ip4Header ip{};
  ip.version_ihl = 0x45;
  ip.dscp_ecn = request.dscp_ecn;
  ip.total_length = Be16(static_cast<uint16_t>(reply.size()));
  ip.id = Be16(static_cast<uint16_t>(random_()));
  ip.ttl = kHopLimit;
  ip.protocol = ip_proto::kIcmp;
  ip.source = request.destination;
  ip.destination = request.source;
  ip4_checksum_fill(ip);
  std::memcpy(reply.data(), &ip, sizeof ip);
  send_pieces(datagram, reply, outlet_.mtu_of(datagram.first.interface));
  return counts_.answered;
}

uint64_t& LocalHost::answer6(const Datagram& datagram) {
  const Ip6Header& request = ip6(datagram.packet);
  if (request.source.is_unspecified()) return counts_.unserved;
  const Bytes message = transport_of(datagram.packet).bytes;
  Ip6Header ip{};
  ip.version_class_flow = Be32(uint32_t{6} << 28);
  ip.payload_length = Be16(static_cast<uint16_t>(message.size()));
  ip.next_header = ip_proto::kIcmp6;
  ip.hop_limit = kHopLimit;
  ip.source = request.destination;
  ip.destination = request.source;
  std::vector<uint8_t> reply(sizeof ip);
  std::memcpy(reply.data(), &ip, sizeof ip);
  reply.insert(reply.end(), message.begin(), message.end());
  auto& icmp = *reinterpret_cast<IcmpHeader*>(reply.data() + sizeof ip);
  icmp.type = kEchoReply6;
  icmp.checksum = Be16();
  const uint64_t sum = pseudo_sum(ip, ip_proto::kIcmp6, static_cast<uint32_t>(message.size()));
  icmp.checksum =
      Be16::from_raw(checksum_finish(checksum_add(sum, Bytes(reply).subspan(sizeof ip))));
  send_pieces(datagram, reply, kLeastMtu6);
  return counts_.answered;
}

void LocalHost::send_pieces(const Datagram& about, Bytes reply, size_t mtu) {
  const bool on_link = !is4(reply) && ip6(reply).destination.is_link_local();
  for (const std::vector<uint8_t>& piece : cut(reply, mtu, static_cast<uint32_t>(random_()))) {
    bool sent = false;
    if (on_link) {
      // The FIB could not say which link the peer is on; the request has.
      const auto& request = *reinterpret_cast<const EtherHeader*>(about.first.frame.data());
      const EtherHeader ether{request.source, request.destination, Be16(ether_type::kIp6)};
      std::vector<uint8_t> frame(sizeof ether);
      std::memcpy(frame.data(), &ether, sizeof ether);
      frame.insert(frame.end(), piece.begin(), piece.end());
      sent = outlet_.send_on(about.first.interface, frame);
    } else {
      sent = outlet_.send_packet(piece);
    }
    if (!sent) return;  // without one of its pieces the rest is of no use to anyone
  }
}

}  // namespace spanway::local
