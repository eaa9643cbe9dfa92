// SPDX-License-Identifier: BSD-3-Clause
// What the tests of this folder share: an envelope, packets made to measure, and bytes from text.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/ospf/lsa.h"
#include "control/ospf/packet.h"
#include "tests/fuzz/ospf_seeds.h"

namespace spanway::ospf::test {

using Buffer = std::vector<uint8_t>;

inline const Envelope kFrom{.router = RouterId(0x0a000001), .area = AreaId(0x00000102)};

// Hex digits with spaces between the fields.
inline Buffer hex(std::string_view text) {
  std::string digits;
  for (const char c : text)
    if (c != ' ') digits += c;
  return fuzz::from_hex(digits);
}

// The body of a packet of ours: everything behind the header.
inline Buffer body_of(const Buffer& packet) {
  return {packet.begin() + static_cast<ptrdiff_t>(kHeaderBytes), packet.end()};
}

inline LsaKey key(uint32_t id, LsaType type = LsaType::kRouter) {
  return {.type = type, .id = LinkStateId(id), .router = RouterId(0x0a000001)};
}

inline LsaHeader header(uint32_t id, LsaType type = LsaType::kRouter) {
  return {.age_s = 1, .options = options::kExternal, .key = key(id, type), .length_bytes = 24};
}

// n different headers.
inline std::vector<LsaHeader> headers(uint32_t n) {
  std::vector<LsaHeader> out;
  for (uint32_t i = 0; i < n; ++i) out.push_back(header(i));
  return out;
}

// A router LSA of so many links; 24 bytes and 12 for each.
inline Buffer router_lsa(uint32_t links) {
  RouterLsa body;
  for (uint32_t i = 0; i < links; ++i)
    body.links.push_back({.type = LinkType::kPointToPoint, .id = i, .data = ~i, .metric = 10});
  const Result<Buffer> bytes = write_lsa({header(0x0a000001), body});
  EXPECT_TRUE(bytes.has_value());
  return *bytes;
}

template <class T>
Refusal refusal_of(const Parsed<T>& parsed) {
  return parsed ? Refusal::kCount : parsed.refusal();
}

}  // namespace spanway::ospf::test
