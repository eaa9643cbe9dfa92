// SPDX-License-Identifier: BSD-3-Clause
// Neighbour discovery on the wire (RFC 4861), and the MLDv2 report (RFC 3810) that makes snooping
// switches let our solicited-node groups pass. Pure functions; control thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/packet/headers.h"

namespace spanway::neighbour {

namespace icmp6_type {
inline constexpr uint8_t kMldQuery = 130, kRouterSolicit = 133, kRouterAdvert = 134, kSolicit = 135,
                         kAdvert = 136, kRedirect = 137, kMld2Report = 143;
}

// RFC 3971 section 5.3.2, as used by RFC 7527 to know our own detection probes when a link loops.
using Nonce = std::array<uint8_t, 6>;

struct NdMessage {
  EtherAddr frame_source, frame_destination;
  Ip6Addr source, destination;
  uint8_t type = icmp6_type::kSolicit;
  Ip6Addr target;                                                // kSolicit, kAdvert
  bool router = false, solicited = false, override_mac = false;  // kAdvert
  std::optional<EtherAddr> source_mac, target_mac;               // link-layer address options
  std::optional<Nonce> nonce;
  uint16_t max_response_ms = 0;  // kMldQuery
};

// nullopt unless the frame passes every check of RFC 4861 sections 6.1.1, 6.1.2, 7.1.1, 7.1.2 and
// 8.1 that concerns its own bytes (RFC 2710 section 3 for a query).
std::optional<NdMessage> parse_nd(std::span<const uint8_t> frame);
// A solicitation or an advertisement, with hop limit 255 and checksum.
std::vector<uint8_t> write_nd(const NdMessage& message);

enum class GroupRecord : uint8_t { kIsExclude = 2, kToExclude = 4 };  // RFC 3810 section 5.2.12

// As many groups as one report can hold in the smallest IPv6 MTU.
inline constexpr size_t kGroupsPerReport = 60;
// Listening to each group from any source. groups: at most kGroupsPerReport.
std::vector<uint8_t> write_mld_report(const EtherAddr& mac, const Ip6Addr& source,
                                      GroupRecord record, std::span<const Ip6Addr> groups);

// 33:33 and the last four bytes (RFC 2464 section 7).
EtherAddr group_mac(const Ip6Addr& group);
// fe80::/64 and the modified EUI-64 of the MAC (RFC 4291 appendix A).
Ip6Addr link_local_of(const EtherAddr& mac);

inline constexpr Ip6Addr kAllNodes{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

}  // namespace spanway::neighbour
