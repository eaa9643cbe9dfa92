// SPDX-License-Identifier: BSD-3-Clause
// What BIRD said (tests/fuzz/ospf_seeds.h has the how): read, authenticated, and written to the
// byte.
#include "control/ospf/ack.h"
#include "control/ospf/auth.h"
#include "control/ospf/description.h"
#include "control/ospf/hello.h"
#include "control/ospf/request.h"
#include "control/ospf/update.h"
#include "tests/unit/control/ospf/samples.h"

namespace spanway::ospf::test {
namespace {

// Keeps the bytes that the packet looks into.
struct Captured {
  explicit Captured(std::string_view text) : bytes(hex(text)), packet(*parse_packet(bytes)) {}
  [[nodiscard]] Envelope envelope() const { return {.router = packet.router, .area = packet.area}; }
  Buffer bytes;
  Packet packet;
};

constexpr uint32_t kOne = 0x01010101, kTwo = 0x02020202;

TEST(Captured, Hello) {
  const Captured from(fuzz::kHello);
  EXPECT_TRUE(Authenticator().verify(from.packet, Nanos(0)));
  EXPECT_EQ(from.packet.router, RouterId(kTwo));
  const Parsed<Hello> hello = parse_hello(from.packet.body);
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->hello_interval_s, 1);
  EXPECT_EQ(hello->dead_interval_s, 4u);
  EXPECT_EQ(hello->neighbours, std::vector{RouterId(kOne)});
  EXPECT_EQ(write_hello(from.envelope(), *hello), from.bytes);
}

TEST(Captured, Description) {
  const Captured from(fuzz::kDescription);
  const Parsed<Description> read = parse_description(from.packet.body);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->mtu_bytes, 1'500);
  ASSERT_EQ(read->headers.size(), 2u);
  EXPECT_EQ(read->headers[0].key.type, LsaType::kExternal);
  EXPECT_EQ(read->headers[1].key.type, LsaType::kRouter);
  EXPECT_EQ(write_description(from.envelope(), *read).packet, from.bytes);
}

TEST(Captured, Request) {
  const Captured from(fuzz::kRequest);
  const auto wanted = parse_request(from.packet.body);
  ASSERT_TRUE(wanted);
  const LsaKey router{LsaType::kRouter, LinkStateId(kTwo), RouterId(kTwo)};
  EXPECT_EQ(wanted->at(1), router);
  EXPECT_EQ(write_request(from.envelope(), *wanted).packet, from.bytes);
}

TEST(Captured, Ack) {
  const Captured from(fuzz::kAck);
  const auto headers = parse_ack(from.packet.body);
  ASSERT_TRUE(headers);
  EXPECT_EQ(headers->size(), 3u);
  EXPECT_EQ(write_ack(from.envelope(), *headers).packet, from.bytes);
}

// Each LSA is taken apart and made anew; then the packet is.
void expect_update_made_anew(std::string_view text, const std::vector<LsaType>& types) {
  const Captured from(text);
  EXPECT_TRUE(Authenticator().verify(from.packet, Nanos(0)));
  const auto lsas = parse_update(from.packet.body);
  ASSERT_TRUE(lsas);
  ASSERT_EQ(lsas->size(), types.size());
  UpdateWriter writer(from.envelope());
  for (size_t i = 0; i < types.size(); ++i) {
    const Parsed<Lsa> lsa = parse_lsa((*lsas)[i]);
    ASSERT_TRUE(lsa) << to_string(lsa.refusal());
    EXPECT_EQ(lsa->header.key.type, types[i]);
    EXPECT_EQ(lsa->header.sequence, kFirstSequence);
    const Result<Buffer> again = write_lsa(*lsa);
    ASSERT_TRUE(again.has_value());
    EXPECT_TRUE(writer.add(*again, lsa->header.age_s));
  }
  EXPECT_EQ(std::move(writer).finish(), from.bytes);
}

TEST(Captured, Updates) {
  expect_update_made_anew(fuzz::kUpdate, {LsaType::kExternal, LsaType::kRouter});
  expect_update_made_anew(fuzz::kNetworkUpdate, {LsaType::kNetwork});
}

TEST(Captured, RouterLsa) {
  const Captured from(fuzz::kUpdate);
  const Parsed<Lsa> lsa = parse_lsa(parse_update(from.packet.body)->at(1));
  ASSERT_TRUE(lsa);
  const RouterLsa expected{.external = true,
                           .links = {{LinkType::kStub, 0x0a090000, 0xffffff00, 10},
                                     {LinkType::kStub, 0xc0000201, 0xffffffff, 10}}};
  EXPECT_EQ(std::get<RouterLsa>(lsa->body), expected);
}

TEST(Captured, SimplePassword) {
  const Captured from(fuzz::kSimpleHello);
  const Authenticator key = *Authenticator::simple("simplepw");
  ASSERT_TRUE(key.verify(from.packet, Nanos(0)));
  Buffer again = write_hello(from.envelope(), *parse_hello(from.packet.body));
  ASSERT_TRUE(key.sign(again, 0, Nanos(0)));
  EXPECT_EQ(again, from.bytes);
}

TEST(Captured, EveryDigest) {
  struct Case {
    Algorithm algorithm;
    std::string_view text;
  };
  constexpr Case kCases[] = {
      {Algorithm::kMd5, fuzz::kMd5Hello},           {Algorithm::kHmacSha1, fuzz::kSha1Hello},
      {Algorithm::kHmacSha256, fuzz::kSha256Hello}, {Algorithm::kHmacSha384, fuzz::kSha384Hello},
      {Algorithm::kHmacSha512, fuzz::kSha512Hello}, {Algorithm::kHmacSha256, fuzz::kSha256Update},
  };
  for (const Case& c : kCases) {
    const Captured from(c.text);
    const Authenticator key = *Authenticator::cryptographic(
        {{.id = 7, .algorithm = c.algorithm, .secret = "spanway-key"}});
    const Parsed<Proof> proof = key.verify(from.packet, Nanos(0));
    ASSERT_TRUE(proof) << to_string(proof.refusal()) << digest_bytes(c.algorithm);
    EXPECT_EQ(proof->sequence.value() >> 16, 0x6b04u);  // BIRD's are seconds since 1970
    // Taken as unsigned and signed again it is BIRD's to the byte.
    Buffer again(from.packet.bytes.begin(), from.packet.bytes.end());
    ASSERT_TRUE(key.sign(again, *proof->sequence, Nanos(0)));
    EXPECT_EQ(again, from.bytes);
  }
}

}  // namespace
}  // namespace spanway::ospf::test
