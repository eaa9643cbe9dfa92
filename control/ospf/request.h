// SPDX-License-Identifier: BSD-3-Clause
// The Link State Request packet (RFC 2328 appendix A.3.4): LSAs that the sender wants whole.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "control/ospf/lsa_header.h"
#include "control/ospf/packet.h"

namespace spanway::ospf {

// body: Packet::body of a kRequest. An LSA of a type unknown to us is one that we do not have,
// which section 10.7 answers; only a type beyond a byte's reach is refused here.
Parsed<std::vector<LsaKey>> parse_request(std::span<const uint8_t> body);

// Asks for as many from the front as fit.
Filled write_request(const Envelope& envelope, std::span<const LsaKey> wanted);

}  // namespace spanway::ospf
