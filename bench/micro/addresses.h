// SPDX-License-Identifier: BSD-3-Clause
// The streams of destinations that lookups are measured with. One thread.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "bench/micro/prefixes.h"
#include "dataplane/base/random.h"

namespace spanway::bench {

enum class Spread { kEverywhere, kInPrefixes, kZipf, kFew };

inline Ip4Addr random_in(const Prefix4& prefix, Random& random) {
  return Ip4Addr(prefix.addr().value() |
                 (static_cast<uint32_t>(random()) & ~mask4(prefix.length())));
}
inline Ip6Addr random_in(const Prefix6& prefix, Random& random) {
  Ip6Addr address = Ip6Addr::from_halves(random(), random());
  const Ip6Addr host = masked6(address, prefix.length());
  for (size_t i = 0; i < 16; ++i)
    address.bytes[i] =
        static_cast<uint8_t>(prefix.addr().bytes[i] | (address.bytes[i] ^ host.bytes[i]));
  return address;
}

// Ranks 0..count-1, rank r as often as 1 / (r + 1).
class Zipf {
 public:
  explicit Zipf(size_t count) : sums_(count) {
    double sum = 0;
    for (size_t i = 0; i < count; ++i) sums_[i] = sum += 1.0 / static_cast<double>(i + 1);
  }
  size_t operator()(Random& random) const {
    const auto at = std::lower_bound(sums_.begin(), sums_.end(), random.unit() * sums_.back());
    return std::min(static_cast<size_t>(at - sums_.begin()), sums_.size() - 1);
  }

 private:
  std::vector<double> sums_;
};

// `count` destinations. kZipf: prefixes by popularity, one destination each; kFew: 16 of them.
template <class Address, class Routes>
std::vector<Address> make_addresses(const Routes& routes, Spread spread, size_t count,
                                    uint64_t seed) {
  Random random(seed);
  std::vector<Address> addresses(count);
  const auto any = [&] { return random_in(routes[random.below(routes.size())].prefix, random); };
  switch (spread) {
    case Spread::kEverywhere:
      for (Address& one : addresses)
        if constexpr (sizeof(Address) == sizeof(Ip4Addr))
          one = Address(static_cast<uint32_t>(random()));
        else
          one = any();
      break;
    case Spread::kInPrefixes:
      for (Address& one : addresses) one = any();
      break;
    case Spread::kZipf:
    case Spread::kFew: {
      std::vector<Address> flows(spread == Spread::kFew ? 16 : routes.size());
      for (Address& one : flows) one = any();
      const Zipf zipf(flows.size());
      for (Address& one : addresses)
        one = flows[spread == Spread::kFew ? random.below(flows.size()) : zipf(random)];
      break;
    }
  }
  return addresses;
}

}  // namespace spanway::bench
