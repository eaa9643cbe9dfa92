// SPDX-License-Identifier: BSD-3-Clause
// The Database Description packet (RFC 2328 appendix A.3.3): the headers of what the sender has.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "control/ospf/lsa_header.h"
#include "control/ospf/packet.h"

namespace spanway::ospf {

struct Description {
  uint16_t mtu_bytes = 0;  // the largest IP packet that needs no fragments; 0 on virtual links
  uint8_t options = 0;
  bool initial = false, more = false, master = false;  // I, M, MS
  uint32_t sequence = 0;
  std::vector<LsaHeader> headers;  // types unknown to us included (section 10.6 acts on them)

  bool operator==(const Description&) const = default;
};

// body: Packet::body of a kDescription.
Parsed<Description> parse_description(std::span<const uint8_t> body);

// Says as many headers from the front as fit. M is set where `more` is, and where headers are left.
Filled write_description(const Envelope& envelope, const Description& description);

}  // namespace spanway::ospf
