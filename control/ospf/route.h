// SPDX-License-Identifier: BSD-3-Clause
// A route of OSPF's own routing table (RFC 2328 section 11). Values; control thread.
#pragma once

#include <cstdint>
#include <vector>

#include "control/ospf/ids.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/base/prefix.h"

namespace spanway::ospf {

struct NextHop {
  IfIndex interface = kNoInterface;
  Ip4Addr gateway{};  // 0.0.0.0: the destination is on this link
  auto operator<=>(const NextHop&) const = default;
};

// In order of preference (section 11, 16.4).
enum class PathType : uint8_t { kIntraArea, kExternal1, kExternal2 };

struct Route {
  PathType type = PathType::kIntraArea;
  uint32_t cost = 0;            // inside the area; of kExternal1 the sum
  uint32_t type2_cost = 0;      // of kExternal2
  uint32_t tag = 0;             // of externals
  std::vector<NextHop> hops{};  // sorted, no two alike; empty: this router itself
  bool operator==(const Route&) const = default;
};

// `route` from now on leads to `prefix`; nullptr: nothing of OSPF's does any more.
struct RouteChange {
  Prefix4 prefix;
  const Route* route = nullptr;
};

}  // namespace spanway::ospf
