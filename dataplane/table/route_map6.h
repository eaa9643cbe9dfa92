// SPDX-License-Identifier: BSD-3-Clause
// Every IPv6 route of a FIB in order: by address, and of equal addresses the shorter first, so a
// route stands before all that it contains. Control thread alone.
#pragma once

#include <compare>
#include <cstdint>
#include <map>

#include "dataplane/base/prefix.h"

namespace spanway::table {

// An IPv6 prefix as two integers; host bits zero.
struct Key6 {
  uint64_t high = 0, low = 0;
  unsigned length = 0;

  Key6() = default;
  Key6(uint64_t h, uint64_t l, unsigned bits) noexcept;
  explicit Key6(const Prefix6& prefix) noexcept
      : high(prefix.addr().high()), low(prefix.addr().low()), length(prefix.length()) {}

  [[nodiscard]] bool contains(const Key6& other) const noexcept;
  // `count` bits (1 to 32) after the first `skip`; bits past the 128th read as zero.
  [[nodiscard]] uint32_t bits(unsigned skip, unsigned count) const noexcept;
  // This prefix with `count` more bits of value `value` appended.
  [[nodiscard]] Key6 child(unsigned count, uint32_t value) const noexcept;
  auto operator<=>(const Key6&) const noexcept = default;
};

class RouteMap6 {
 public:
  using Routes = std::map<Key6, uint16_t>;
  using Place = Routes::const_iterator;
  struct Range {
    Place begin, end;
  };

  // The next hop of exactly this route; 0 when there is none.
  [[nodiscard]] uint16_t find(const Key6& key) const;
  // hop 0 erases.
  void set(const Key6& key, uint16_t hop);
  // The next hop of the longest route that contains `key`, is shorter, and not the default; 0:
  // none.
  [[nodiscard]] uint16_t cover(const Key6& key) const;
  // All routes inside `key`, `key` itself included.
  [[nodiscard]] Range inside(const Key6& key) const;
  [[nodiscard]] size_t size() const noexcept { return routes_.size(); }

 private:
  Routes routes_;
};

}  // namespace spanway::table
