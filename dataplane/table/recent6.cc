// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/recent6.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace spanway::table {
namespace {

size_t line_of(const Ip6Addr& address) noexcept {
  uint64_t first = 0, second = 0;
  std::memcpy(&first, address.bytes.data(), sizeof(first));
  std::memcpy(&second, address.bytes.data() + sizeof(first), sizeof(second));
  return Recent6View::line_of(first, second);
}

}  // namespace

uint64_t recall6_scalar(const Recent6View& view, const Ip6Addr* addresses, NextHopId* out,
                        size_t count) noexcept {
  uint64_t missed = 0;
  for (size_t i = 0; i < count; ++i) {
    const Recent6Line& line = view.lines[line_of(addresses[i])];
    const auto at = static_cast<size_t>(std::ranges::find(line.addresses, addresses[i]) -
                                        line.addresses.begin());
    if (at < kWays6 && line.stamp == view.stamp)
      out[i].value = line.hops[at];
    else
      missed |= uint64_t{1} << i;
  }
  return missed;
}

void Recent6::learn(uint64_t missed, const Ip6Addr* addresses, const NextHopId* hops) noexcept {
  misses_ += static_cast<uint32_t>(std::popcount(missed));
  for (; missed != 0; missed &= missed - 1) {
    const int i = std::countr_zero(missed);
    put(addresses[i], hops[i].value);
  }
}

// Whoever stands in the last place is forgotten; in a line of an earlier version all are.
void Recent6::put(const Ip6Addr& address, uint16_t hop) noexcept {
  Recent6Line& line = lines_[line_of(address)];
  if (line.stamp != stamp_) {
    line.stamp = stamp_;
    line.addresses.fill(address);
    line.hops.fill(hop);
    return;
  }
  if (line.addresses[0] == address) return;  // it came twice in the burst
  std::ranges::copy_backward(line.addresses.begin(), line.addresses.end() - 1,
                             line.addresses.end());
  std::ranges::copy_backward(line.hops.begin(), line.hops.end() - 2, line.hops.end() - 1);
  line.addresses[0] = address;
  line.hops[0] = hop;
}

void Recent6::judge() noexcept {
  if (misses_ > kMisses)
    patience_.stand_aside();
  else
    patience_.useful();
  asked_ = misses_ = 0;
}

}  // namespace spanway::table
