// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/digest.h"

#include "tests/unit/control/ospf/samples.h"

namespace spanway::ospf::test {
namespace {

// The first so many bytes of 0123456789 over and over.
std::string secret(size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += static_cast<char>('0' + out.size() % 10);
  return out;
}

// Of fuzz::kHello, by the openssl program and RFC 5709 section 3.3 by hand: KO is the secret,
// padded with zeros to the digest's length or, where longer, hashed; APAD is 878fe1f3 up to that
// length.
//   echo -n HELLO APAD | xxd -r -p | openssl dgst -sha256 -mac HMAC -macopt hexkey:KO
// 40 bytes lie between digest and block for SHA-1 and SHA-256, 100 for SHA-384 and SHA-512: plain
// HMAC, which pads such a key, has other results.
TEST(Digest, HmacAgreesWithOpensslsProgram) {
  struct Case {
    Algorithm algorithm;
    size_t secret_bytes;
    const char* digest;
  };
  constexpr Case kCases[] = {
      {Algorithm::kHmacSha1, 5, "f19634c81621a38cd67afdd713acf102daddf99f"},
      {Algorithm::kHmacSha1, 40, "a36afaac851244a36302f1e6c286be6df4964028"},
      {Algorithm::kHmacSha1, 100, "ae3f80d6c4542b57a95b5e8f28b5fc8799a5201a"},
      {Algorithm::kHmacSha256, 5,
       "a491f5ddd3ce994405402440707f097ebeb91045d87eb36727ec4952c84e45f4"},
      {Algorithm::kHmacSha256, 40,
       "2ac2fbabc64e0bb8736b7ef999c44f443bf682e5a7229b937e39ad157f6fe036"},
      {Algorithm::kHmacSha256, 100,
       "c139c68d2e83ed367d748d060f9715546b142017f06bfa436ed2966fd1278f93"},
      {Algorithm::kHmacSha384, 5,
       "1139a0b48571bb8e1500e2410f5b17ae16f67bf536999d34460b8afea2eb4b5f"
       "9c0fcf2471d9357bd39905a607220db8"},
      {Algorithm::kHmacSha384, 40,
       "a974daefcfede7837100f07f2ef33c9645af4b171b88064076e3be42302f8990"
       "8bea80ad7965ab8fd6f036e0caca6cfb"},
      {Algorithm::kHmacSha384, 100,
       "6922cea40d48dc6d1b22e0ed88229ff8ff3073532bc495e310c9a8a000d8399d"
       "696e9e4dac8a365d4340d2200f64f504"},
      {Algorithm::kHmacSha512, 5,
       "b015dedc9dca8ec9b963756fb999a16eb1c792e269673f5c52944803a89efec6"
       "b6ef8b0cb1529ca24383baedec06f267103bd920d1bd233fa9a48fd5a5dab781"},
      {Algorithm::kHmacSha512, 40,
       "133a71288e9ad3d575ce1eb33504991f65221cdc3b8b0cd8ad76eca752c0f1dd"
       "9abeb091b249b0a21f547b2d69cebcc1a79642ecf0261d4cd33da625d41f5b04"},
      {Algorithm::kHmacSha512, 100,
       "41fc266e3f943cddd811e21a953a98c48142a27b6af3ab0ff79f0d654657afb7"
       "7de388b09f29ae5f799364d665bcf9b7cd6b3116584bda36a5a37509b7f234a0"},
  };
  for (const Case& c : kCases)
    EXPECT_EQ(digest_of(c.algorithm, secret(c.secret_bytes), hex(fuzz::kHello)), hex(c.digest))
        << digest_bytes(c.algorithm) << " with " << c.secret_bytes;
}

// RFC 2328 appendix D.4.3: echo -n HELLO 30313233343536373839 000000000000 | xxd -r -p | openssl
// md5
TEST(Digest, Md5AgreesWithOpensslsProgram) {
  EXPECT_EQ(digest_of(Algorithm::kMd5, secret(10), hex(fuzz::kHello)),
            hex("ca3fa581c0ba6c5da92cfae55d5d9161"));
}

TEST(Digest, IsAsLongAsSaid) {
  for (const auto algorithm : {Algorithm::kMd5, Algorithm::kHmacSha1, Algorithm::kHmacSha256,
                               Algorithm::kHmacSha384, Algorithm::kHmacSha512})
    EXPECT_EQ(digest_of(algorithm, "k", {})->size(), digest_bytes(algorithm));
}

TEST(Digest, SecretsAreEqualWholly) {
  EXPECT_TRUE(equal_secrets(hex("0102"), hex("0102")));
  EXPECT_TRUE(equal_secrets({}, {}));
  EXPECT_FALSE(equal_secrets(hex("0102"), hex("0103")));
  EXPECT_FALSE(equal_secrets(hex("0102"), hex("0002")));
  EXPECT_FALSE(equal_secrets(hex("0102"), hex("01")));
}

}  // namespace
}  // namespace spanway::ospf::test
