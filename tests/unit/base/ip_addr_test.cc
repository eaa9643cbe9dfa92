// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/base/ip_addr.h"

#include <gtest/gtest.h>

#include "dataplane/base/ether_addr.h"

namespace spanway {
namespace {

TEST(Ip4Addr, ParsesAndPrints) {
  EXPECT_EQ(Ip4Addr::parse("10.0.12.1"), Ip4Addr(10, 0, 12, 1));
  EXPECT_EQ(Ip4Addr(10, 0, 12, 1).to_string(), "10.0.12.1");
  for (const char* text : {"0.0.0.0", "255.255.255.255", "9.99.100.10", "127.0.0.1"})
    EXPECT_EQ(Ip4Addr::parse(text)->to_string(), text);
  for (const char* bad : {"", "10", "10.0.0", "10.0.0.256", "10.0.0.1 ", "10.0.0.1.1", "a.b.c.d",
                          "010.0.0.1", "10.0.0.1111111111111111"})
    EXPECT_FALSE(Ip4Addr::parse(bad)) << bad;
}

TEST(Ip4Addr, KnowsItsClasses) {
  EXPECT_TRUE(Ip4Addr(224, 0, 0, 5).is_multicast());
  EXPECT_FALSE(Ip4Addr(223, 255, 255, 255).is_multicast());
  EXPECT_TRUE(Ip4Addr(240, 0, 0, 1).is_reserved());
  EXPECT_FALSE(Ip4Addr(255, 255, 255, 255).is_reserved());
  EXPECT_TRUE(Ip4Addr(255, 255, 255, 255).is_broadcast());
}

TEST(Ip6Addr, ParsesAndPrints) {
  const auto a = Ip6Addr::parse("2001:db8::1");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->to_string(), "2001:db8::1");
  EXPECT_EQ(a->high(), 0x20010db800000000u);
  EXPECT_EQ(a->low(), 1u);
  EXPECT_EQ(Ip6Addr::from_halves(a->high(), a->low()), *a);
  for (const char* bad : {"", ":", "2001:db8::1%eth0", "2001:::1", "1:2:3:4:5:6:7:8:9", "12345::"})
    EXPECT_FALSE(Ip6Addr::parse(bad)) << bad;
}

TEST(Ip6Addr, SolicitedNode) {
  EXPECT_EQ(Ip6Addr::parse("2001:db8::12:3456")->solicited_node().to_string(), "ff02::1:ff12:3456");
}

TEST(EtherAddr, ParsesAndPrints) {
  const auto a = EtherAddr::parse("02:00:00:00:00:fe");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->to_string(), "02:00:00:00:00:fe");
  for (const char* bad : {"", "02:00:00:00:00", "02-00-00-00-00-01", "02:00:00:00:00:0g"})
    EXPECT_FALSE(EtherAddr::parse(bad)) << bad;
}

}  // namespace
}  // namespace spanway
