// SPDX-License-Identifier: BSD-3-Clause
// The Link State Acknowledgment packet (RFC 2328 appendix A.3.6): instances that the sender got.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "control/ospf/lsa_header.h"
#include "control/ospf/packet.h"

namespace spanway::ospf {

// body: Packet::body of a kAck.
Parsed<std::vector<LsaHeader>> parse_ack(std::span<const uint8_t> body);

// Acknowledges as many from the front as fit.
Filled write_ack(const Envelope& envelope, std::span<const LsaHeader> headers);

}  // namespace spanway::ospf
