// SPDX-License-Identifier: BSD-3-Clause
// Both families for one proof: their tables, and routes that meet every shape these can take.
//
// The first two routes are the default and one that a dance with it wants for itself: nothing else
// covers what this one covers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "dataplane/base/prefix.h"
#include "dataplane/base/random.h"
#include "dataplane/table/fib4.h"
#include "dataplane/table/fib6.h"
#include "dataplane/table/recent4.h"
#include "dataplane/table/recent6.h"
#include "tests/race/timeline.h"

namespace spanway::test {

inline constexpr uint32_t kDefault = 0, kDancer = 1;

struct Family4 {
  using Fib = table::Fib4;
  using Prefix = Prefix4;
  using Address = Ip4Addr;
  using Wire = uint32_t;
  using Change = table::Change4;
  // What apply() says of an address under several changes, the default's aside: the old answer or
  // the new one.
  static constexpr bool kTogether = true;

  static Wire wire(Address address) { return address.value(); }
  static Address inside(const Prefix& prefix, Random& random) {
    const auto host = static_cast<uint32_t>(random());
    return Address(prefix.addr().value() | (host & ~mask4(prefix.length())));
  }
  // Nested ones from /14 to /32, those below /24 in four subnets.
  static std::vector<Prefix> routes(Random& random) {
    std::vector<Prefix> all{Prefix(), Prefix(Address(172, 16, 4, 0), 22)};
    for (unsigned length = 14; length <= 32; ++length)
      for (unsigned i = 0; i < (length < 19 ? 2u : 14u); ++i) {
        const uint64_t bits = random();
        const uint64_t within = length > 24 ? bits & 0x3ff : length > 18 ? bits & 0xffff : bits;
        all.emplace_back(Address((10u << 24) + static_cast<uint32_t>(within & 0x3ffff)), length);
      }
    return all;
  }
  static void look_up(const Fib& fib, const Wire* addresses, NextHopId* out, size_t count,
                      bool hot) {
    static thread_local table::Recent4 recent;
    if (hot)
      fib.lookup(addresses, out, count, recent);
    else
      fib.lookup(addresses, out, count);
  }
};

struct Family6 {
  using Fib = table::Fib6;
  using Prefix = Prefix6;
  using Address = Ip6Addr;
  using Wire = Ip6Addr;
  using Change = table::Change6;
  // Where a batch is sparse, apply() makes one change after the other.
  static constexpr bool kTogether = false;

  static Wire wire(const Address& address) { return address; }
  static Address inside(const Prefix& prefix, Random& random) {
    // Few bits differ, so that what is asked for is often a neighbour of what is there.
    const unsigned length = prefix.length();
    const uint64_t high = random() & random() & random(), low = random() & random() & random();
    const Address host = Address::from_halves(high, low);
    const Address net = masked6(host, length);
    return Address::from_halves(prefix.addr().high() | (host.high() ^ net.high()),
                                prefix.addr().low() | (host.low() ^ net.low()));
  }
  // Nested ones of all lengths; a crowded /32, which needs range nodes of every size and bitmap
  // nodes; a crowded /48 below it.
  static std::vector<Prefix> routes(Random& random) {
    const uint64_t high = 0x20010db8'00000000;
    std::vector<Prefix> all{Prefix(), Prefix(Address::from_halves(0x3fff000000000000, 0), 36)};
    for (int i = 0; i < 120; ++i)
      all.emplace_back(Address::from_halves(high ^ (random.below(4) << 36) ^ random.below(64),
                                            random.below(64) << 58 | random.below(16)),
                       static_cast<unsigned>(12 + random.below(117)));
    for (int i = 0; i < 90; ++i)
      all.emplace_back(Address::from_halves(high + (random() & 0xffff0000), 0),
                       static_cast<unsigned>(34 + random.below(15)));
    for (int i = 0; i < 60; ++i)
      all.emplace_back(Address::from_halves(high + (random() & 0xffff), 0),
                       static_cast<unsigned>(50 + random.below(15)));
    return all;
  }
  static void look_up(const Fib& fib, const Wire* addresses, NextHopId* out, size_t count,
                      bool hot) {
    static thread_local table::Recent6 recent;
    if (hot)
      fib.lookup(addresses, out, count, recent);
    else
      fib.lookup(addresses, out, count);
  }
};

}  // namespace spanway::test
