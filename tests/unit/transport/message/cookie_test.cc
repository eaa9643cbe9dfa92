// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/cookie.h"

#include <gtest/gtest.h>

namespace spanway::transport {
namespace {

const Peer kPeer{*IpAddr::parse("10.0.0.1"), 4'000};
const CookieJar kJar({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});

Hello hello() {
  Hello hello;
  hello.client = ConnectionId{77};
  hello.random.fill(5);
  return hello;
}

TEST(CookieJar, KnowsItsOwnWhileTheyAreFresh) {
  const Nanos now = seconds(100);
  const Cookie cookie = kJar.bake(kPeer, hello(), now);
  EXPECT_TRUE(kJar.is_ours(cookie, kPeer, hello(), now));
  EXPECT_TRUE(kJar.is_ours(cookie, kPeer, hello(), now + CookieJar::kFresh));
  EXPECT_FALSE(kJar.is_ours(cookie, kPeer, hello(), now + CookieJar::kFresh + millis(1)));
  EXPECT_FALSE(kJar.is_ours(cookie, kPeer, hello(), now - millis(1))) << "from the future";
}

TEST(CookieJar, BelongsToOneHelloFromOnePlace) {
  const Nanos now = seconds(100);
  const Cookie cookie = kJar.bake(kPeer, hello(), now);
  EXPECT_FALSE(kJar.is_ours(cookie, {*IpAddr::parse("10.0.0.2"), 4'000}, hello(), now));
  EXPECT_FALSE(kJar.is_ours(cookie, {*IpAddr::parse("10.0.0.1"), 4'001}, hello(), now));
  EXPECT_FALSE(kJar.is_ours(cookie, {*IpAddr::parse("2001:db8::1"), 4'000}, hello(), now));
  Hello other = hello();
  other.client.value = 78;
  EXPECT_FALSE(kJar.is_ours(cookie, kPeer, other, now));
  other = hello();
  other.random[15] = 6;
  EXPECT_FALSE(kJar.is_ours(cookie, kPeer, other, now));
  other = hello();
  other.by = Protected::kAes128Gcm;
  EXPECT_FALSE(kJar.is_ours(cookie, kPeer, other, now));
  Cookie forged = cookie;
  forged.proof ^= 1;
  EXPECT_FALSE(kJar.is_ours(forged, kPeer, hello(), now));
  forged = cookie;
  forged.baked += 1;
  EXPECT_FALSE(kJar.is_ours(forged, kPeer, hello(), now + seconds(1)));
  EXPECT_FALSE(CookieJar({}).is_ours(cookie, kPeer, hello(), now)) << "another server's";
}

TEST(CookieJar, TheClockMayWrap) {
  const Nanos now = millis(int64_t{1} << 32) - millis(5);
  const Cookie cookie = kJar.bake(kPeer, hello(), now);
  EXPECT_TRUE(kJar.is_ours(cookie, kPeer, hello(), now + seconds(1)));
}

}  // namespace
}  // namespace spanway::transport
