// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/packet/checksum.h"

#include <cstring>

namespace spanway {

uint64_t checksum_add(uint64_t sum, std::span<const uint8_t> bytes) noexcept {
  const uint8_t* at = bytes.data();
  size_t left = bytes.size();
  // 32-bit words into a 64-bit sum: no carry can be lost before 2^32 words.
  for (; left >= 4; left -= 4, at += 4) {
    uint32_t word;
    std::memcpy(&word, at, 4);
    sum += word;
  }
  if (left >= 2) {
    uint16_t word;
    std::memcpy(&word, at, 2);
    sum += word;
    at += 2;
    left -= 2;
  }
  if (left == 1) {
    const uint8_t padded[2] = {*at, 0};
    uint16_t word;
    std::memcpy(&word, padded, 2);
    sum += word;
  }
  return sum;
}

uint64_t pseudo_sum(const Ip4Header& ip, uint8_t protocol, uint32_t bytes) noexcept {
  uint64_t sum = ip.source.bits.raw();
  sum += ip.destination.bits.raw();
  sum += Be16(protocol).raw();
  sum += Be16(static_cast<uint16_t>(bytes)).raw();
  return sum;
}

uint64_t pseudo_sum(const Ip6Header& ip, uint8_t protocol, uint32_t bytes) noexcept {
  uint64_t sum = checksum_add(0, ip.source.bytes);
  sum = checksum_add(sum, ip.destination.bytes);
  sum += Be32(bytes).raw();
  sum += Be32(protocol).raw();
  return sum;
}

bool ip4_checksum_ok(const Ip4Header& ip) noexcept {
  return checksum_finish(
             checksum_add(0, {reinterpret_cast<const uint8_t*>(&ip), ip.header_bytes()})) == 0;
}

void ip4_checksum_fill(Ip4Header& ip) noexcept {
  ip.checksum = Be16();
  ip.checksum = checksum_of({reinterpret_cast<const uint8_t*>(&ip), ip.header_bytes()});
}

}  // namespace spanway
