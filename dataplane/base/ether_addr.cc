// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/base/ether_addr.h"

#include <charconv>
#include <cstdio>

namespace spanway {

std::optional<EtherAddr> EtherAddr::parse(std::string_view text) {
  if (text.size() != 17) return std::nullopt;
  EtherAddr out;
  for (size_t i = 0; i < 6; ++i) {
    const char* at = text.data() + 3 * i;
    const auto [end, error] = std::from_chars(at, at + 2, out.bytes[i], 16);
    if (error != std::errc{} || end != at + 2) return std::nullopt;
    if (i < 5 && at[2] != ':') return std::nullopt;
  }
  return out;
}

std::string EtherAddr::to_string() const {
  char text[18];
  std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2],
                bytes[3], bytes[4], bytes[5]);
  return text;
}

}  // namespace spanway
