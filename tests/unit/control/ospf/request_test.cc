// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/request.h"

#include "tests/unit/control/ospf/samples.h"

namespace spanway::ospf::test {
namespace {

// RFC 2328 appendix A.3.4: the type, here of 32 bits; ID; router.
constexpr std::string_view kBody = "00000001 0a000007 0a000001 00000005 c0000200 0a000001";

TEST(Request, IsReadAndWrittenFieldByField) {
  const Parsed<std::vector<LsaKey>> wanted = parse_request(hex(kBody));
  ASSERT_TRUE(wanted);
  const std::vector<LsaKey> sample{key(0x0a000007), key(0xc0000200, LsaType::kExternal)};
  EXPECT_EQ(*wanted, sample);
  const Filled out = write_request(kFrom, sample);
  EXPECT_EQ(body_of(out.packet), hex(kBody));
  EXPECT_EQ(out.taken, 2u);
}

TEST(Request, ForAnUnknownTypeIsForTheExchangeToAnswer) {
  Buffer body = hex(kBody);
  body[3] = 200;
  ASSERT_TRUE(parse_request(body));
  body[2] = 1;  // no header could name it
  EXPECT_EQ(refusal_of(parse_request(body)), Refusal::kUnknownLsa);
}

TEST(Request, CutListIsRagged) {
  const Buffer body = hex(kBody);
  for (size_t n = 0; n < body.size(); ++n)
    EXPECT_EQ(refusal_of(parse_request(std::span(body).first(n))),
              n % 12 == 0 ? Refusal::kCount : Refusal::kRaggedBody)
        << n;
}

TEST(Request, IsFilledUpToTheRoom) {
  Envelope narrow = kFrom;
  narrow.room_bytes = kHeaderBytes + 5 * 12 + 11;
  const std::vector<LsaKey> wanted(7, key(1));
  const Filled out = write_request(narrow, wanted);
  EXPECT_EQ(out.taken, 5u);
  EXPECT_EQ(out.packet.size(), kHeaderBytes + 5 * 12);
}

}  // namespace
}  // namespace spanway::ospf::test
