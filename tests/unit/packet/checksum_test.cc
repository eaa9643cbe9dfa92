// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/packet/checksum.h"

#include <gtest/gtest.h>

#include <vector>

#include "dataplane/base/random.h"

namespace spanway {
namespace {

TEST(Checksum, ExampleOfRfc1071) {
  const std::vector<uint8_t> bytes = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(checksum_of(bytes).host(), static_cast<uint16_t>(~0xddf2));
}

TEST(Checksum, OddLengthCountsAsZeroPadded) {
  const std::vector<uint8_t> odd = {1, 2, 3};
  const std::vector<uint8_t> even = {1, 2, 3, 0};
  EXPECT_EQ(checksum_of(odd), checksum_of(even));
}

TEST(Checksum, LoweringTheTtlEqualsComputingAfresh) {
  Random random(1);
  for (int i = 0; i < 100'000; ++i) {
    Ip4Header ip{};
    auto* bytes = reinterpret_cast<uint8_t*>(&ip);
    for (size_t b = 0; b < sizeof ip; ++b) bytes[b] = static_cast<uint8_t>(random());
    ip.version_ihl = 0x45;
    if (ip.ttl < 2) ip.ttl = 2;
    ip4_checksum_fill(ip);
    ASSERT_TRUE(ip4_checksum_ok(ip));
    ip4_lower_ttl(ip);
    ASSERT_TRUE(ip4_checksum_ok(ip)) << i;
    Ip4Header fresh = ip;
    ip4_checksum_fill(fresh);
    ASSERT_EQ(fresh.checksum, ip.checksum) << i;
  }
}

}  // namespace
}  // namespace spanway
