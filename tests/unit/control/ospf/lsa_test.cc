// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/lsa.h"

#include "control/ospf/lsa_checksum.h"
#include "dataplane/base/big_endian.h"
#include "tests/unit/control/ospf/samples.h"

namespace spanway::ospf::test {
namespace {

void set16(Buffer& bytes, size_t at, size_t value) {
  const Be16 wire(static_cast<uint16_t>(value));
  std::memcpy(bytes.data() + at, &wire, sizeof wire);
}

// An LSA of that body, with a right length and checksum.
Buffer lsa_of(LsaType type, std::string_view body_hex) {
  Buffer bytes;
  append_lsa_header(bytes, header(0x0a000001, type));
  const Buffer body = hex(body_hex);
  bytes.insert(bytes.end(), body.begin(), body.end());
  set16(bytes, 18, bytes.size());
  set16(bytes, 16, lsa_checksum(bytes));
  return bytes;
}

// The body of a good LSA; what it is written as again, where that differs.
struct Good {
  const char* what;
  LsaType type;
  const char* body;
  LsaBody said;
  const char* written = nullptr;
};

const std::vector<Good>& good_ones() {
  static const std::vector<Good> kGood{
      {"router, A.4.2: flags, count; ID, data, type, services, metric", LsaType::kRouter,
       "07 00 0004 "
       "02020202 0a090001 01 00 000a  0a090002 0a090001 02 00 ffff "
       "c0000200 ffffff00 03 00 0000  03030303 0a090001 04 00 0001",
       RouterLsa{true,
                 true,
                 true,
                 {{LinkType::kPointToPoint, 0x02020202, 0x0a090001, 10},
                  {LinkType::kTransit, 0x0a090002, 0x0a090001, 65'535},
                  {LinkType::kStub, 0xc0000200, 0xffffff00, 0},
                  {LinkType::kVirtual, 0x03030303, 0x0a090001, 1}}}},
      {"router without a link", LsaType::kRouter, "00 00 0000", RouterLsa{}},
      {"router, border alone", LsaType::kRouter, "01 00 0000", RouterLsa{.border = true}},
      {"router, AS boundary alone", LsaType::kRouter, "02 00 0000", RouterLsa{.external = true}},
      {"router, virtual link alone", LsaType::kRouter, "04 00 0000",
       RouterLsa{.virtual_link_end = true}},
      {"router with metrics of two services on its first link", LsaType::kRouter,
       "00 00 0002 02020202 0a090001 01 02 000a 08000014 10000015 c0000200 ffffff00 03 00 0001",
       RouterLsa{.links = {{LinkType::kPointToPoint, 0x02020202, 0x0a090001, 10},
                           {LinkType::kStub, 0xc0000200, 0xffffff00, 1}}},
       "00 00 0002 02020202 0a090001 01 00 000a c0000200 ffffff00 03 00 0001"},
      {"router with a link of a type to come", LsaType::kRouter,
       "00 00 0001 02020202 0a090001 09 00 000a",
       RouterLsa{.links = {{static_cast<LinkType>(9), 0x02020202, 0x0a090001, 10}}}},
      {"network, A.4.3: mask, routers", LsaType::kNetwork, "ffffff00 01010101 02020202",
       NetworkLsa{Ip4Addr(255, 255, 255, 0), {RouterId(0x01010101), RouterId(0x02020202)}}},
      {"summary, A.4.4: mask, metric", LsaType::kSummaryNetwork, "ffff0000 00010203",
       SummaryLsa{Ip4Addr(255, 255, 0, 0), 0x010203}},
      {"summary of a router, with a service", LsaType::kSummaryRouter, "00000000 00ffffff 08000001",
       SummaryLsa{Ip4Addr(), kLsInfinity}, "00000000 00ffffff"},
      {"external, A.4.5: mask; E, metric; forwarding; tag", LsaType::kExternal,
       "ffffffff 80002710 0a090003 deadbeef",
       ExternalLsa{Ip4Addr(255, 255, 255, 255), true, 10'000, Ip4Addr(10, 9, 0, 3), 0xdeadbeef}},
      {"external of type 1, with a service", LsaType::kExternal,
       "ff000000 00000001 00000000 00000000 88000002 00000000 00000000",
       ExternalLsa{Ip4Addr(255, 0, 0, 0), false, 1, Ip4Addr(), 0},
       "ff000000 00000001 00000000 00000000"},
  };
  return kGood;
}

TEST(Lsa, IsReadFieldByField) {
  for (const Good& good : good_ones()) {
    const Parsed<Lsa> lsa = parse_lsa(lsa_of(good.type, good.body));
    ASSERT_TRUE(lsa) << good.what << ": " << to_string(lsa.refusal());
    EXPECT_EQ(lsa->header.key, key(0x0a000001, good.type));
    EXPECT_TRUE(lsa->body == good.said) << good.what;
  }
}

TEST(Lsa, IsWrittenFieldByFieldWithoutOtherServices) {
  for (const Good& good : good_ones()) {
    const Result<Buffer> bytes = write_lsa({header(0x0a000001, good.type), good.said});
    ASSERT_TRUE(bytes.has_value());
    EXPECT_EQ(*bytes, lsa_of(good.type, good.written ? good.written : good.body)) << good.what;
  }
}

TEST(Lsa, BodyThatDoesNotAddUpIsRefused) {
  struct Case {
    const char* what;
    LsaType type;
    const char* body;
  };
  constexpr Case kCases[] = {
      {"router, nothing", LsaType::kRouter, ""},
      {"router, half a word", LsaType::kRouter, "0000"},
      {"router, a link promised", LsaType::kRouter, "00 00 0001"},
      {"router, as many as a count can say", LsaType::kRouter,
       "00 00 ffff 02020202 0a090001 01 00 000a"},
      {"router, less said than there", LsaType::kRouter, "00 00 0000 02020202 0a090001 01 00 000a"},
      {"router, a service promised", LsaType::kRouter, "00 00 0001 02020202 0a090001 01 01 000a"},
      {"router, 255 services promised", LsaType::kRouter,
       "00 00 0001 02020202 0a090001 01 ff 000a 08000014"},
      {"router, a service too many", LsaType::kRouter,
       "00 00 0001 02020202 0a090001 01 00 000a 08000014"},
      {"router, the services take the next link", LsaType::kRouter,
       "00 00 0002 02020202 0a090001 01 03 000a c0000200 ffffff00 03 00 0001"},
      {"router, cut in a link", LsaType::kRouter, "00 00 0001 02020202 0a090001 01 00 00"},
      {"network, nothing", LsaType::kNetwork, ""},
      {"network of nobody", LsaType::kNetwork, "ffffff00"},
      {"network, cut in a router", LsaType::kNetwork, "ffffff00 01010101 0202"},
      {"summary, nothing", LsaType::kSummaryNetwork, ""},
      {"summary, no metric", LsaType::kSummaryNetwork, "ffffff00"},
      {"summary, half a service", LsaType::kSummaryRouter, "ffffff00 00000001 0800"},
      {"external, nothing", LsaType::kExternal, ""},
      {"external, no tag", LsaType::kExternal, "ffffff00 00000001 00000000"},
      {"external, half a service", LsaType::kExternal,
       "ffffff00 00000001 00000000 00000000 08000001"},
  };
  for (const Case& c : kCases)
    EXPECT_EQ(refusal_of(parse_lsa(lsa_of(c.type, c.body))), Refusal::kBadLsaBody) << c.what;
}

TEST(Lsa, LengthThatLiesIsRefusedWhateverTheChecksum) {
  const Buffer good = router_lsa(2);
  for (const size_t length : {size_t{0}, size_t{1}, size_t{19}, size_t{20}, good.size() - 12,
                              good.size() - 1, good.size() + 1, size_t{65'535}}) {
    Buffer bad = good;
    set16(bad, 18, length);
    set16(bad, 16, lsa_checksum(bad));  // right for all the bytes that are there
    EXPECT_EQ(refusal_of(parse_lsa(bad)), Refusal::kBadLsaLength) << length;
  }
  // A checksum that fits to the part that the length owns up to changes nothing.
  Buffer shorter = lsa_of(LsaType::kNetwork, "ffffff00 01010101");
  shorter.resize(shorter.size() + 4);
  EXPECT_EQ(refusal_of(parse_lsa(shorter)), Refusal::kBadLsaLength);
  EXPECT_EQ(refusal_of(parse_lsa(std::span(good).first(19))), Refusal::kBadLsaLength);
  EXPECT_EQ(refusal_of(parse_lsa({})), Refusal::kBadLsaLength);
}

TEST(Lsa, LargestIsWhatAPacketHolds) {
  Buffer bytes = lsa_of(LsaType::kNetwork, "ffffff00 01010101");
  bytes.resize(kMaxLsaBytes / 4 * 4);
  set16(bytes, 18, bytes.size());
  set16(bytes, 16, lsa_checksum(bytes));
  EXPECT_TRUE(parse_lsa(bytes));
  bytes.resize(bytes.size() + 4);
  set16(bytes, 18, bytes.size());
  set16(bytes, 16, lsa_checksum(bytes));
  EXPECT_EQ(refusal_of(parse_lsa(bytes)), Refusal::kBadLsaLength);

  RouterLsa router;
  router.links.resize((kMaxLsaBytes - 24) / 12);
  EXPECT_TRUE(write_lsa({header(1), router}).has_value());
  router.links.resize(router.links.size() + 1);
  const Result<Buffer> refused = write_lsa({header(1), router});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kFull);
  EXPECT_FALSE(refused.error().fix.empty());
}

// RFC 2328 section 13 looks at the checksum first, then at the type.
TEST(Lsa, ChecksumTypeAndSequenceAreJudgedInTurn) {
  Buffer lsa = lsa_of(static_cast<LsaType>(6), "00000000");
  EXPECT_EQ(refusal_of(parse_lsa(lsa)), Refusal::kUnknownLsa);
  EXPECT_EQ(refusal_of(parse_lsa(lsa_of(static_cast<LsaType>(0), "00"))), Refusal::kUnknownLsa);
  EXPECT_EQ(refusal_of(parse_lsa(lsa_of(static_cast<LsaType>(10), "00"))), Refusal::kUnknownLsa);
  lsa.back() = 1;
  EXPECT_EQ(refusal_of(parse_lsa(lsa)), Refusal::kBadLsaChecksum);

  lsa = router_lsa(1);
  set16(lsa, 16, 0);
  EXPECT_EQ(refusal_of(parse_lsa(lsa)), Refusal::kBadLsaChecksum);

  LsaHeader reserved = header(1);
  reserved.sequence = kReservedSequence;
  EXPECT_EQ(refusal_of(parse_lsa(*write_lsa({reserved, RouterLsa{}}))), Refusal::kReservedSequence);
  for (const LsSequence sequence : {kFirstSequence, kLastSequence, LsSequence{-1}, LsSequence{0}}) {
    reserved.sequence = sequence;
    EXPECT_TRUE(parse_lsa(*write_lsa({reserved, RouterLsa{}}))) << sequence.value;
  }
}

TEST(Lsa, MetricStopsAtInfinity) {
  const LsaHeader external = header(1, LsaType::kExternal);
  const Result<Buffer> bytes = write_lsa({external, ExternalLsa{.metric = UINT32_MAX}});
  const Parsed<Lsa> lsa = parse_lsa(*bytes);
  ASSERT_TRUE(lsa);
  EXPECT_EQ(std::get<ExternalLsa>(lsa->body), (ExternalLsa{.metric = kLsInfinity}));
}

TEST(Lsa, MaskWithHolesHasNoLength) {
  for (unsigned length = 0; length <= 32; ++length)
    EXPECT_EQ(mask_length(Ip4Addr(length == 0 ? 0 : ~uint32_t{0} << (32 - length))), length);
  EXPECT_EQ(mask_length(Ip4Addr(255, 0, 255, 0)), std::nullopt);
  EXPECT_EQ(mask_length(Ip4Addr(0, 0, 0, 1)), std::nullopt);
}

}  // namespace
}  // namespace spanway::ospf::test
