// SPDX-License-Identifier: BSD-3-Clause
#include "control/http/listen.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace spanway::http {
namespace {

const IpAddr kHere = Ip4Addr(127, 0, 0, 1);

TEST(HttpListen, WritesBothFamilies) {
  EXPECT_EQ(endpoint_text(kHere, 9140), "127.0.0.1:9140");
  EXPECT_EQ(endpoint_text(*IpAddr::parse("::1"), 80), "[::1]:80");
}

TEST(HttpListen, APortInUseIsOneErrorWithTheWayOut) {
  const auto first = listen_on(kHere, 0);
  ASSERT_TRUE(first) << first.error().message;
  const uint16_t port = port_of(*first);
  ASSERT_NE(port, 0);
  const auto second = listen_on(kHere, port);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kExists);
  EXPECT_NE(second.error().message.find("127.0.0.1:" + std::to_string(port)), std::string::npos);
  EXPECT_NE(second.error().fix.find("[control] http"), std::string::npos);
  close(*first);
}

TEST(HttpListen, AnAddressOfSomebodyElseIsAnError) {
  // TEST-NET-1, RFC 5737.
  const auto fd = listen_on(Ip4Addr(192, 0, 2, 1), 0);
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(fd.error().fix.find("127.0.0.1"), std::string::npos);
}

}  // namespace
}  // namespace spanway::http
