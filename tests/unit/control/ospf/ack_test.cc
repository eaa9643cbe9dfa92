// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/ack.h"

#include "tests/unit/control/ospf/samples.h"

namespace spanway::ospf::test {
namespace {

TEST(Ack, IsAListOfHeaders) {
  const std::vector<LsaHeader> all = headers(3);
  const Filled out = write_ack(kFrom, all);
  EXPECT_EQ(out.taken, 3u);
  EXPECT_EQ(out.packet.size(), kHeaderBytes + 60);
  const Parsed<std::vector<LsaHeader>> read = parse_ack(body_of(out.packet));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, all);
}

TEST(Ack, CutListIsRagged) {
  const Buffer body = body_of(write_ack(kFrom, headers(3)).packet);
  for (size_t n = 0; n < body.size(); ++n)
    EXPECT_EQ(refusal_of(parse_ack(std::span(body).first(n))),
              n % 20 == 0 ? Refusal::kCount : Refusal::kRaggedBody)
        << n;
}

TEST(Ack, IsFilledUpToTheRoom) {
  Envelope narrow = kFrom;
  narrow.room_bytes = room_in(1500, 0);
  const Filled out = write_ack(narrow, headers(100));
  EXPECT_EQ(out.taken, 72u);  // 1500 less 20 and 24, in twenties
  EXPECT_LE(out.packet.size(), narrow.room_bytes);
}

}  // namespace
}  // namespace spanway::ospf::test
