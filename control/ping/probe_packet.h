// SPDX-License-Identifier: BSD-3-Clause
// The packets of ping and traceroute: echo requests (RFC 792, RFC 4443 section 4.1), UDP probes,
// and what comes back. Pure functions; control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/base/ip_addr.h"

namespace spanway::ping {

// What a probe carries to be known again, in both directions.
struct Mark {
  uint16_t id = 0;        // echo identifier; UDP source port
  uint16_t sequence = 0;  // echo sequence number; UDP destination port
  bool operator==(const Mark&) const = default;
};

struct ProbePacket {
  IpAddr source, destination;  // of one family
  Mark mark;
  uint8_t ttl = 64;
  bool udp = false;
  bool dont_fragment = true;    // IPv4 only
  uint16_t payload_bytes = 56;  // behind the ICMP or UDP header
};

// A whole IP packet. Of its checksums only ICMP's is there; those of the IPv4 header and of UDP are
// zero, for whoever sends it.
std::vector<uint8_t> write_probe(const ProbePacket& probe);
// Bytes of the packet that write_probe makes.
size_t packet_bytes(const ProbePacket& probe);

enum class AnswerKind : uint8_t {
  kEchoReply,
  kTtlExpired,
  kTooBig,  // IPv4: fragmentation needed
  kNetUnreachable,
  kHostUnreachable,
  kProtocolUnreachable,
  kPortUnreachable,
  kProhibited,
  kOtherError,
};

struct Answer {
  AnswerKind kind = AnswerKind::kEchoReply;
  IpAddr from;         // who answered
  IpAddr source;       // of the probe: to whom the reply came, or what the error quotes
  IpAddr destination;  // of the probe; of an echo reply: who answered
  bool udp = false;    // which kind of probe is quoted
  Mark mark;
  uint8_t ttl = 0;     // of the packet that came
  uint16_t bytes = 0;  // of its ICMP message
  uint32_t mtu = 0;    // kTooBig
};

// `packet` starts at the IP header. nullopt for whatever is no echo reply and no ICMP error about
// an echo request or a UDP packet, or is damaged.
std::optional<Answer> parse_answer(std::span<const uint8_t> packet);

// A word for people.
std::string_view describe(AnswerKind kind);

}  // namespace spanway::ping
