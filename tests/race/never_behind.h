// SPDX-License-Identifier: BSD-3-Clause
// The strictest that a reader can ask: every answer was right at some moment of its lookup. The
// writer counts the next hop of a wide route up, and whoever sees a step says so: what a memory of
// recent lookups kept must never be behind what had been seen by anybody before the lookup began.
// The edit goes on for long after its first stores, which are those of the addresses asked for.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/ids.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/seam/qsbr.h"
#include "tests/race/readers.h"

namespace spanway::test {

// All addresses lie in the route, whose next hop is 1; change(step) makes it `step`, from 2 up to
// `end`.
template <class Recent, class Fib, class Wire, size_t kCount, class Change>
void never_behind(const Fib& fib, seam::Qsbr& qsbr, uint16_t readers_count,
                  const std::array<Wire, kCount>& addresses, uint16_t end, const Change& change) {
  std::atomic<uint16_t> begun{1}, seen{1};
  std::atomic<uint64_t> broken{0};
  Readers readers(qsbr, readers_count, [&] {
    static thread_local Recent recent;
    std::array<NextHopId, kCount> hops;
    for (int i = 0; i < 100; ++i) {
      fib.lookup(addresses.data(), hops.data(), 1);
      const uint16_t now = hops[0].value;
      uint16_t oldest = seen.load(std::memory_order_acquire);
      while (oldest < now && !seen.compare_exchange_weak(oldest, now, std::memory_order_acq_rel)) {
      }
      oldest = seen.load(std::memory_order_acquire);
      fib.lookup(addresses.data(), hops.data(), kCount, recent);
      const uint16_t newest = begun.load(std::memory_order_acquire);
      for (const NextHopId hop : hops)
        if (hop.value < oldest || hop.value > newest) broken.fetch_add(1);
    }
  });
  for (uint16_t step = 2; step < end; ++step) {
    begun.store(step, std::memory_order_release);
    ASSERT_TRUE(change(step));
    readers.meet();  // they remember again
  }
  readers.stop();
  EXPECT_EQ(broken.load(), 0u) << "answers of a step, each of which was never right in its lookup";
}

// Sixteen addresses from this one on.
inline std::array<uint32_t, 16> first_of(Ip4Addr address) {
  std::array<uint32_t, 16> addresses;
  for (uint32_t i = 0; i < addresses.size(); ++i) addresses[i] = address.value() + i;
  return addresses;
}

inline std::array<Ip6Addr, 16> first_of(const Ip6Addr& address) {
  std::array<Ip6Addr, 16> addresses;
  for (uint64_t i = 0; i < addresses.size(); ++i)
    addresses[i] = Ip6Addr::from_halves(address.high(), address.low() + i);
  return addresses;
}

}  // namespace spanway::test
