// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/lsa_checksum.h"

#include "dataplane/base/big_endian.h"
#include "dataplane/base/random.h"
#include "tests/unit/control/ospf/samples.h"

namespace spanway::ospf::test {
namespace {

void set_checksum(Buffer& lsa, uint16_t checksum) {
  const Be16 wire(checksum);
  std::memcpy(lsa.data() + 16, &wire, sizeof wire);
}

// RFC 905 annex B as it is defined, not as it is computed: the sum of all bytes, and the sum of
// each times its place counted from the end, are both multiples of 255.
bool by_definition(const Buffer& lsa) {
  uint64_t plain = 0, placed = 0;
  for (size_t i = 2; i < lsa.size(); ++i) {
    plain += lsa[i];
    placed += lsa[i] * (lsa.size() - i);
  }
  return plain % 255 == 0 && placed % 255 == 0;
}

// Figures of scapy 2.5's ospf_lsa_checksum().
TEST(LsaChecksum, AgreesWithAnother) {
  struct Case {
    const char* lsa;
    uint16_t checksum;
  };
  constexpr Case kCases[] = {
      {"0001 02 03 0a000000 0a000001 80000077 0000 001c ffffff00 0000000a", 0xffc7},
      {"0001 02 03 0a000000 0a000001 800000af 0000 001c ffffff00 0000000a", 0x8fff},
      {"0001 02 03 0a000000 0a000001 800001ad 0000 001c ffffff00 0000000a", 0x90ff},
  };
  for (const Case& c : kCases) EXPECT_EQ(lsa_checksum(hex(c.lsa)), c.checksum) << c.lsa;

  Buffer large = hex("0001 02 02 0a000001 0a000001 80000005 0000 ea78 ffffff00");
  for (uint32_t i = 0; i < 15'000; ++i) {
    const Be32 router(0xc0000000 + i * 7'919);
    const auto* first = reinterpret_cast<const uint8_t*>(&router);
    large.insert(large.end(), first, first + sizeof router);
  }
  EXPECT_EQ(lsa_checksum(large), 0x6c9f);
}

TEST(LsaChecksum, SumsToZeroByDefinition) {
  Random random(905);
  for (int i = 0; i < 2'000; ++i) {
    Buffer lsa(20 + random.below(i % 50 == 0 ? 60'000 : 200));
    for (uint8_t& byte : lsa) byte = static_cast<uint8_t>(random());
    if (i % 7 == 0) std::fill(lsa.begin(), lsa.end(), static_cast<uint8_t>(i % 2 == 0 ? 0xff : 0));
    const uint16_t checksum = lsa_checksum(lsa);
    EXPECT_NE(checksum >> 8, 0);
    EXPECT_NE(checksum & 0xff, 0);
    set_checksum(lsa, checksum);
    ASSERT_TRUE(by_definition(lsa)) << lsa.size();
    ASSERT_TRUE(lsa_checksum_ok(lsa)) << lsa.size();
  }
}

TEST(LsaChecksum, OneWrongBitIsSeen) {
  const Buffer good = router_lsa(3);
  ASSERT_TRUE(lsa_checksum_ok(good));
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    Buffer bad = good;
    bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ 1u << bit % 8);
    EXPECT_EQ(lsa_checksum_ok(bad), bit < 16) << bit;  // the age is not summed
  }
}

TEST(LsaChecksum, ZeroMeansNotComputed) {
  // All zeros sum to zero, and are refused for the field alone (RFC 2328 section 12.1.7).
  Buffer lsa(36);
  EXPECT_TRUE(by_definition(lsa));
  EXPECT_FALSE(lsa_checksum_ok(lsa));
  set_checksum(lsa, lsa_checksum(lsa));
  EXPECT_TRUE(lsa_checksum_ok(lsa));
}

}  // namespace
}  // namespace spanway::ospf::test
