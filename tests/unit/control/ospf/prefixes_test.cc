// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/prefixes.h"

#include <gtest/gtest.h>

namespace spanway::ospf {
namespace {

TEST(Prefixes, WhatAnAddressAndAMaskName) {
  const struct {
    const char* what;
    Ip4Addr address, mask;
    const char* prefix;
  } cases[] = {
      {"a subnet", {10, 1, 2, 0}, {255, 255, 255, 0}, "10.1.2.0/24"},
      {"host bits, RFC 2328 appendix E", {10, 1, 2, 255}, {255, 255, 255, 0}, "10.1.2.0/24"},
      {"a host", {10, 1, 2, 3}, {255, 255, 255, 255}, "10.1.2.3/32"},
      {"the default", {0, 0, 0, 0}, {0, 0, 0, 0}, "0.0.0.0/0"},
      {"the default, told apart", {255, 255, 255, 255}, {0, 0, 0, 0}, "0.0.0.0/0"},
      {"half of the default", {0, 0, 0, 0}, {128, 0, 0, 0}, "0.0.0.0/1"},
      {"the other half", {128, 0, 0, 0}, {128, 0, 0, 0}, "128.0.0.0/1"},
      {"a mask with holes", {10, 0, 0, 0}, {255, 0, 255, 0}, "none"},
      {"this network", {0, 0, 0, 0}, {255, 0, 0, 0}, "none"},
      {"a host of it", {0, 1, 2, 3}, {255, 255, 255, 255}, "none"},
      {"loopback", {127, 0, 0, 0}, {255, 0, 0, 0}, "none"},
      {"a host of it", {127, 0, 0, 1}, {255, 255, 255, 255}, "none"},
      {"what contains it", {126, 0, 0, 0}, {254, 0, 0, 0}, "126.0.0.0/7"},
      {"multicast", {224, 0, 0, 0}, {240, 0, 0, 0}, "none"},
      {"broadcast", {255, 255, 255, 255}, {255, 255, 255, 255}, "none"},
      {"both, and reserved", {224, 0, 0, 0}, {224, 0, 0, 0}, "none"},
      {"what contains them", {192, 0, 0, 0}, {192, 0, 0, 0}, "192.0.0.0/2"},
  };
  for (const auto& c : cases) {
    const auto prefix = named_prefix(c.address, c.mask);
    EXPECT_EQ(prefix ? prefix->to_string() : "none", c.prefix) << c.what;
  }
}

RouterLink p2p(uint32_t id, uint16_t metric) { return {LinkType::kPointToPoint, id, 77, metric}; }
RouterLink stub(uint32_t network, uint16_t metric) {
  return {LinkType::kStub, network, 0xffffff00, metric};
}
Lsa router(std::vector<RouterLink> links) {
  Lsa lsa;
  lsa.body = RouterLsa{.links = std::move(links)};
  return lsa;
}

TEST(Prefixes, LeavesKeepThePlaceOfTheirLink) {
  const RouterLink holes{LinkType::kStub, 0x0a000000, 0xff00ff00, 1};
  const RouterLink unknown{static_cast<LinkType>(9), 0x0a000000, 0xffffff00, 1};
  const auto all =
      leaves(router({p2p(2, 1), stub(0x0a010200, 5), holes, unknown, stub(0x0a010300, 0)}));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].prefix.to_string(), "10.1.2.0/24");
  EXPECT_EQ(all[0].metric, 5u);
  EXPECT_EQ(all[0].place, 1u);
  EXPECT_EQ(all[1].place, 4u);
}

TEST(Prefixes, TheShapeIsAllButStubs) {
  const Lsa base = router({p2p(2, 1), stub(1, 1), p2p(3, 1)});
  EXPECT_TRUE(same_shape(base, base));
  EXPECT_TRUE(same_shape(base, router({stub(7, 7), p2p(2, 1), p2p(3, 1)})));
  EXPECT_TRUE(same_shape(base, router({p2p(2, 1), p2p(3, 1), stub(7, 7)})));
  EXPECT_FALSE(same_shape(base, router({p2p(2, 1), stub(1, 1)})));
  EXPECT_FALSE(same_shape(router({p2p(2, 1), stub(1, 1)}), base));
  EXPECT_FALSE(same_shape(base, router({p2p(2, 2), p2p(3, 1)})));
  EXPECT_FALSE(same_shape(base, router({p2p(3, 1), p2p(2, 1)})));
  EXPECT_FALSE(same_shape(base, router({})));
  Lsa network;
  network.body = NetworkLsa{Ip4Addr(255, 255, 255, 0), {RouterId{1}}};
  Lsa masked = network;
  std::get<NetworkLsa>(masked.body).mask = Ip4Addr(255, 255, 0, 0);
  EXPECT_TRUE(same_shape(network, masked));
  std::get<NetworkLsa>(masked.body).attached.push_back(RouterId{2});
  EXPECT_FALSE(same_shape(network, masked));
}

}  // namespace
}  // namespace spanway::ospf
