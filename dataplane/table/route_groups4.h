// SPDX-License-Identifier: BSD-3-Clause
// The routes of length 20 to 32, grouped by the /19 that they lie in. Control thread alone.
//
// A route of a group packs into 32 bits: 13 bits of address, length - 19, next hop. A group is
// sorted, so a route stands before the longer ones that it contains: painting a group in order
// gives the longest match.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/table/block_pool.h"
#include "dataplane/table/lazy_array.h"
#include "dataplane/table/pool_lot.h"

namespace spanway::table {

// A packed route: addresses relative to the group's /19.
struct GroupRoute {
  uint32_t packed = 0;
  static constexpr uint32_t kHopBits = 15, kLengthBits = 4;
  static constexpr GroupRoute make(uint32_t suffix, unsigned length, uint16_t hop) noexcept {
    return {suffix << (kHopBits + kLengthBits) | (length - 19) << kHopBits | hop};
  }
  [[nodiscard]] constexpr uint32_t suffix() const noexcept {
    return packed >> (kHopBits + kLengthBits);
  }
  [[nodiscard]] constexpr unsigned length() const noexcept {
    return (packed >> kHopBits & 15) + 19;
  }
  [[nodiscard]] constexpr uint16_t hop() const noexcept { return packed & 0x7fff; }
  [[nodiscard]] constexpr uint32_t key() const noexcept { return packed >> kHopBits; }
};

class RouteGroups4 {
 public:
  static constexpr uint32_t kGroups = 1u << 19;

  explicit RouteGroups4(size_t bytes) : groups_(kGroups), pool_(bytes, 2) {}

  [[nodiscard]] std::span<const GroupRoute> all(uint32_t group) const noexcept;
  // The group, then its routes, will be asked for.
  [[gnu::always_inline]] void prefetch(uint32_t group) const noexcept {
    __builtin_prefetch(&groups_[group]);
  }
  [[gnu::always_inline]] void prefetch_routes(uint32_t group) const noexcept {
    __builtin_prefetch(pool_.words(groups_[group].at));
  }
  // The routes from the first one at or after `suffix` on.
  [[nodiscard]] std::span<const GroupRoute> from(uint32_t group, uint32_t suffix) const noexcept;
  // The next hop of exactly this route; 0 when there is none.
  [[nodiscard]] uint16_t find(uint32_t group, uint32_t suffix, unsigned length) const noexcept;
  // The next hop of the longest route shorter than `length` that covers `suffix`; 0: none.
  [[nodiscard]] uint16_t cover(uint32_t group, uint32_t suffix, unsigned length) const noexcept;

  // Words for which replace() can not fail.
  [[nodiscard]] size_t fresh_words() const noexcept { return pool_.fresh_words(); }
  static constexpr size_t words_of(size_t routes) noexcept { return routes * kWordsEach; }
  [[nodiscard]] PoolLot lot(Builders builders) noexcept { return PoolLot(pool_, builders); }

  // Adds or replaces; false when memory is short, nothing having changed.
  bool set(uint32_t group, GroupRoute route);
  // All routes of a group at once, in order. As set(); memory is the lot's.
  bool replace(uint32_t group, std::span<const GroupRoute> routes, PoolLot& lot);
  // The route is there.
  void erase(uint32_t group, uint32_t suffix, unsigned length);

 private:
  static constexpr uint32_t kWordsEach = sizeof(GroupRoute) / sizeof(uint16_t);
  struct Group {
    uint32_t at = 0;  // in pool_
    uint16_t count = 0, capacity = 0;
  };
  [[nodiscard]] GroupRoute* routes(const Group& group) const noexcept {
    return reinterpret_cast<GroupRoute*>(pool_.words(group.at));
  }
  [[nodiscard]] uint32_t position(const Group& group, uint32_t key) const noexcept;

  LazyArray<Group> groups_;
  BlockPool pool_;
};

}  // namespace spanway::table
