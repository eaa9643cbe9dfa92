// SPDX-License-Identifier: BSD-3-Clause
// The traffic that the stage tests speak of: a host on the left, a host on the right.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "dataplane/packet/headers.h"
#include "tests/support/frames.h"
#include "tests/support/road.h"

namespace spanway::stage {

using test::Bytes;
using test::counting;
using test::Ether;
using test::frame4;
using test::frame6;
using test::Ip4;
using test::Ip6;
using test::packet4;
using test::packet6;
using test::Road;
using test::Sent;
using test::operator+;
using How = seam::Inject::How;
using Kind = seam::Message::Kind;
using table::NextHopKind;

inline const Ether kFromLeft{Road::kLeftMac, Road::kLeftPeer};
inline const Ether kToRight{Road::kRightPeer, Road::kRightMac};
inline const Ether kToLeft{Road::kLeftPeer, Road::kLeftMac};

inline const Ip4 kThrough4{Ip4Addr(10, 0, 1, 2), Ip4Addr(10, 0, 2, 2)};
inline const Ip6 kThrough6{test::ip6_of("2001:db8:1::2"), test::ip6_of("2001:db8:2::2")};
inline const Ip4 kToUs4{Ip4Addr(10, 0, 1, 2), Ip4Addr(10, 0, 1, 1)};
inline const Ip6 kToUs6{test::ip6_of("2001:db8:1::2"), test::ip6_of("2001:db8:1::1")};

// A copy with one thing changed.
template <class T, class Field, class Value>
T with(T base, Field T::*field, Value value) {
  base.*field = static_cast<Field>(value);
  return base;
}
inline Bytes spoiled(Bytes bytes, size_t at, int value) {
  bytes.at(at) = static_cast<uint8_t>(value);
  return bytes;
}
inline Bytes cut(const Bytes& bytes, size_t from, size_t count = SIZE_MAX) {
  const size_t end = count > bytes.size() - from ? bytes.size() : from + count;
  return Bytes(bytes.begin() + static_cast<long>(from), bytes.begin() + static_cast<long>(end));
}
inline Bytes udp4(const Ip4& ip, size_t bytes = 26) {
  return packet4(ip, test::udp(ip, 4000, 5000, counting(bytes)));
}
inline Bytes udp6(const Ip6& ip, size_t bytes = 26) {
  return packet6(ip, test::udp(ip, 4000, 5000, counting(bytes)));
}

// What every test ends with: nothing lost without a name, nothing leaked, nothing invented.
inline void expect_sound(Road& road) {
  EXPECT_EQ(road.imbalance(), 0);
  EXPECT_EQ(test::buffers_in_use(), road.counters.held.get());
}

// One frame that must come to its end by this drop and without an answer.
struct DropCase {
  const char* what;
  Bytes bytes;
  DropReason reason;
};
inline void expect_drops(const std::vector<DropCase>& cases) {
  for (const DropCase& c : cases) {
    Road road;
    road.receive(Road::kLeftPort, c.bytes);
    EXPECT_EQ(road.drops(c.reason), 1u) << c.what;
    EXPECT_EQ(road.all_drops(), 1u) << c.what;
    EXPECT_TRUE(road.sent().empty()) << c.what;
    EXPECT_TRUE(road.punted().empty()) << c.what;
    expect_sound(road);
  }
}

}  // namespace spanway::stage
