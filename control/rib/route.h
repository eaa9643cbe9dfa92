// SPDX-License-Identifier: BSD-3-Clause
// The words of the routing table: where a route comes from and where it leads. Control thread.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>
#include <vector>

#include "dataplane/base/ids.h"
#include "dataplane/base/ip_addr.h"

namespace spanway::rib {

// Who says so. The names are those of the API.
enum class Origin : uint8_t { kMartian, kLocal, kConnected, kStatic, kOspf };

constexpr std::string_view name_of(Origin origin) noexcept {
  switch (origin) {
    case Origin::kMartian:
      return "martian";
    case Origin::kLocal:
      return "local";
    case Origin::kConnected:
      return "connected";
    case Origin::kStatic:
      return "static";
    case Origin::kOspf:
      return "ospf";
  }
  return "unknown";
}

// What a candidate is known by (origin and preference) and weighed by. The lowest preference wins,
// then the lowest metric, then the origin that stands first above.
struct Source {
  Origin origin = Origin::kStatic;
  uint8_t preference = 1;  // administrative distance; 0 for what the router itself is
  uint32_t metric = 0;
  auto operator<=>(const Source&) const noexcept = default;
};

enum class TargetKind : uint8_t { kVia, kConnected, kLocal, kBlackhole, kReject, kMartian };

constexpr std::string_view name_of(TargetKind kind) noexcept {
  switch (kind) {
    case TargetKind::kVia:
      return "forward";
    case TargetKind::kConnected:
      return "connected";
    case TargetKind::kLocal:
      return "local";
    case TargetKind::kBlackhole:
      return "blackhole";
    case TargetKind::kReject:
      return "reject";
    case TargetKind::kMartian:
      return "martian";
  }
  return "unknown";
}

// One gateway.
struct Via {
  IpAddr gateway;
  IfIndex interface = kNoInterface;  // kNoInterface: the one whose subnet has the gateway
  uint16_t weight = 1;               // 1..256, share of the flows
  auto operator<=>(const Via&) const noexcept = default;
};

// Where a route leads. Equal targets are kept once, however many routes have them.
struct Target {
  TargetKind kind = TargetKind::kVia;
  IfIndex interface = kNoInterface;  // kConnected
  std::vector<Via> via{};            // kVia: 1..64, of the route's family
  auto operator<=>(const Target&) const noexcept = default;
};

using TargetId = Id<struct TargetTag, uint32_t>;  // of an interned Target; dense, reused

}  // namespace spanway::rib
