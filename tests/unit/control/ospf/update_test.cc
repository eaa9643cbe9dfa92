// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/update.h"

#include "dataplane/base/big_endian.h"
#include "tests/unit/control/ospf/samples.h"

namespace spanway::ospf::test {
namespace {

Buffer update_of(const std::vector<Buffer>& lsas, uint16_t age_s = 5) {
  UpdateWriter writer(kFrom);
  for (const Buffer& lsa : lsas) EXPECT_TRUE(writer.add(lsa, age_s));
  return std::move(writer).finish();
}

TEST(Update, GivesEachLsaItsBytes) {
  const Buffer body = body_of(update_of({router_lsa(1), router_lsa(4)}, 1));
  EXPECT_EQ(load_big<uint32_t>(body.data()), 2u);  // RFC 2328 appendix A.3.5
  const auto lsas = parse_update(body);
  ASSERT_TRUE(lsas);
  ASSERT_EQ(lsas->size(), 2u);
  EXPECT_EQ(Buffer((*lsas)[0].begin(), (*lsas)[0].end()), router_lsa(1));
  EXPECT_EQ(Buffer((*lsas)[1].begin(), (*lsas)[1].end()), router_lsa(4));
}

TEST(Update, CarriesTheAgeThatItIsGiven) {
  const Buffer body = body_of(update_of({router_lsa(1)}, 3'600));
  const auto lsas = parse_update(body);
  ASSERT_TRUE(lsas);
  const Parsed<Lsa> lsa = parse_lsa((*lsas)[0]);
  ASSERT_TRUE(lsa);  // the checksum does not cover the age
  EXPECT_EQ(lsa->header.age_s, 3'600);
}

TEST(Update, CountThatLiesIsRefused) {
  struct Case {
    uint32_t count;
    Refusal refusal;
  };
  constexpr Case kCases[] = {{0, Refusal::kRaggedBody},
                             {1, Refusal::kRaggedBody},
                             {2, Refusal::kCount},
                             {3, Refusal::kTruncatedBody},
                             {5, Refusal::kTruncatedBody},
                             {65'535, Refusal::kTruncatedBody},
                             {UINT32_MAX, Refusal::kTruncatedBody}};
  const Buffer good = body_of(update_of({router_lsa(1), router_lsa(2)}));
  for (const Case& c : kCases) {
    Buffer body = good;
    const Be32 count(c.count);
    std::memcpy(body.data(), &count, sizeof count);
    EXPECT_EQ(refusal_of(parse_update(body)), c.refusal) << c.count;
  }
}

TEST(Update, LsaLengthThatLiesIsRefused) {
  struct Case {
    uint16_t length;
    Refusal refusal;
  };
  constexpr Case kCases[] = {{0, Refusal::kBadLsaLength},   {1, Refusal::kBadLsaLength},
                             {19, Refusal::kBadLsaLength},  {20, Refusal::kRaggedBody},
                             {35, Refusal::kRaggedBody},    {36, Refusal::kCount},
                             {37, Refusal::kTruncatedBody}, {65'535, Refusal::kTruncatedBody}};
  const Buffer good = body_of(update_of({router_lsa(1)}));
  for (const Case& c : kCases) {
    Buffer body = good;
    const Be16 length(c.length);
    std::memcpy(body.data() + 4 + 18, &length, sizeof length);
    EXPECT_EQ(refusal_of(parse_update(body)), c.refusal) << c.length;
  }
}

TEST(Update, IsFilledUpToTheRoom) {
  Envelope narrow = kFrom;
  narrow.room_bytes = kHeaderBytes + 4 + 3 * 36;
  UpdateWriter writer(narrow);
  EXPECT_TRUE(writer.empty());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(writer.add(router_lsa(1), 1));
  EXPECT_FALSE(writer.add(router_lsa(1), 1));
  EXPECT_FALSE(writer.empty());
  const Buffer packet = std::move(writer).finish();
  EXPECT_EQ(packet.size(), narrow.room_bytes);
  EXPECT_EQ(parse_update(body_of(packet))->size(), 3u);
}

TEST(Update, RoomIsHeldToTheByte) {
  Envelope narrow = kFrom;
  narrow.room_bytes = kHeaderBytes + 4 + 2 * 36 - 1;
  UpdateWriter writer(narrow);
  EXPECT_TRUE(writer.add(router_lsa(1), 1));
  EXPECT_FALSE(writer.add(router_lsa(1), 1));
}

TEST(Update, LsaLargerThanTheRoomGoesAlone) {
  Envelope narrow = kFrom;
  narrow.room_bytes = room_in(1500, 64);
  UpdateWriter writer(narrow);
  EXPECT_TRUE(writer.add(router_lsa(5'000), 1));
  EXPECT_FALSE(writer.add(router_lsa(1), 1));
  const Buffer packet = std::move(writer).finish();
  EXPECT_LE(packet.size() + 64, kMaxPacketBytes);
  EXPECT_EQ(parse_update(body_of(packet))->front().size(), router_lsa(5'000).size());
}

}  // namespace
}  // namespace spanway::ospf::test
