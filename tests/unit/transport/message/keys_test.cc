// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/keys.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "dataplane/transport/message/protection.h"

namespace spanway::transport {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes hex(std::string_view text) {
  Bytes out;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<uint8_t>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16)));
  return out;
}

// RFC 5869 appendix A.1 to A.3.
TEST(Hkdf, SaysWhatTheRfcSays) {
  const auto a1 =
      hkdf(Bytes(22, 0x0b), hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"), 42);
  ASSERT_TRUE(a1);
  EXPECT_EQ(*a1, hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b8"
                     "87185865"));
  Bytes key, salt, info;
  for (int i = 0; i < 80; ++i) {
    key.push_back(static_cast<uint8_t>(i));
    salt.push_back(static_cast<uint8_t>(0x60 + i));
    info.push_back(static_cast<uint8_t>(0xb0 + i));
  }
  const auto a2 = hkdf(key, salt, info, 82);
  ASSERT_TRUE(a2);
  EXPECT_EQ(*a2,
            hex("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7"
                "827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1"
                "f3434f1d87"));
  const auto a3 = hkdf(Bytes(22, 0x0b), {}, {}, 42);
  ASSERT_TRUE(a3);
  EXPECT_EQ(*a3, hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4"
                     "b61a96c8"));
}

OpenClear opening() {
  OpenClear clear;
  clear.hello.client = ConnectionId{7};
  clear.hello.random.fill(1);
  clear.cookie = {1000, 0x1122334455667788};
  return clear;
}

TEST(Keys, EverythingThatWasSaidCounts) {
  const Bytes shared(32, 9);
  const AcceptClear accept{ConnectionId{8}, {}};
  std::set<Secret> seen;
  const auto note = [&](const Bytes& key, const OpenClear& clear, const AcceptClear& answer) {
    const auto secrets = connection_secrets(key, clear, answer);
    ASSERT_TRUE(secrets);
    EXPECT_TRUE(seen.insert(secrets->client).second);
    EXPECT_TRUE(seen.insert(secrets->server).second);
  };
  note(shared, opening(), accept);
  note(Bytes(32, 8), opening(), accept);
  for (int i = 0; i < 6; ++i) {
    OpenClear clear = opening();
    AcceptClear answer = accept;
    if (i == 0) clear.hello.client.value ^= 1;
    if (i == 1) clear.hello.random[15] ^= 1;
    if (i == 2) clear.cookie.baked ^= 1;
    if (i == 3) clear.cookie.proof ^= 1;
    if (i == 4) answer.server.value ^= 1;
    if (i == 5) answer.random[0] ^= 1;
    note(shared, clear, answer);
  }
}

// Two ways to the next phase: by OpenSSL, and without an allocation.
TEST(Keys, AProtectionTurnsToTheSameKeys) {
  Secret secret;
  secret.fill(5);
  Protection turning(*packet_key(secret));
  Secret turned = secret;
  for (int phase = 0; phase < 5; ++phase) {
    turning.turn(turned);
    secret = *next_secret(secret);
    ASSERT_EQ(turned, secret);
    const Protection fresh(*packet_key(secret));
    Bytes one(100, 1), other(100, 1);
    turning.seal(one, 12, PacketNumber(7));
    fresh.seal(other, 12, PacketNumber(7));
    ASSERT_EQ(one, other);
  }
}

TEST(Keys, EachUseHasItsOwn) {
  const Bytes shared(16, 3);
  const auto secrets = connection_secrets(shared, opening(), {ConnectionId{8}, {}});
  ASSERT_TRUE(secrets);
  const auto next = next_secret(secrets->client);
  ASSERT_TRUE(next);
  std::set<std::array<uint8_t, 16>> keys;
  for (const auto& key :
       {open_key(shared, opening()), accept_key(*secrets), packet_key(secrets->client),
        packet_key(secrets->server), packet_key(*next)}) {
    ASSERT_TRUE(key);
    EXPECT_TRUE(keys.insert(key->key).second);
  }
  EXPECT_EQ(open_key(shared, opening())->iv, open_key(shared, opening())->iv);
}

}  // namespace
}  // namespace spanway::transport
