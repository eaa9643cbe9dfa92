// SPDX-License-Identifier: BSD-3-Clause
#include "bench/forward/routes.h"

namespace spanway::bench {
namespace {

// The first `count`, or all; next hops from 0.
template <class Routes>
Routes trimmed(Routes routes, size_t count) {
  if (count != 0 && count < routes.size()) routes.resize(count);
  for (auto& route : routes)
    route.hop = NextHopId(static_cast<uint16_t>(route.hop.value % RouteTable::kMostHops));
  return routes;
}

}  // namespace

Prefix4 route4(unsigned index) { return Prefix4(Ip4Addr(uint32_t{10} << 24 | index << 16), 16); }
Prefix6 route6(unsigned index) {
  return Prefix6(Ip6Addr::from_halves(0x2001'0db8'0000'0000 | uint64_t{index} << 16, 0), 48);
}

RouteTable make_routes(const Traffic& traffic) {
  RouteTable table;
  if (traffic.prefixes.empty()) {
    for (unsigned i = 0; i < traffic.routes; ++i) {
      const NextHopId hop(static_cast<uint16_t>(i % RouteTable::kMostHops));
      if (traffic.six)
        table.six.push_back({route6(i), hop});
      else
        table.four.push_back({route4(i), hop});
    }
  } else if (traffic.six) {
    table.six = trimmed(traffic.prefixes == "made" ? make_routes6(traffic.routes, traffic.seed)
                                                   : read_routes6(traffic.prefixes),
                        traffic.routes);
  } else {
    table.four = trimmed(traffic.prefixes == "made" ? make_routes4(traffic.routes, traffic.seed)
                                                    : read_routes4(traffic.prefixes),
                         traffic.routes);
  }
  return table;
}

}  // namespace spanway::bench
