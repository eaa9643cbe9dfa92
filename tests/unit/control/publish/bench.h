// SPDX-License-Identifier: BSD-3-Clause
// A publisher with the tables that it writes and the rib that it serves; no worker.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "control/publish/publisher.h"

namespace spanway::publish::test {

inline IpAddr ip(const char* text) { return *IpAddr::parse(text); }
inline Prefix prefix(const char* text) { return *Prefix::parse(text); }

// By these gateways, with equal weights.
inline rib::Target via(const std::vector<const char*>& gateways) {
  rib::Target target;
  for (const char* gateway : gateways) target.via.push_back({ip(gateway), kNoInterface, 1});
  return target;
}

class Bench : public testing::Test {
 protected:
  // A static route.
  Status set(const char* to, const rib::Target& target, uint8_t preference = 1) {
    return rib_.set(prefix(to), {rib::Origin::kStatic, preference, 0}, target, Nanos());
  }
  Status remove(const char* to) { return rib_.remove(prefix(to), {rib::Origin::kStatic, 1, 0}); }
  [[nodiscard]] NextHopId slot(const char* to) const {
    const IpAddr address = ip(to);
    return address.is4() ? tables_.fib4.lookup(address.v4()) : tables_.fib6.lookup(address.v6());
  }
  [[nodiscard]] const table::NextHop& at(const char* to) const {
    return *tables_.next_hops.get(slot(to));
  }
  // The gateways of a group by the last characters of their addresses, in order of buckets.
  [[nodiscard]] std::string members(const char* to) const {
    std::string text;
    for (const NextHopId id : at(to).buckets)
      text += tables_.next_hops.get(id)->gateway.to_string().back();
    return text;
  }

  seam::Qsbr qsbr_{1};
  seam::Graveyard graveyard_{qsbr_};
  table::Tables tables_{graveyard_};
  rib::Rib rib_;
  Publisher publisher_{tables_, graveyard_, rib_};
};

}  // namespace spanway::publish::test
