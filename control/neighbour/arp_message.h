// SPDX-License-Identifier: BSD-3-Clause
// ARP on the wire (RFC 826, Ethernet and IPv4). Pure functions; control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/packet/headers.h"

namespace spanway::neighbour {

// The shortest Ethernet frame, without its check sequence.
inline constexpr size_t kMinFrame = 60;

namespace arp_operation {
inline constexpr uint16_t kRequest = 1, kReply = 2;
}

// What a frame says; only of the Ethernet and IPv4 kind, request or reply.
struct ArpMessage {
  EtherAddr frame_source, frame_destination;
  uint16_t operation = arp_operation::kRequest;
  EtherAddr sender_mac, target_mac;
  Ip4Addr sender_ip, target_ip;
};

// nullopt when the frame is too short, of another kind or of another ether type.
std::optional<ArpMessage> parse_arp(std::span<const uint8_t> frame);
// The frame, padded to kMinFrame.
std::vector<uint8_t> write_arp(const ArpMessage& message);

}  // namespace spanway::neighbour
