// SPDX-License-Identifier: BSD-3-Clause
// Verifies what a packet for us carries: the transport's checksum and length.
#pragma once

#include <span>

#include "dataplane/packet/packet.h"

namespace spanway::stage {

// The bytes from the transport header to the end of the IP packet; meta.l4 is set.
std::span<const uint8_t> transport_bytes(Packet* p) noexcept;

// The header is whole and the length that it claims fits in the packet (RFC 768, RFC 9293 section
// 3.1); true for everything but UDP and TCP.
bool transport_length_ok(Packet* p) noexcept;

// By the card's verdict, and by software where it has none. TCP, UDP, ICMP and ICMPv6.
bool transport_checksum_ok(Packet* p) noexcept;

}  // namespace spanway::stage
