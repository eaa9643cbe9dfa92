// SPDX-License-Identifier: BSD-3-Clause
// The routes of the forwarding marks: a handful, or a whole table.
#pragma once

#include "bench/forward/frames.h"
#include "bench/micro/prefixes.h"

namespace spanway::bench {

// Next hops 0..kMostHops-1. One of the two is empty.
struct RouteTable {
  static constexpr unsigned kMostHops = 251;
  Routes4 four;
  Routes6 six;
};

// The few: a /16 or a /48 each.
[[nodiscard]] Prefix4 route4(unsigned index);
[[nodiscard]] Prefix6 route6(unsigned index);
[[nodiscard]] RouteTable make_routes(const Traffic& traffic);

}  // namespace spanway::bench
