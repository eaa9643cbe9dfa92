// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/shape.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "control/config/validate.h"
#include "control/lab/routing.h"

namespace spanway::lab {
namespace {

TEST(Shape, LinksAreWhatTheNameSays) {
  EXPECT_EQ(make_graph("ring", 5)->links.size(), 5u);
  EXPECT_EQ(make_graph("star", 5)->links.size(), 4u);
  EXPECT_EQ(make_graph("tree", 7)->links.size(), 6u);
  EXPECT_EQ(make_graph("line", 5)->links.size(), 4u);
  EXPECT_EQ(make_graph("mesh", 5)->links.size(), 10u);
  EXPECT_EQ(make_graph("grid", 12)->links.size(), 17u);  // 3 x 4
  EXPECT_EQ(make_graph("grid", 16)->links.size(), 24u);  // 4 x 4
  EXPECT_EQ(make_graph("grid", 7)->links.size(), 6u);    // a line: 7 is prime
}

TEST(Shape, RefusesWhatCanNotBeBuilt) {
  EXPECT_FALSE(make_graph("ring", 2));
  EXPECT_FALSE(make_graph("ring", 201));
  EXPECT_FALSE(make_graph("mesh", 200));
  EXPECT_FALSE(make_graph("donut", 5));
}

TEST(Shape, EveryConfigIsValidAndAddressesAreUnique) {
  for (const char* shape : {"ring", "star", "tree", "line", "mesh", "grid"}) {
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

TEST(Shape, UnderOspfOnlyIp6HasStaticRoutes) {
  const Plan plan = build(*make_graph("ring", 4), {.guests = true, .routing = Routing::kOspf});
  for (const RouterPlan& router : plan.routers) {
    const auto checked = config::check(router.config);
    EXPECT_TRUE(checked) << router.name << ": " << checked.error().message;
    for (const config::Route& route : router.config.routes) EXPECT_FALSE(route.prefix.is4());
    EXPECT_FALSE(router.config.routes.empty());
    EXPECT_EQ(router.config.ospf.ports.size(), router.config.ports.size());
    EXPECT_EQ(std::ranges::count(router.config.ospf.ports, true, &config::OspfPort::passive), 2);
  }
  EXPECT_EQ(plan.routers[3].config.ospf.router_id, Ip4Addr(10, 254, 0, 4));
  for (const FlowPlan& flow : plan.flows) EXPECT_EQ(flow.family, Family::kIp4);
}

TEST(Shape, ACostIsThatOfBothEnds) {
  Plan plan = build(*make_graph("ring", 4), {.routing = Routing::kOspf, .cost = 7});
  ASSERT_TRUE(set_cost(plan, "r1-r2", 30));
  EXPECT_EQ(plan.routers[0].config.ospf.ports[0].cost, 30);
  EXPECT_EQ(plan.routers[1].config.ospf.ports[0].cost, 30);
  EXPECT_EQ(plan.routers[2].config.ospf.ports[0].cost, 7);
  EXPECT_FALSE(set_cost(plan, "r1-r3", 30));
}

TEST(Shape, ASingleRouterAtTheEdgeDoesNotTalkAlone) {
  Graph graph{4, {{0, 1}, {1, 2}, {2, 3}, {1, 3}}, {}};  // a triangle with a tail
  EXPECT_EQ(build(graph, {}).hosts.size(), 3u);
}

// Two parts that no link joins: nobody talks across.
TEST(Shape, HostsTalkWithinTheirPart) {
  Graph graph{7, {{0, 1}, {2, 3}, {3, 4}}, {}};  // routers 5 and 6 stand alone
  const Plan plan = build(graph, {.routing = Routing::kOspf});
  EXPECT_EQ(plan.hosts.size(), 4u);
  std::set<std::pair<std::string, std::string>> flows;
  for (const FlowPlan& flow : plan.flows) flows.insert({flow.from, flow.to});
  EXPECT_EQ(flows, (std::set<std::pair<std::string, std::string>>{
                       {"h1", "h2"}, {"h2", "h1"}, {"h3", "h5"}, {"h5", "h3"}}));
}

TEST(Shape, ManyRoutersHaveFewHostsAndAddressesOfTheirOwn) {
  Graph graph{1000, {}, {}};
  for (unsigned r = 1; r < 1000; ++r) graph.links.emplace_back((r - 1) / 2, r);
  const Plan plan = build(graph, {.most_hosts = 16, .routing = Routing::kOspf});
  EXPECT_EQ(plan.hosts.size(), 16u);
  std::set<IpAddr> seen;
  std::set<Ip4Addr> ids;
  for (const RouterPlan& router : plan.routers) {
    EXPECT_TRUE(ids.insert(*router.config.ospf.router_id).second);
    EXPECT_TRUE(router.config.routes.empty());
    for (const config::Port& port : router.config.ports)
      for (const IpWithLength& address : port.addresses)
        EXPECT_TRUE(seen.insert(address.addr).second) << address.to_string();
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
