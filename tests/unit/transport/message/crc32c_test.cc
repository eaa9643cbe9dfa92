// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string_view>
#include <vector>

#include "dataplane/base/random.h"

namespace spanway::transport {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr CrcWay kWays[] = {CrcWay::kTable, CrcWay::kThreeLanes, CrcWay::kWideLanes};

// RFC 3720 appendix B.4, whose results are printed as they lie on the wire.
TEST(Crc32c, SaysWhatTheRfcSays) {
  Bytes rising(32), falling(32);
  std::iota(rising.begin(), rising.end(), uint8_t{0});
  std::iota(falling.rbegin(), falling.rend(), uint8_t{0});
  const Bytes read_command = {0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                              0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00,
                              0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00,
                              0x00, 0x18, 0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                              0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
  const std::string_view digits = "123456789";
  for (const CrcWay way : kWays) {
    if (!crc32c_by(way, {})) continue;  // not on this CPU
    const auto crc = [way](std::span<const uint8_t> bytes, uint32_t before) {
      return *crc32c_by(way, bytes, before);
    };
    EXPECT_EQ(crc(Bytes(32, 0), 0), 0x8a9136aau);
    EXPECT_EQ(crc(Bytes(32, 0xff), 0), 0x62a8ab43u);
    EXPECT_EQ(crc(rising, 0), 0x46dd794eu);
    EXPECT_EQ(crc(falling, 0), 0x113fdb5cu);
    EXPECT_EQ(crc(read_command, 0), 0xd9963a56u);
    EXPECT_EQ(crc({reinterpret_cast<const uint8_t*>(digits.data()), digits.size()}, 0),
              0xe3069283u);
    EXPECT_EQ(crc({}, 0), 0u);
  }
}

// Every length up to where all lanes are in use, at every alignment, whole and in two pieces.
TEST(Crc32c, AllWaysAgree) {
  Random random(7);
  Bytes bytes(2'100);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  for (size_t size = 0; size + 8 < bytes.size(); ++size) {
    const std::span<const uint8_t> part = std::span(bytes).subspan(size % 8, size);
    const uint32_t want = crc32c(part);
    const size_t cut = random.below(size + 1);
    for (const CrcWay way : kWays) {
      if (!crc32c_by(way, {})) continue;
      ASSERT_EQ(crc32c_by(way, part), want) << size;
      const uint32_t before = *crc32c_by(way, part.first(cut));
      ASSERT_EQ(crc32c_by(way, part.subspan(cut), before), want) << size << " at " << cut;
    }
  }
}

TEST(Crc32c, SeesWordsThatChangedPlaces) {
  Bytes bytes(64);
  std::iota(bytes.begin(), bytes.end(), uint8_t{1});
  const uint32_t whole = crc32c(bytes);
  for (size_t a = 0; a + 2 <= bytes.size(); a += 2)
    for (size_t b = a + 2; b + 2 <= bytes.size(); b += 2) {
      Bytes swapped = bytes;
      std::swap_ranges(swapped.begin() + static_cast<long>(a),
                       swapped.begin() + static_cast<long>(a) + 2,
                       swapped.begin() + static_cast<long>(b));
      ASSERT_NE(crc32c(swapped), whole) << a << " with " << b;
    }
}

}  // namespace
}  // namespace spanway::transport
