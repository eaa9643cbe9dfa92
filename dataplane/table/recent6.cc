// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/recent6.h"

#include <bit>
#include <cstring>

namespace spanway::table {
namespace {

using Slots = Recent6Slots;

struct Halves {
  uint64_t first, second;
  explicit Halves(const Ip6Addr& address) noexcept {
    std::memcpy(&first, address.bytes.data(), sizeof(first));
    std::memcpy(&second, address.bytes.data() + sizeof(first), sizeof(second));
  }
  [[nodiscard]] size_t set() const noexcept { return Slots::set_of(first, second); }
  // 0: they are the same.
  [[nodiscard]] uint64_t unlike(const Halves& other) const noexcept {
    return (first ^ other.first) | (second ^ other.second);
  }
};

}  // namespace

uint64_t recall6_scalar(const Slots& slots, const Ip6Addr* addresses, NextHopId* out,
                        size_t count) noexcept {
  uint64_t missed = 0;
  for (size_t i = 0; i < count; ++i) {
    const Halves wanted(addresses[i]);
    const size_t set = wanted.set();
    const auto& there = slots.addresses[set];
    const unsigned way = wanted.unlike(Halves(there[0])) != 0;
    const unsigned neither = way & (wanted.unlike(Halves(there[1])) != 0);
    out[i].value = slots.hops[set][way];
    missed |= uint64_t{neither} << i;
  }
  return missed;
}

// An address that does not belong where it stands is never found there.
void Recent6::forget() noexcept {
  constexpr uint64_t kElsewhere = 1;
  static_assert(Slots::set_of(0, 0) == 0 && Slots::set_of(kElsewhere, 0) != 0);
  slots_.addresses = {};
  for (Ip6Addr& one : slots_.addresses[0])
    std::memcpy(one.bytes.data(), &kElsewhere, sizeof(kElsewhere));
  asked_ = misses_ = 0;
}

void Recent6::learn(uint64_t missed, const Ip6Addr* addresses, const NextHopId* hops) noexcept {
  misses_ += static_cast<uint32_t>(std::popcount(missed));
  for (; missed != 0; missed &= missed - 1) {
    const int i = std::countr_zero(missed);
    put(addresses[i], hops[i].value);
  }
}

// Whoever stood in the first place moves to the second, and whoever stood there is forgotten.
void Recent6::put(const Ip6Addr& address, uint16_t hop) noexcept {
  const size_t set = Halves(address).set();
  auto& there = slots_.addresses[set];
  auto& hops = slots_.hops[set];
  if (there[0] == address) return;  // it came twice in the burst
  there[1] = there[0];
  hops[1] = hops[0];
  there[0] = address;
  hops[0] = hop;
}

void Recent6::judge() noexcept {
  if (misses_ > kMisses)
    recency_.stand_aside();
  else
    recency_.useful();
  asked_ = misses_ = 0;
}

}  // namespace spanway::table
