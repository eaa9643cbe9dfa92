// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/base/prefix.h"

#include <gtest/gtest.h>

namespace spanway {
namespace {

TEST(Prefix, ClearsHostBits) {
  EXPECT_EQ(Prefix::parse("10.1.2.3/8")->to_string(), "10.0.0.0/8");
  EXPECT_EQ(Prefix::parse("2001:db8:ffff::1/33")->to_string(), "2001:db8:8000::/33");
  EXPECT_EQ(Prefix::parse("0.0.0.0/0")->length(), 0u);
  EXPECT_EQ(Prefix::parse("::/0")->length(), 0u);
}

TEST(Prefix, RefusesBadText) {
  for (const char* bad : {"", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ",
                          "::/129", "::/", "/8", "10.0.0.0/08x"})
    EXPECT_FALSE(Prefix::parse(bad)) << bad;
}

TEST(Prefix, Contains) {
  const Prefix4 p(Ip4Addr(10, 0, 0, 0), 9);
  EXPECT_TRUE(p.contains(Ip4Addr(10, 127, 255, 255)));
  EXPECT_FALSE(p.contains(Ip4Addr(10, 128, 0, 0)));
  EXPECT_TRUE(Prefix4(Ip4Addr(), 0).contains(Ip4Addr(255, 255, 255, 255)));
  const auto six = Prefix::parse("2001:db8::/65");
  EXPECT_TRUE(six->contains(*IpAddr::parse("2001:db8::7fff:0:0:1")));
  EXPECT_FALSE(six->contains(*IpAddr::parse("2001:db8:0:0:8000::1")));
  EXPECT_FALSE(six->contains(*IpAddr::parse("10.0.0.1")));
}

}  // namespace
}  // namespace spanway
