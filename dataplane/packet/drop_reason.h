// SPDX-License-Identifier: BSD-3-Clause
// Every way in which a packet can be lost, by name. A loss without a reason does not exist:
// rx + originated + injected = tx + local + punted + held + sum of drops (seam/counters.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spanway {

enum class DropReason : uint8_t {
  kNone,  // not dropped; also the count of packets that took no loss (never incremented)
  // Link layer.
  kFrameTruncated,
  kNotOurMac,
  kUnknownEtherType,
  kUnknownVlan,
  kInterfaceDown,
  kArpMalformed,
  // IPv4 header, RFC 1812 section 5.2.2 and 5.3.7.
  kIp4Truncated,
  kIp4BadVersion,
  kIp4BadHeaderLength,
  kIp4BadTotalLength,
  kIp4BadChecksum,
  kIp4BadOptions,
  kIp4MartianSource,
  kIp4MartianDestination,
  kIp4NotForwardable,  // link-layer broadcast or multicast that is not for us, RFC 1812 5.3.4
  kTtlExpired,
  // IPv6 header, RFC 8200 section 3 and 4.
  kIp6Truncated,
  kIp6BadVersion,
  kIp6BadPayloadLength,
  kIp6BadExtension,
  kIp6MartianSource,
  kIp6MartianDestination,
  kIp6NotForwardable,
  kHopLimitExpired,
  // Routing.
  kNoRoute,
  kBlackhole,
  kReject,
  kMtuExceeded,
  // Neighbours.
  kHoldFull,
  kHoldExpired,
  kNeighbourFailed,
  // Addressed to us.
  kLocalBadChecksum,
  kLocalUnknownProtocol,
  kLocalMalformed,
  kLocalFragment,    // a fragment for us, beyond the rate at which control takes them
  kLocalReassembly,  // the first fragment of a datagram that control could not put together
  // Of the message protocol, docs/transport.md.
  kTransportUnknown,    // of no connection that is here, or not from where its peer is
  kTransportRefused,    // of a connection: duplicate, damaged, or against the protocol
  kTransportHandshake,  // a packet that would make a connection, and may not or not now
  // Resources.
  kPuntFull,
  kHandoverFull,
  kNoBuffer,
  kTxFull,
  kTxLinkDown,
  kShutdown,  // still in our hands when the engine stopped
  kCount
};

inline constexpr size_t kDropReasons = static_cast<size_t>(DropReason::kCount);

// The name in counters, traces, the CLI and JSON.
inline constexpr std::array<std::string_view, kDropReasons> kDropReasonNames = {
    "none",
    "frame_truncated",
    "not_our_mac",
    "unknown_ether_type",
    "unknown_vlan",
    "interface_down",
    "arp_malformed",
    "ip4_truncated",
    "ip4_bad_version",
    "ip4_bad_header_length",
    "ip4_bad_total_length",
    "ip4_bad_checksum",
    "ip4_bad_options",
    "ip4_martian_source",
    "ip4_martian_destination",
    "ip4_not_forwardable",
    "ttl_expired",
    "ip6_truncated",
    "ip6_bad_version",
    "ip6_bad_payload_length",
    "ip6_bad_extension",
    "ip6_martian_source",
    "ip6_martian_destination",
    "ip6_not_forwardable",
    "hop_limit_expired",
    "no_route",
    "blackhole",
    "reject",
    "mtu_exceeded",
    "hold_full",
    "hold_expired",
    "neighbour_failed",
    "local_bad_checksum",
    "local_unknown_protocol",
    "local_malformed",
    "local_fragment",
    "local_reassembly",
    "transport_unknown",
    "transport_refused",
    "transport_handshake",
    "punt_full",
    "handover_full",
    "no_buffer",
    "tx_full",
    "tx_link_down",
    "shutdown",
};
static_assert(kDropReasonNames.back() == "shutdown");

constexpr std::string_view name_of(DropReason reason) noexcept {
  return kDropReasonNames[static_cast<size_t>(reason)];
}

}  // namespace spanway
