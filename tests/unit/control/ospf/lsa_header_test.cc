// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/lsa_header.h"

#include "tests/unit/control/ospf/samples.h"

namespace spanway::ospf::test {
namespace {

LsaHeader instance(int32_t sequence, uint16_t checksum, uint16_t age_s) {
  LsaHeader out = header(1);
  out.sequence = {sequence};
  out.checksum = checksum;
  out.age_s = age_s;
  return out;
}

// RFC 2328 section 13.1, rule by rule; the first of each pair is the newer one, or both are the
// same.
TEST(LsaHeader, NewerInstanceIsToldByTheRulesInTheirOrder) {
  struct Case {
    const char* what;
    LsaHeader a, b;
    bool same;
  };
  const Case kCases[] = {
      {"sequence beats all", instance(2, 1, 3'599), instance(1, 0xffff, 3'600), false},
      {"sequences are signed", instance(1, 1, 1), instance(-1, 1, 1), false},
      {"first after reserved", instance(INT32_MIN + 1, 1, 1), instance(INT32_MIN, 1, 1), false},
      {"last beats first", instance(INT32_MAX, 1, 1), instance(INT32_MIN + 1, 1, 1), false},
      {"checksum beats age", instance(1, 0x8001, 3'599), instance(1, 0x7fff, 3'600), false},
      {"MaxAge beats younger", instance(1, 1, 3'600), instance(1, 1, 0), false},
      {"beyond MaxAge is MaxAge", instance(1, 1, 65'535), instance(1, 1, 3'599), false},
      {"two beyond MaxAge", instance(1, 1, 65'535), instance(1, 1, 3'600), true},
      {"younger by more than the difference", instance(1, 1, 100), instance(1, 1, 1'001), false},
      {"younger by the difference", instance(1, 1, 100), instance(1, 1, 1'000), true},
      {"of one age", instance(1, 1, 7), instance(1, 1, 7), true},
  };
  for (const Case& c : kCases) {
    const auto ab = compare_instances(c.a, c.b), ba = compare_instances(c.b, c.a);
    EXPECT_EQ(ab, c.same ? std::strong_ordering::equal : std::strong_ordering::greater) << c.what;
    EXPECT_EQ(ba, c.same ? std::strong_ordering::equal : std::strong_ordering::less) << c.what;
  }
}

TEST(LsaHeader, IsWrittenAsRead) {
  // RFC 2328 appendix A.4.1: age, options, type; ID; router; sequence; checksum, length.
  const Buffer bytes = hex("0e10 22 04 0a090000 0a000007 80000009 abcd 0024");
  const LsaHeader read = read_lsa_header(bytes);
  EXPECT_EQ(read.age_s, 3'600);
  EXPECT_TRUE(read.is_max_age());
  EXPECT_EQ(read.options, 0x22);
  EXPECT_EQ(read.key,
            (LsaKey{LsaType::kSummaryRouter, LinkStateId(0x0a090000), RouterId(0x0a000007)}));
  EXPECT_EQ(read.sequence.value, INT32_MIN + 9);
  EXPECT_EQ(read.checksum, 0xabcd);
  EXPECT_EQ(read.length_bytes, 0x24);
  Buffer again;
  append_lsa_header(again, read);
  EXPECT_EQ(again, bytes);
}

TEST(LsaHeader, FiveTypesAreKnown) {
  for (unsigned type = 0; type < 256; ++type)
    EXPECT_EQ(is_known(static_cast<LsaType>(type)), type >= 1 && type <= 5) << type;
}

}  // namespace
}  // namespace spanway::ospf::test
