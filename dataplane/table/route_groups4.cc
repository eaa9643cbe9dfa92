// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/route_groups4.h"

#include <algorithm>
#include <cstring>

namespace spanway::table {
namespace {

constexpr uint32_t kMaxRoutes = 1u << 14;  // more than the prefixes longer than /19 inside a /19

constexpr uint32_t key_of(uint32_t suffix, unsigned length) {
  return GroupRoute::make(suffix, length, 0).key();
}

}  // namespace

uint32_t RouteGroups4::position(const Group& group, uint32_t key) const noexcept {
  const GroupRoute* first = routes(group);
  const GroupRoute* at =
      std::lower_bound(first, first + group.count, key,
                       [](const GroupRoute& route, uint32_t k) { return route.key() < k; });
  return static_cast<uint32_t>(at - first);
}

std::span<const GroupRoute> RouteGroups4::all(uint32_t group) const noexcept {
  return {routes(groups_[group]), groups_[group].count};
}

std::span<const GroupRoute> RouteGroups4::from(uint32_t group, uint32_t suffix) const noexcept {
  return all(group).subspan(position(groups_[group], key_of(suffix, 20)));
}

uint16_t RouteGroups4::find(uint32_t group, uint32_t suffix, unsigned length) const noexcept {
  const Group& g = groups_[group];
  const uint32_t key = key_of(suffix, length);
  const uint32_t at = position(g, key);
  return at < g.count && routes(g)[at].key() == key ? routes(g)[at].hop() : 0;
}

uint16_t RouteGroups4::cover(uint32_t group, uint32_t suffix, unsigned length) const noexcept {
  if (groups_[group].count == 0) return 0;
  for (unsigned shorter = length - 1; shorter >= 20; --shorter) {
    const uint32_t masked = suffix & ~uint32_t{0} << (32 - shorter);
    if (const uint16_t hop = find(group, masked, shorter)) return hop;
  }
  return 0;
}

bool RouteGroups4::set(uint32_t group, GroupRoute route) {
  Group& g = groups_[group];
  const uint32_t at = position(g, route.key());
  if (at < g.count && routes(g)[at].key() == route.key()) {
    routes(g)[at] = route;
    return true;
  }
  if (g.count == g.capacity) {
    const uint32_t room =
        std::min<uint32_t>(kMaxRoutes, g.capacity + std::max<uint32_t>(2, g.capacity / 4));
    const uint32_t fresh = pool_.allocate(room * kWordsEach, true);
    if (fresh == 0) return false;
    if (g.count != 0) std::memcpy(pool_.words(fresh), routes(g), g.count * sizeof(GroupRoute));
    if (g.capacity != 0) pool_.release(g.at, g.capacity * kWordsEach);
    g.at = fresh;
    g.capacity = static_cast<uint16_t>(room);
  }
  GroupRoute* first = routes(g);
  std::copy_backward(first + at, first + g.count, first + g.count + 1);
  first[at] = route;
  ++g.count;
  return true;
}

bool RouteGroups4::replace(uint32_t group, std::span<const GroupRoute> fresh, PoolLot& lot) {
  Group& g = groups_[group];
  const auto count = static_cast<uint16_t>(fresh.size());
  if (count > g.capacity) {
    const uint32_t at = lot.allocate(count * kWordsEach, true);
    if (at == 0) return false;
    if (g.capacity != 0) lot.release(g.at, g.capacity * kWordsEach);
    g = {at, 0, count};
  } else if (count == 0 && g.capacity != 0) {
    lot.release(g.at, g.capacity * kWordsEach);
    g = Group{};
  }
  g.count = count;
  std::copy(fresh.begin(), fresh.end(), routes(g));
  return true;
}

void RouteGroups4::erase(uint32_t group, uint32_t suffix, unsigned length) {
  Group& g = groups_[group];
  const uint32_t at = position(g, key_of(suffix, length));
  GroupRoute* first = routes(g);
  std::copy(first + at + 1, first + g.count, first + at);
  if (--g.count == 0) {
    pool_.release(g.at, g.capacity * kWordsEach);
    g = Group{};
  }
}

}  // namespace spanway::table
