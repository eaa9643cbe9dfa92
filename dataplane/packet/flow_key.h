// SPDX-License-Identifier: BSD-3-Clause
// The hash that keeps one flow on one path and one worker. Any thread.
#pragma once

#include <cstdint>

#include "dataplane/base/hash.h"
#include "dataplane/packet/headers.h"

namespace spanway {

// ports: source and destination port as they lie in memory, or 0 for fragments and other protocols.
inline uint32_t flow_hash(const Ip4Header& ip, uint32_t ports) noexcept {
  return hash_mix(uint64_t{ip.source.bits.raw()} << 32 | ip.destination.bits.raw(),
                  uint64_t{ports} << 8 | ip.protocol);
}
inline uint32_t flow_hash(const Ip6Header& ip, uint8_t protocol, uint32_t ports) noexcept {
  const uint64_t source = ip.source.high() ^ byte_swap(ip.source.low());
  const uint64_t destination = ip.destination.high() ^ byte_swap(ip.destination.low());
  return hash_mix(source * 0x9e3779b97f4a7c15 ^ destination, uint64_t{ports} << 8 | protocol);
}

}  // namespace spanway
