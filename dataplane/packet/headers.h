// SPDX-License-Identifier: BSD-3-Clause
// Wire layouts of the headers we read and write. Alignment 1; lay them over any byte of a frame.
#pragma once

#include <cstdint>

#include "dataplane/base/big_endian.h"
#include "dataplane/base/ether_addr.h"
#include "dataplane/base/ip_addr.h"

namespace spanway {

namespace ether_type {
inline constexpr uint16_t kIp4 = 0x0800, kArp = 0x0806, kVlan = 0x8100, kIp6 = 0x86dd;
}
namespace ip_proto {
inline constexpr uint8_t kHopByHop = 0, kIcmp = 1, kIgmp = 2, kTcp = 6, kUdp = 17, kRouting = 43,
                         kFragment = 44, kEsp = 50, kAuth = 51, kIcmp6 = 58, kNoNext = 59,
                         kDestination = 60, kOspf = 89;
}

struct EtherHeader {
  EtherAddr destination;
  EtherAddr source;
  Be16 type;
};
static_assert(sizeof(EtherHeader) == 14 && alignof(EtherHeader) == 1);

struct VlanTag {  // IEEE 802.1Q, stands behind the 0x8100
  Be16 control;   // priority 3, drop eligible 1, id 12
  Be16 type;
  [[nodiscard]] uint16_t id() const noexcept { return control.host() & 0x0fff; }
};
static_assert(sizeof(VlanTag) == 4);

struct ArpPacket {  // RFC 826, Ethernet and IPv4
  Be16 hardware, protocol;
  uint8_t hardware_bytes, protocol_bytes;
  Be16 operation;  // 1 request, 2 reply
  EtherAddr sender_mac;
  Ip4Wire sender_ip;
  EtherAddr target_mac;
  Ip4Wire target_ip;
};
static_assert(sizeof(ArpPacket) == 28 && alignof(ArpPacket) == 1);

struct Ip4Header {  // RFC 791
  uint8_t version_ihl;
  uint8_t dscp_ecn;
  Be16 total_length;
  Be16 id;
  Be16 fragment;  // reserved 1, DF 1, MF 1, offset 13 in units of 8 bytes
  uint8_t ttl;
  uint8_t protocol;
  Be16 checksum;
  Ip4Wire source, destination;

  static constexpr uint16_t kDontFragment = 0x4000, kMoreFragments = 0x2000, kOffsetMask = 0x1fff;
  [[nodiscard]] unsigned version() const noexcept { return version_ihl >> 4; }
  [[nodiscard]] unsigned header_bytes() const noexcept { return (version_ihl & 0xfu) * 4; }
  [[nodiscard]] unsigned offset_bytes() const noexcept {
    return (fragment.host() & kOffsetMask) * 8u;
  }
};
static_assert(sizeof(Ip4Header) == 20 && alignof(Ip4Header) == 1);

struct Ip6Header {  // RFC 8200
  Be32 version_class_flow;
  Be16 payload_length;
  uint8_t next_header;
  uint8_t hop_limit;
  Ip6Addr source, destination;
  [[nodiscard]] unsigned version() const noexcept { return version_class_flow.host() >> 28; }
};
static_assert(sizeof(Ip6Header) == 40 && alignof(Ip6Header) == 1);

struct IcmpHeader {  // RFC 792 and RFC 4443 share these eight bytes
  uint8_t type, code;
  Be16 checksum;
  Be32 rest;  // echo: id 16, sequence 16; too big: MTU; parameter problem: pointer
};
static_assert(sizeof(IcmpHeader) == 8 && alignof(IcmpHeader) == 1);

struct UdpHeader {  // RFC 768
  Be16 source_port, destination_port, length, checksum;
};
static_assert(sizeof(UdpHeader) == 8 && alignof(UdpHeader) == 1);

struct TcpHeader {  // RFC 9293 section 3.1
  Be16 source_port, destination_port;
  Be32 sequence, acknowledgement;
  uint8_t data_offset;  // upper four bits, in words
  uint8_t flags;
  Be16 window, checksum, urgent;
};
static_assert(sizeof(TcpHeader) == 20 && alignof(TcpHeader) == 1);

}  // namespace spanway
