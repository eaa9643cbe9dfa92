// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/sim/spread.h"

#include <cstring>

#include "dataplane/packet/flow_key.h"
#include "dataplane/packet/headers.h"

namespace spanway::sim {
namespace {

template <class T>
bool read(const Packet* packet, uint32_t offset, T& out) noexcept {
  if (offset + sizeof(T) > length(packet)) return false;
  std::memcpy(&out, data(packet) + offset, sizeof(T));
  return true;
}

bool has_ports(uint8_t protocol) noexcept {
  return protocol == ip_proto::kTcp || protocol == ip_proto::kUdp;
}

}  // namespace

uint32_t spread(const Packet* packet) noexcept {
  EtherHeader ethernet;
  if (!read(packet, 0, ethernet)) return 0;
  uint16_t type = ethernet.type.host();
  uint32_t offset = sizeof(EtherHeader);
  if (VlanTag tag; type == ether_type::kVlan && read(packet, offset, tag)) {
    type = tag.type.host();
    offset += sizeof(VlanTag);
  }
  uint32_t ports = 0;
  if (Ip4Header ip; type == ether_type::kIp4 && read(packet, offset, ip)) {
    const bool fragment =
        (ip.fragment.host() & (Ip4Header::kMoreFragments | Ip4Header::kOffsetMask)) != 0;
    if (!fragment && has_ports(ip.protocol)) read(packet, offset + ip.header_bytes(), ports);
    return flow_hash(ip, ports);
  }
  if (Ip6Header ip; type == ether_type::kIp6 && read(packet, offset, ip)) {
    if (has_ports(ip.next_header)) read(packet, offset + uint32_t{sizeof(Ip6Header)}, ports);
    return flow_hash(ip, ip.next_header, ports);
  }
  return 0;
}

}  // namespace spanway::sim
