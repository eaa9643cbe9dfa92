// SPDX-License-Identifier: BSD-3-Clause
// A unicast, locally administered MAC that follows from a name: the same on every start.
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/base/ether_addr.h"

namespace spanway {

// FNV-1a over the name; 40 of its bits behind 02.
constexpr EtherAddr local_mac(std::string_view name) noexcept {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  hash ^= hash >> 29;
  EtherAddr mac;
  mac.bytes[0] = 0x02;
  for (unsigned i = 1; i < 6; ++i) mac.bytes[i] = static_cast<uint8_t>(hash >> (8 * (i - 1)));
  return mac;
}

}  // namespace spanway
