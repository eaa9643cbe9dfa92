// SPDX-License-Identifier: BSD-3-Clause
// What the five kinds of LSA say (RFC 2328 section 12.4, appendix A.4.2 to A.4.5).
//
// parse_lsa() refuses what can not be walked: lengths and counts that do not agree, a wrong
// checksum, a type or a sequence that is not used. What only makes no sense (a link of a fifth
// type, a mask with holes) is kept, so that it is acknowledged and flooded as by everybody else;
// whoever makes routes leaves it out. Metrics of other types of service are stepped over (RFC 2328
// has one).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "control/ospf/lsa_header.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/base/result.h"

namespace spanway::ospf {

// RFC 2328 appendix B: not reachable, for the metrics of 24 bits.
inline constexpr uint32_t kLsInfinity = 0xff'ffff;

enum class LinkType : uint8_t { kPointToPoint = 1, kTransit = 2, kStub = 3, kVirtual = 4 };

struct RouterLink {
  LinkType type = LinkType::kStub;
  // By type: the neighbour's router ID, the DR's address, the network, the neighbour's router ID.
  uint32_t id = 0;
  // By type: our address (or, unnumbered, the interface's index), our address, the mask, our
  // address.
  uint32_t data = 0;
  uint16_t metric = 0;
  bool operator==(const RouterLink&) const = default;
};

struct RouterLsa {
  bool virtual_link_end = false, external = false, border = false;  // V, E, B
  std::vector<RouterLink> links;
  bool operator==(const RouterLsa&) const = default;
};

// By the DR; the header's ID is its interface address.
struct NetworkLsa {
  Ip4Addr mask;
  std::vector<RouterId> attached;  // the DR included
  bool operator==(const NetworkLsa&) const = default;
};

// Of a network (type 3) or an AS boundary router (type 4, where the mask says nothing).
struct SummaryLsa {
  Ip4Addr mask;
  uint32_t metric = 0;  // 24 bits
  bool operator==(const SummaryLsa&) const = default;
};

struct ExternalLsa {
  Ip4Addr mask;
  bool type2 = false;   // E: the metric is larger than any path inside
  uint32_t metric = 0;  // 24 bits
  Ip4Addr forwarding;   // 0.0.0.0: the advertising router
  uint32_t tag = 0;
  bool operator==(const ExternalLsa&) const = default;
};

using LsaBody = std::variant<RouterLsa, NetworkLsa, SummaryLsa, ExternalLsa>;

struct Lsa {
  LsaHeader header;
  LsaBody body;  // of the kind that header.key.type names
  bool operator==(const Lsa&) const = default;
};

// lsa: what parse_update() told apart. Section 13 steps 1 and 2, then the body.
Parsed<Lsa> parse_lsa(std::span<const uint8_t> lsa);

// The bytes, with length and checksum made for them: those of `lsa.header` are not looked at. Fails
// where it would be larger than kMaxLsaBytes.
Result<std::vector<uint8_t>> write_lsa(const Lsa& lsa);

// 0..32; nullopt for a mask with holes, which names no prefix.
std::optional<unsigned> mask_length(Ip4Addr mask) noexcept;

}  // namespace spanway::ospf
