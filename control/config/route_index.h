// SPDX-License-Identifier: BSD-3-Clause
// Routes by prefix and preference. Any thread; positions hold until the vector changes.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "control/config/schema.h"
#include "control/config/subnets.h"

namespace spanway::config {

struct RouteKey {
  Prefix prefix;
  uint8_t preference = 1;
  explicit RouteKey(const Route& route) : prefix(route.prefix), preference(route.preference) {}
  bool operator==(const RouteKey&) const = default;
};
struct RouteKeyHash {
  size_t operator()(const RouteKey& key) const noexcept {
    return PrefixHash{}(key.prefix) * 31 + key.preference;
  }
};
using RouteIndex = std::unordered_map<RouteKey, size_t, RouteKeyHash>;

// Positions of `routes` from `first` on; of twins the first.
inline RouteIndex index_routes(const std::vector<Route>& routes, size_t first = 0) {
  RouteIndex index;
  index.reserve(routes.size() - first);
  for (size_t i = first; i < routes.size(); ++i) index.emplace(RouteKey(routes[i]), i);
  return index;
}

}  // namespace spanway::config
