// SPDX-License-Identifier: BSD-3-Clause
// The Hello packet (RFC 2328 appendix A.3.2): who is on this link, and with which settings.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "control/ospf/packet.h"
#include "dataplane/base/ip_addr.h"

namespace spanway::ospf {

struct Hello {
  Ip4Addr mask;  // of the sender's interface; says nothing on a point-to-point link (section 10.5)
  uint16_t hello_interval_s = 10;
  uint8_t options = 0;
  uint8_t priority = 0;  // 0: never a designated router
  uint32_t dead_interval_s = 40;
  // Interface addresses, not router IDs; 0.0.0.0 for none.
  Ip4Addr designated, backup;
  std::vector<RouterId> neighbours;  // heard within the last dead interval

  bool operator==(const Hello&) const = default;
};

// body: Packet::body of a kHello. What the settings are worth is the interface's to judge.
Parsed<Hello> parse_hello(std::span<const uint8_t> body);

// A Hello is one packet whatever the room: a neighbour left out would take us for deaf. It says the
// first kMaxHelloNeighbours.
inline constexpr size_t kMaxHelloNeighbours = 16'000;
std::vector<uint8_t> write_hello(const Envelope& envelope, const Hello& hello);

}  // namespace spanway::ospf
