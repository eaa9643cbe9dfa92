// SPDX-License-Identifier: BSD-3-Clause
// The plainest longest-prefix-match table there is, to test the fast ones against.
#pragma once

#include <cstdint>
#include <map>

#include "dataplane/base/prefix.h"

namespace spanway::test {

template <class PrefixType, class Address, unsigned kBits>
class Oracle {
 public:
  // 0 erases.
  void set(const PrefixType& prefix, uint16_t hop) {
    auto& routes = by_length_[prefix.length()];
    if (hop == 0)
      routes.erase(prefix.addr());
    else
      routes[prefix.addr()] = hop;
  }
  [[nodiscard]] uint16_t find(const PrefixType& prefix) const {
    const auto& routes = by_length_[prefix.length()];
    const auto at = routes.find(prefix.addr());
    return at == routes.end() ? 0 : at->second;
  }
  [[nodiscard]] uint16_t lookup(const Address& address) const {
    for (unsigned length = kBits + 1; length-- > 0;) {
      if (by_length_[length].empty()) continue;
      if (const uint16_t hop = find(PrefixType(address, length))) return hop;
    }
    return 0;
  }
  [[nodiscard]] const std::map<Address, uint16_t>& routes(unsigned length) const {
    return by_length_[length];
  }
  [[nodiscard]] size_t size() const {
    size_t count = 0;
    for (const auto& routes : by_length_) count += routes.size();
    return count;
  }

 private:
  std::map<Address, uint16_t> by_length_[kBits + 1];
};

using Oracle4 = Oracle<Prefix4, Ip4Addr, 32>;
using Oracle6 = Oracle<Prefix6, Ip6Addr, 128>;

}  // namespace spanway::test
