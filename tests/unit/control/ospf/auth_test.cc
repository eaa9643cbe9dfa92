// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/auth.h"

#include "control/ospf/hello.h"
#include "tests/unit/control/ospf/samples.h"

namespace spanway::ospf::test {
namespace {

constexpr Nanos kNow = seconds(1'000);

Period until(int64_t s) { return {.stop = seconds(s)}; }
Period from(int64_t s) { return {.start = seconds(s)}; }
Period between(int64_t a, int64_t b) { return {seconds(a), seconds(b)}; }

Authenticator keys(std::vector<Key> all) {
  Result<Authenticator> made = Authenticator::cryptographic(std::move(all));
  EXPECT_TRUE(made.has_value());
  return *std::move(made);
}
Authenticator one_key(Algorithm algorithm, std::string secret = "secret", uint8_t id = 1) {
  return keys({{.id = id, .algorithm = algorithm, .secret = std::move(secret)}});
}

Buffer signed_hello(const Authenticator& by, uint32_t sequence = 5, Nanos now = kNow) {
  Buffer packet = write_hello(kFrom, {.neighbours = {RouterId(2)}});
  EXPECT_TRUE(by.sign(packet, sequence, now));
  return packet;
}

Parsed<Proof> verify(const Authenticator& by, const Buffer& bytes, Nanos now = kNow) {
  const Parsed<Packet> packet = parse_packet(bytes);
  if (!packet) return packet.refusal();
  return by.verify(*packet, now);
}

constexpr Algorithm kAll[] = {Algorithm::kMd5, Algorithm::kHmacSha1, Algorithm::kHmacSha256,
                              Algorithm::kHmacSha384, Algorithm::kHmacSha512};

TEST(Auth, NoneTrustsTheChecksum) {
  Buffer packet = signed_hello({});
  const Parsed<Proof> proof = verify({}, packet);
  ASSERT_TRUE(proof);
  EXPECT_EQ(proof->type, AuthType::kNone);
  EXPECT_FALSE(proof->sequence);
  packet.back() ^= 1;
  EXPECT_EQ(refusal_of(verify({}, packet)), Refusal::kBadPacketChecksum);
}

TEST(Auth, SimplePasswordIsComparedWhole) {
  const Authenticator ours = *Authenticator::simple("pass");
  Buffer packet = signed_hello(ours);
  EXPECT_EQ(Buffer(packet.begin() + 14, packet.begin() + 24), hex("0001 7061737300000000"));
  ASSERT_TRUE(verify(ours, packet));
  EXPECT_EQ(verify(ours, packet)->type, AuthType::kSimple);
  for (const char* other : {"pass1", "pas", "Pass", "x"})
    EXPECT_EQ(refusal_of(verify(*Authenticator::simple(other), packet)), Refusal::kWrongPassword);
  packet.back() ^= 1;
  EXPECT_EQ(refusal_of(verify(ours, packet)), Refusal::kBadPacketChecksum);
}

TEST(Auth, DigestStandsBehindThePacketAndItsLength) {
  for (const Algorithm algorithm : kAll) {
    const Authenticator ours = one_key(algorithm, "secret", 200);
    const Buffer packet = signed_hello(ours, 0xfffffffe);
    EXPECT_EQ(ours.max_digest_bytes(), digest_bytes(algorithm));
    EXPECT_EQ(packet.size(), kHeaderBytes + 24 + digest_bytes(algorithm));
    const Parsed<Packet> read = parse_packet(packet);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->trailer.size(), digest_bytes(algorithm));
    // RFC 2328 appendix D.3: no checksum, type 2; then zero, key, length, sequence.
    EXPECT_EQ(Buffer(packet.begin() + 12, packet.begin() + 18), hex("0000 0002 0000"));
    EXPECT_EQ(packet[18], 200);
    EXPECT_EQ(packet[19], digest_bytes(algorithm));
    const Parsed<Proof> proof = verify(ours, packet);
    ASSERT_TRUE(proof);
    EXPECT_EQ(proof->type, AuthType::kCryptographic);
    EXPECT_EQ(proof->key, 200);
    EXPECT_EQ(proof->sequence, 0xfffffffe);
  }
}

TEST(Auth, OneWrongBitAnywhereIsRefused) {
  for (const Algorithm algorithm : kAll) {
    const Authenticator ours = one_key(algorithm);
    const Buffer good = signed_hello(ours);
    for (size_t bit = 0; bit < good.size() * 8; ++bit) {
      Buffer bad = good;
      bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ 1u << bit % 8);
      ASSERT_FALSE(verify(ours, bad)) << bit;
    }
  }
}

TEST(Auth, RefusalsAreNamed) {
  const Authenticator ours = one_key(Algorithm::kHmacSha256);
  const Buffer good = signed_hello(ours);
  EXPECT_EQ(refusal_of(verify({}, good)), Refusal::kAuthTypeMismatch);
  EXPECT_EQ(refusal_of(verify(ours, signed_hello({}))), Refusal::kAuthTypeMismatch);
  EXPECT_EQ(refusal_of(verify(*Authenticator::simple("secret"), good)), Refusal::kAuthTypeMismatch);
  EXPECT_EQ(refusal_of(verify(one_key(Algorithm::kHmacSha256, "secret", 2), good)),
            Refusal::kUnknownKey);
  EXPECT_EQ(refusal_of(verify(one_key(Algorithm::kHmacSha256, "Secret"), good)),
            Refusal::kWrongDigest);
  EXPECT_EQ(refusal_of(verify(one_key(Algorithm::kMd5), good)), Refusal::kBadDigestLength);
  Buffer other = good;
  other[offset::kAuthType] = 9;
  EXPECT_EQ(refusal_of(verify(ours, other)), Refusal::kAuthTypeMismatch);
  for (size_t cut = 1; cut <= 32; ++cut) {
    const Buffer shorter(good.begin(), good.end() - static_cast<ptrdiff_t>(cut));
    EXPECT_EQ(refusal_of(verify(ours, shorter)), Refusal::kTruncatedDigest) << cut;
  }
}

TEST(Auth, BytesBehindTheDigestAreNobodys) {
  const Authenticator ours = one_key(Algorithm::kHmacSha1);
  Buffer packet = signed_hello(ours);
  packet.insert(packet.end(), {1, 2, 3});  // RFC 5613 puts blocks there
  EXPECT_TRUE(verify(ours, packet));
}

// RFC 2328 appendix D.3: the new key is accepted before it signs, the old one after it has.
TEST(Auth, KeysTakeOverWithoutAPause) {
  const Key before{.id = 1, .secret = "old", .accept = until(2'100), .generate = until(2'000)};
  const Key after{.id = 2, .secret = "new", .accept = from(1'900), .generate = from(2'000)};
  const Authenticator both = keys({before, after});
  for (const int64_t s : {0, 1'899, 1'900, 1'999, 2'000, 2'099, 2'100, 9'999}) {
    ASSERT_NE(both.signing_key(seconds(s)), nullptr);
    EXPECT_EQ(both.signing_key(seconds(s))->id, s < 2'000 ? 1 : 2) << s;
    EXPECT_TRUE(verify(both, signed_hello(both, 1, seconds(s)), seconds(s))) << s;
    EXPECT_EQ(
        refusal_of(verify(both, signed_hello(keys({{.id = 1, .secret = "old"}})), seconds(s))),
        s < 2'100 ? Refusal::kCount : Refusal::kKeyNotInUse)
        << s;
    EXPECT_EQ(
        refusal_of(verify(both, signed_hello(keys({{.id = 2, .secret = "new"}})), seconds(s))),
        s >= 1'900 ? Refusal::kCount : Refusal::kKeyNotInUse)
        << s;
  }
}

TEST(Auth, NewestKeySigns) {
  EXPECT_EQ(keys({{.id = 9, .secret = "a", .generate = from(10)},
                  {.id = 1, .secret = "b", .generate = from(20)}})
                .signing_key(kNow)
                ->id,
            1);
  EXPECT_EQ(keys({{.id = 9, .secret = "a"}, {.id = 1, .secret = "b"}}).signing_key(kNow)->id, 9);
}

TEST(Auth, LastKeyGoesOnWhenAllAreOver) {
  const Authenticator over =
      keys({{.id = 1, .secret = "a", .accept = between(0, 200), .generate = between(0, 200)},
            {.id = 2, .secret = "b", .accept = between(0, 300), .generate = between(0, 300)},
            {.id = 3, .secret = "c", .accept = from(5'000), .generate = from(5'000)}});
  EXPECT_FALSE(over.out_of_keys(seconds(299)));
  EXPECT_TRUE(over.out_of_keys(kNow));
  EXPECT_EQ(over.signing_key(kNow)->id, 2);
  EXPECT_TRUE(verify(over, signed_hello(over)));
  EXPECT_EQ(refusal_of(verify(over, signed_hello(keys({{.id = 1, .secret = "a"}})))),
            Refusal::kKeyNotInUse);
  EXPECT_EQ(refusal_of(verify(over, signed_hello(keys({{.id = 3, .secret = "c"}})))),
            Refusal::kKeyNotInUse);
  // A new key comes into use: the old one is not taken any longer.
  EXPECT_EQ(
      refusal_of(verify(over, signed_hello(keys({{.id = 2, .secret = "b"}})), seconds(5'000))),
      Refusal::kKeyNotInUse);
}

TEST(Auth, WithoutAKeyThatHasBegunNothingIsSigned) {
  const Authenticator future =
      keys({{.id = 1, .secret = "a", .accept = from(2'000), .generate = from(2'000)}});
  EXPECT_EQ(future.signing_key(kNow), nullptr);
  Buffer packet = write_hello(kFrom, {});
  const size_t bytes = packet.size();
  const Status status = future.sign(packet, 1, kNow);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(packet.size(), bytes);
}

TEST(Auth, SettingsThatCanNotBeAreRefused) {
  EXPECT_FALSE(Authenticator::simple(""));
  EXPECT_TRUE(Authenticator::simple("12345678"));
  EXPECT_FALSE(Authenticator::simple("123456789"));
  EXPECT_FALSE(Authenticator::cryptographic({}));
  EXPECT_FALSE(Authenticator::cryptographic({{.id = 1}}));
  EXPECT_FALSE(Authenticator::cryptographic({{.id = 1, .secret = "a"}, {.id = 1, .secret = "b"}}));
  const auto md5 = [](size_t bytes) {
    return Authenticator::cryptographic(
        {{.algorithm = Algorithm::kMd5, .secret = std::string(bytes, 'x')}});
  };
  EXPECT_TRUE(md5(16));
  EXPECT_FALSE(md5(17));
  EXPECT_NE(md5(17).error().fix.find("16"), std::string::npos);
  EXPECT_TRUE(Authenticator::cryptographic({{.secret = std::string(255, 'x')}}));
  EXPECT_FALSE(Authenticator::cryptographic({{.secret = std::string(256, 'x')}}));
}

}  // namespace
}  // namespace spanway::ospf::test
