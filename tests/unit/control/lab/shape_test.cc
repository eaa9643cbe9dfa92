// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/shape.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "control/config/validate.h"

namespace spanway::lab {
namespace {

TEST(Shape, LinksAreWhatTheNameSays) {
  EXPECT_EQ(make_graph("ring", 5)->links.size(), 5u);
  EXPECT_EQ(make_graph("star", 5)->links.size(), 4u);
  EXPECT_EQ(make_graph("tree", 7)->links.size(), 6u);
  EXPECT_EQ(make_graph("line", 5)->links.size(), 4u);
  EXPECT_EQ(make_graph("mesh", 5)->links.size(), 10u);
}

TEST(Shape, RefusesWhatCanNotBeBuilt) {
  EXPECT_FALSE(make_graph("ring", 2));
  EXPECT_FALSE(make_graph("ring", 201));
  EXPECT_FALSE(make_graph("mesh", 200));
  EXPECT_FALSE(make_graph("donut", 5));
}

TEST(Shape, EveryConfigIsValidAndAddressesAreUnique) {
  for (const char* shape : {"ring", "star", "tree", "line", "mesh"}) {
    const Plan plan = build(*make_graph(shape, 9), {.guests = true});
    std::set<IpAddr> seen;
    for (const RouterPlan& router : plan.routers) {
      const auto checked = config::check(router.config);
      EXPECT_TRUE(checked) << shape << " " << router.name << ": " << checked.error().message;
      for (const config::Port& port : router.config.ports)
        for (const IpWithLength& address : port.addresses)
          EXPECT_TRUE(seen.insert(address.addr).second) << address.to_string();
    }
  }
}

// Opposite corners of a square have two shortest paths: a multipath route.
TEST(Shape, AllShortestPathsAreUsed) {
  const Plan plan = build(*make_graph("ring", 4), {});
  const Prefix target = *Prefix::parse("10.1.3.0/24");
  const auto& routes = plan.routers[0].config.routes;
  const auto at = std::ranges::find(routes, target, &config::Route::prefix);
  ASSERT_NE(at, routes.end());
  EXPECT_EQ(at->via.size(), 2u);
}

TEST(Shape, HostsStandAtTheEdge) {
  EXPECT_EQ(build(*make_graph("star", 5), {}).hosts.size(), 4u);
  EXPECT_EQ(build(*make_graph("tree", 7), {}).hosts.size(), 4u);
  EXPECT_EQ(build(*make_graph("ring", 3), {}).hosts.size(), 3u);
  EXPECT_EQ(build(*make_graph("ring", 3), {.hosts = false}).hosts.size(), 0u);
}

}  // namespace
}  // namespace spanway::lab
