// SPDX-License-Identifier: BSD-3-Clause
#include "control/neighbour/arp_message.h"

#include <cstring>

namespace spanway::neighbour {
namespace {

constexpr uint16_t kHardwareEthernet = 1;

struct ArpFrame {
  EtherHeader ether;
  ArpPacket arp;
};
static_assert(sizeof(ArpFrame) == 42);

}  // namespace

std::optional<ArpMessage> parse_arp(std::span<const uint8_t> frame) {
  ArpFrame wire;
  if (frame.size() < sizeof wire) return std::nullopt;
  std::memcpy(&wire, frame.data(), sizeof wire);
  const ArpPacket& arp = wire.arp;
  if (wire.ether.type.host() != ether_type::kArp || arp.hardware.host() != kHardwareEthernet ||
      arp.protocol.host() != ether_type::kIp4 || arp.hardware_bytes != sizeof(EtherAddr) ||
      arp.protocol_bytes != sizeof(Ip4Wire))
    return std::nullopt;
  const uint16_t operation = arp.operation.host();
  if (operation != arp_operation::kRequest && operation != arp_operation::kReply)
    return std::nullopt;
  return ArpMessage{
      .frame_source = wire.ether.source,
      .frame_destination = wire.ether.destination,
      .operation = operation,
      .sender_mac = arp.sender_mac,
      .target_mac = arp.target_mac,
      .sender_ip = arp.sender_ip.addr(),
      .target_ip = arp.target_ip.addr(),
  };
}

std::vector<uint8_t> write_arp(const ArpMessage& message) {
  const ArpFrame wire{
      .ether = {message.frame_destination, message.frame_source, Be16(ether_type::kArp)},
      .arp = {.hardware = Be16(kHardwareEthernet),
              .protocol = Be16(ether_type::kIp4),
              .hardware_bytes = sizeof(EtherAddr),
              .protocol_bytes = sizeof(Ip4Wire),
              .operation = Be16(message.operation),
              .sender_mac = message.sender_mac,
              .sender_ip = Ip4Wire::of(message.sender_ip),
              .target_mac = message.target_mac,
              .target_ip = Ip4Wire::of(message.target_ip)},
  };
  std::vector<uint8_t> frame(kMinFrame);
  std::memcpy(frame.data(), &wire, sizeof wire);
  return frame;
}

}  // namespace spanway::neighbour
