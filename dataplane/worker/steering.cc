// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/steering.h"

#include <cstring>

#include "dataplane/packet/flow_key.h"
#include "dataplane/packet/headers.h"

namespace spanway::worker {
namespace {

bool has_ports(uint8_t protocol) noexcept {
  return protocol == ip_proto::kTcp || protocol == ip_proto::kUdp;
}

uint32_t ports_at(const uint8_t* l4, size_t left) noexcept {
  uint32_t ports = 0;
  if (left >= sizeof ports) std::memcpy(&ports, l4, sizeof ports);
  return ports;
}

std::optional<uint32_t> hash4(const uint8_t* l3, size_t left) noexcept {
  if (left < sizeof(Ip4Header)) return std::nullopt;
  const auto& ip = *reinterpret_cast<const Ip4Header*>(l3);
  const size_t header = ip.header_bytes();
  if (ip.version() != 4 || header < sizeof(Ip4Header) || header > left) return std::nullopt;
  constexpr uint16_t kPieces = Ip4Header::kMoreFragments | Ip4Header::kOffsetMask;
  const bool whole = (ip.fragment.host() & kPieces) == 0;
  return flow_hash(ip, whole && has_ports(ip.protocol) ? ports_at(l3 + header, left - header) : 0);
}

std::optional<uint32_t> hash6(const uint8_t* l3, size_t left) noexcept {
  if (left < sizeof(Ip6Header)) return std::nullopt;
  const auto& ip = *reinterpret_cast<const Ip6Header*>(l3);
  if (ip.version() != 6) return std::nullopt;
  const uint8_t protocol = ip.next_header;
  return flow_hash(
      ip, protocol,
      has_ports(protocol) ? ports_at(l3 + sizeof(Ip6Header), left - sizeof(Ip6Header)) : 0);
}

}  // namespace

std::optional<WorkerId> flow_owner(const Packet* packet, uint16_t workers) noexcept {
  const uint8_t* frame = data(packet);
  const size_t bytes = packet->data_len;
  size_t l3 = sizeof(EtherHeader);
  if (bytes < l3) return std::nullopt;
  uint16_t type = reinterpret_cast<const EtherHeader*>(frame)->type.host();
  if (type == ether_type::kVlan && bytes >= l3 + sizeof(VlanTag)) {
    type = reinterpret_cast<const VlanTag*>(frame + l3)->type.host();
    l3 += sizeof(VlanTag);
  }
  std::optional<uint32_t> hash;
  if (type == ether_type::kIp4) hash = hash4(frame + l3, bytes - l3);
  if (type == ether_type::kIp6) hash = hash6(frame + l3, bytes - l3);
  if (!hash) return std::nullopt;
  // Multiplied once more, because the top bits of the hash itself choose a group's bucket: without
  // this each worker would use only its share of the paths.
  const uint64_t spread = uint32_t{*hash * 0x9e3779b1u};
  return WorkerId(static_cast<uint16_t>(spread * workers >> 32));
}

}  // namespace spanway::worker
