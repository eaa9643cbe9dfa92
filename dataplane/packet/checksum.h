// SPDX-License-Identifier: BSD-3-Clause
// The Internet checksum (RFC 1071), its incremental form (RFC 1624) and the pseudo headers.
//
// Sums are 16-bit one's-complement sums over the bytes as they lie in memory; RFC 1071 section 2(B)
// makes them independent of byte order. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/packet/headers.h"

namespace spanway {

// The running sum of a byte range, not folded, not inverted. A range of odd length counts as if a
// zero byte followed, so only the last range of a sum may be odd.
uint64_t checksum_add(uint64_t sum, std::span<const uint8_t> bytes) noexcept;
// Folds a running sum and inverts it: the value that goes into a header, raw (memory order).
constexpr uint16_t checksum_finish(uint64_t sum) noexcept {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}
inline Be16 checksum_of(std::span<const uint8_t> bytes) noexcept {
  return Be16::from_raw(checksum_finish(checksum_add(0, bytes)));
}

// The sum of RFC 768 / RFC 9293 and RFC 8200 section 8.1 pseudo headers. bytes: transport length.
uint64_t pseudo_sum(const Ip4Header& ip, uint8_t protocol, uint32_t bytes) noexcept;
uint64_t pseudo_sum(const Ip6Header& ip, uint8_t protocol, uint32_t bytes) noexcept;

// True when the IPv4 header (options included) sums to what RFC 1071 asks.
bool ip4_checksum_ok(const Ip4Header& ip) noexcept;
// Writes ip.checksum afresh over header_bytes().
void ip4_checksum_fill(Ip4Header& ip) noexcept;

// RFC 1624 equation 3: the checksum after one 16-bit field went from `old_raw` to `new_raw`.
constexpr uint16_t checksum_update(uint16_t checksum_raw, uint16_t old_raw,
                                   uint16_t new_raw) noexcept {
  uint32_t sum = static_cast<uint16_t>(~checksum_raw);
  sum += static_cast<uint16_t>(~old_raw);
  sum += new_raw;
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

// Lowers the TTL by one and mends the checksum. ttl is at least 2.
inline void ip4_lower_ttl(Ip4Header& ip) noexcept {
  const uint16_t before = static_cast<uint16_t>(ip.ttl | ip.protocol << 8);
  --ip.ttl;
  const uint16_t after = static_cast<uint16_t>(ip.ttl | ip.protocol << 8);
  ip.checksum = Be16::from_raw(checksum_update(ip.checksum.raw(), before, after));
}

}  // namespace spanway
