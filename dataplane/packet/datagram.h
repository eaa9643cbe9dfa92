// SPDX-License-Identifier: BSD-3-Clause
// The front of a UDP datagram: what its headers say, and the writing of our own: IP and UDP headers
// without extension headers or options, their sums still to be written (stage/open_sums.h). Any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include "dataplane/base/ip_addr.h"
#include "dataplane/packet/headers.h"

namespace spanway {

struct DatagramFront {
  IpAddr source, destination;  // of one family
  uint16_t source_port = 0, destination_port = 0;
  uint8_t traffic_class = 0;  // DSCP and ECN
  uint8_t hop_limit = 64;
};

// Of a datagram that parse_ip() has accepted, its headers at `l3` and `l4`.
inline DatagramFront front_at(const uint8_t* l3, const uint8_t* l4) noexcept {
  const auto& udp = *reinterpret_cast<const UdpHeader*>(l4);
  const uint16_t from = udp.source_port.host(), to = udp.destination_port.host();
  if (*l3 >> 4 == 4) {
    const auto& ip = *reinterpret_cast<const Ip4Header*>(l3);
    return {ip.source.addr(), ip.destination.addr(), from, to, ip.dscp_ecn, ip.ttl};
  }
  const auto& ip = *reinterpret_cast<const Ip6Header*>(l3);
  return {ip.source,
          ip.destination,
          from,
          to,
          static_cast<uint8_t>(ip.version_class_flow.host() >> 20),
          ip.hop_limit};
}

constexpr size_t front_bytes(bool is4) noexcept {
  return (is4 ? sizeof(Ip4Header) : sizeof(Ip6Header)) + sizeof(UdpHeader);
}

// Writes front_bytes() at `at`, before a payload of so many bytes. IPv4: not to be cut up.
inline void write_front(uint8_t* at, const DatagramFront& front, size_t payload) noexcept {
  const auto udp_bytes = static_cast<uint16_t>(sizeof(UdpHeader) + payload);
  if (front.source.is4()) {
    auto& ip = *new (at) Ip4Header{};
    ip.version_ihl = 0x45;
    ip.dscp_ecn = front.traffic_class;
    ip.total_length = Be16(static_cast<uint16_t>(sizeof(Ip4Header) + udp_bytes));
    ip.fragment = Be16(Ip4Header::kDontFragment);
    ip.ttl = front.hop_limit;
    ip.protocol = ip_proto::kUdp;
    ip.source = Ip4Wire::of(front.source.v4());
    ip.destination = Ip4Wire::of(front.destination.v4());
    at += sizeof(Ip4Header);
  } else {
    auto& ip = *new (at) Ip6Header{};
    ip.version_class_flow = Be32(uint32_t{6} << 28 | uint32_t{front.traffic_class} << 20);
    ip.payload_length = Be16(udp_bytes);
    ip.next_header = ip_proto::kUdp;
    ip.hop_limit = front.hop_limit;
    ip.source = front.source.v6();
    ip.destination = front.destination.v6();
    at += sizeof(Ip6Header);
  }
  new (at)
      UdpHeader{Be16(front.source_port), Be16(front.destination_port), Be16(udp_bytes), Be16()};
}

}  // namespace spanway
