// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/route_map6.h"

#include <algorithm>
#include <bit>

namespace spanway::table {
namespace {

constexpr uint64_t ones(unsigned length) {
  return length == 0 ? 0 : length >= 64 ? ~uint64_t{0} : ~uint64_t{0} << (64 - length);
}
constexpr uint64_t high_mask(unsigned length) { return ones(length); }
constexpr uint64_t low_mask(unsigned length) { return length <= 64 ? 0 : ones(length - 64); }

unsigned common_bits(const Key6& a, const Key6& b) {
  if (a.high != b.high) return static_cast<unsigned>(std::countl_zero(a.high ^ b.high));
  return 64 + static_cast<unsigned>(std::countl_zero(a.low ^ b.low));
}

}  // namespace

Key6::Key6(uint64_t h, uint64_t l, unsigned bits) noexcept
    : high(h & high_mask(bits)), low(l & low_mask(bits)), length(bits) {}

bool Key6::contains(const Key6& other) const noexcept {
  return length <= other.length && (other.high & high_mask(length)) == high &&
         (other.low & low_mask(length)) == low;
}

uint32_t Key6::bits(unsigned skip, unsigned count) const noexcept {
  uint64_t top = 0;  // the 64 bits after skip
  if (skip == 0)
    top = high;
  else if (skip < 64)
    top = high << skip | low >> (64 - skip);
  else if (skip < 128)
    top = low << (skip - 64);
  return static_cast<uint32_t>(top >> (64 - count));
}

Key6 Key6::child(unsigned count, uint32_t value) const noexcept {
  const unsigned end = length + count;
  uint64_t h = high, l = low;
  if (end <= 64) {
    h |= uint64_t{value} << (64 - end);
  } else {
    l |= uint64_t{value} << (128 - end);
    if (length < 64) h |= uint64_t{value} >> (end - 64);
  }
  return {h, l, end};
}

uint16_t RouteMap6::find(const Key6& key) const {
  const auto at = routes_.find(key);
  return at == routes_.end() ? 0 : at->second;
}

void RouteMap6::set(const Key6& key, uint16_t hop) {
  if (hop == 0)
    routes_.erase(key);
  else
    routes_[key] = hop;
}

// The route just before `key` either contains it or says how long a containing one can be at most;
// then the search goes on from there.
uint16_t RouteMap6::cover(const Key6& key) const {
  auto at = routes_.lower_bound(key);
  while (at != routes_.begin()) {
    --at;
    if (at->first.contains(key)) return at->first.length == 0 ? 0 : at->second;
    const unsigned common = std::min(common_bits(at->first, key), at->first.length);
    at = routes_.upper_bound(Key6(key.high, key.low, common));
  }
  return 0;
}

RouteMap6::Range RouteMap6::inside(const Key6& key) const {
  const Key6 last(key.high | ~high_mask(key.length), key.low | ~low_mask(key.length), 128);
  return {routes_.lower_bound(key), routes_.upper_bound(last)};
}

}  // namespace spanway::table
