// SPDX-License-Identifier: BSD-3-Clause
// Fragments for tests, written by hand: frames from a host to an address of ours.
#pragma once

#include <gtest/gtest.h>

#include "control/local/reassembly.h"
#include "dataplane/base/check.h"
#include "tests/support/frames.h"

namespace spanway::local {

using test::counting;
using test::frame4;
using test::frame6;
using test::Ip4;
using test::Ip6;
using test::packet4;
using test::packet6;
using test::operator+;
using Octets = test::Bytes;

inline constexpr IfIndex kLeft{1};
inline const test::Ether kIn{test::mac_of("02:00:00:00:00:01"), test::mac_of("02:00:00:00:00:02")};
inline const Ip4 kToUs4{test::ip4_of("10.0.0.2"), test::ip4_of("10.0.0.1"), 1};
inline const Ip6 kToUs6{test::ip6_of("2001:db8::2"), test::ip6_of("2001:db8::1"), 58};

// A part of `payload`, as the fragment that carries it.
struct Part {
  size_t from, bytes;
  bool more;
};
inline Octets slice(const Octets& payload, size_t from, size_t bytes) {
  SPANWAY_CHECK(from + bytes <= payload.size());
  const Bytes part = Bytes(payload).subspan(from, bytes);
  return {part.begin(), part.end()};
}
inline Octets piece4(Ip4 ip, const Octets& payload, const Part& part) {
  ip.fragment = static_cast<uint16_t>(part.from / 8 | (part.more ? 0x2000u : 0u));
  return frame4(kIn, packet4(ip, slice(payload, part.from, part.bytes)));
}
inline Octets piece6(Ip6 ip, const Octets& payload, const Part& part, uint32_t id = 7) {
  const uint8_t next = ip.next;
  ip.next = 44;
  return frame6(kIn, packet6(ip, test::fragment_header(next, static_cast<uint16_t>(part.from),
                                                       part.more, id) +
                                     slice(payload, part.from, part.bytes)));
}
// `payload` in parts of `most` bytes each but the last.
inline std::vector<Part> parts_of(const Octets& payload, size_t most) {
  std::vector<Part> out;
  for (size_t at = 0; at < payload.size(); at += most) {
    const size_t bytes = std::min(most, payload.size() - at);
    out.push_back({at, bytes, at + bytes < payload.size()});
  }
  return out;
}

inline uint64_t lost(const ReassemblyCounts& counts, Loss why) {
  return counts.lost[static_cast<size_t>(why)];
}
// The books of seam/counters.h, continued here.
inline void expect_sound(const ReassemblyCounts& counts) {
  uint64_t sum = counts.joined + counts.waiting;
  for (const uint64_t one : counts.lost) sum += one;
  EXPECT_EQ(counts.received, sum);
}

}  // namespace spanway::local
