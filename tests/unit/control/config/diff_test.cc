// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/diff.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include "control/config/subnets.h"
#include "control/config/validate.h"
#include "tests/unit/control/config/generate.h"
#include "tests/unit/control/config/growth.h"

namespace spanway::config {
namespace {

// Order means something among the addresses of one family of one interface, nowhere else.
Config normal(Config c) {
  const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
  const auto addresses = [](auto& items) {
    for (auto& item : items)
      std::stable_partition(item.addresses.begin(), item.addresses.end(),
                            [](const IpWithLength& a) { return a.addr.is4(); });
  };
  addresses(c.ports);
  addresses(c.vlans);
  std::sort(c.ports.begin(), c.ports.end(), by_name);
  std::sort(c.vlans.begin(), c.vlans.end(), by_name);
  std::sort(c.neighbours.begin(), c.neighbours.end(), [](const Neighbour& a, const Neighbour& b) {
    return std::tie(a.interface, a.ip) < std::tie(b.interface, b.ip);
  });
  for (Route& r : c.routes)
    std::sort(r.via.begin(), r.via.end(), [](const Via& a, const Via& b) {
      return std::tie(a.ip, a.port, a.weight) < std::tie(b.ip, b.port, b.weight);
    });
  std::sort(c.routes.begin(), c.routes.end(), [](const Route& a, const Route& b) {
    return std::tie(a.prefix, a.preference) < std::tie(b.prefix, b.preference);
  });
  return c;
}

// An engine that insists: nothing goes while something stands on it, nothing comes before what it
// stands on.
struct StrictEngine {
  std::set<std::string> ports;
  std::map<std::string, std::string> vlans;
  std::map<std::string, int> standing;  // addresses and neighbours of an interface

  bool has(const std::string& i) const { return ports.contains(i) || vlans.contains(i); }
  bool operator()(const PortAdded& c) {
    return !has(c.port.name) && ports.insert(c.port.name).second;
  }
  bool operator()(const PortRemoved& c) {
    for (const auto& [name, port] : vlans)
      if (port == c.port.name) return false;
    return standing[c.port.name] == 0 && ports.erase(c.port.name) == 1;
  }
  bool operator()(const PortChanged& c) const { return ports.contains(c.after.name); }
  bool operator()(const VlanAdded& c) {
    return !has(c.vlan.name) && ports.contains(c.vlan.port) &&
           vlans.emplace(c.vlan.name, c.vlan.port).second;
  }
  bool operator()(const VlanRemoved& c) {
    return standing[c.vlan.name] == 0 && vlans.erase(c.vlan.name) == 1;
  }
  bool operator()(const VlanChanged& c) const { return vlans.contains(c.after.name); }
  bool operator()(const AddressAdded& c) { return has(c.interface) && ++standing[c.interface] > 0; }
  bool operator()(const AddressRemoved& c) {
    return has(c.interface) && --standing[c.interface] >= 0;
  }
  bool operator()(const NeighbourAdded& c) {
    return has(c.neighbour.interface) && ++standing[c.neighbour.interface] > 0;
  }
  bool operator()(const NeighbourRemoved& c) {
    return has(c.neighbour.interface) && --standing[c.neighbour.interface] >= 0;
  }
  template <class Other>
  bool operator()(const Other&) const {
    return true;
  }
};

TEST(Diff, PatchReachesTheOtherConfig) {
  EXPECT_TRUE(rc::check("patch(a, diff(a, b)) == b, in an order that a strict engine takes", [] {
    const Config a = test::any_config(), b = test::any_config();
    Config reached = a;
    const auto changes = diff(a, b);
    RC_ASSERT(patch(reached, changes).has_value());
    RC_ASSERT(normal(reached) == normal(b));
    RC_ASSERT(diff(reached, b).empty());
    StrictEngine engine;
    for (const Change& change : diff(Config{}, a)) RC_ASSERT(std::visit(engine, change));
    for (const Change& change : changes) RC_ASSERT(std::visit(engine, change));
  }));
}

TEST(Diff, OfTheSameIsEmpty) {
  EXPECT_TRUE(rc::check("diff(a, a) is empty", [] {
    Config a = test::any_config();
    RC_ASSERT(diff(a, a).empty());
    Config shuffled = a;
    std::reverse(shuffled.routes.begin(), shuffled.routes.end());
    for (Route& r : shuffled.routes) std::reverse(r.via.begin(), r.via.end());
    std::reverse(shuffled.ports.begin(), shuffled.ports.end());
    RC_ASSERT(diff(a, shuffled).empty());
  }));
}

TEST(Diff, InverseGoesBack) {
  EXPECT_TRUE(rc::check("the inverse of each change, last first, goes back but for order", [] {
    const Config a = test::any_config(), b = test::any_config();
    Config there = a;
    auto changes = diff(a, b);
    RC_ASSERT(patch(there, changes).has_value());
    std::reverse(changes.begin(), changes.end());
    for (Change& change : changes) change = inverse(change);
    RC_ASSERT(patch(there, changes).has_value());
    const auto sorted = [](Config c) {
      for (auto& p : c.ports) std::sort(p.addresses.begin(), p.addresses.end());
      for (auto& v : c.vlans) std::sort(v.addresses.begin(), v.addresses.end());
      return normal(c);
    };
    RC_ASSERT(sorted(there) == sorted(a));
  }));
}

Config load(const std::string& text) {
  auto config = load_text(text, "f");
  EXPECT_TRUE(config) << (config ? "" : config.error().message);
  return config ? *config : Config{};
}

TEST(Diff, Words) {
  const std::string p0 = "[[port]]\nname = \"p0\"\ndevice = \"tap:t0\"\n";
  const Config a = load(p0 +
                        "addresses = [\"10.0.12.1/24\"]\n[[port]]\nname = \"p1\"\ndevice = "
                        "\"tap:t1\"\n[[route]]\nprefix = \"10.8.0.0/16\"\nkind = \"reject\"\n"
                        "[[route]]\nprefix = \"10.7.0.0/16\"\nvia = [\"10.0.12.2\"]\n");
  const Config b = load("[daemon]\nworkers = [2, 3]\n" + p0 +
                        "mtu = 9000\naddresses = [\"10.0.12.1/24\", \"10.1.0.1/24\"]\n"
                        "[[port.vlan]]\nid = 100\n"
                        "[[route]]\nprefix = \"10.9.0.0/16\"\nvia = [\"10.0.12.2\"]\n"
                        "[[route]]\nprefix = \"10.7.0.0/16\"\nvia = [{ ip = \"10.0.12.3\", weight "
                        "= 2 }]\n");
  const std::vector<std::string> expected{
      "- route 10.8.0.0/16 reject",
      "- port p1",
      "~ daemon.workers []->[2, 3]",
      "~ p0.mtu 1500->9000",
      "+ vlan p0.100 port p0 id 100",
      "+ address 10.1.0.1/24 p0",
      "~ route 10.7.0.0/16 via 10.0.12.2->via 10.0.12.3 weight 2",
      "+ route 10.9.0.0/16 via 10.0.12.2",
  };
  EXPECT_EQ(describe(diff(a, b)), expected);
}

TEST(Diff, TheFirstAddressCounts) {
  const std::string head = "[[port]]\nname = \"p0\"\ndevice = \"tap:t0\"\naddresses = ";
  const Config a = load(head + "[\"10.0.0.1/24\", \"10.0.0.2/24\"]\n");
  const Config b = load(head + "[\"10.0.0.2/24\", \"10.0.0.1/24\"]\n");
  const std::vector<std::string> expected{"- address 10.0.0.1/24 p0", "+ address 10.0.0.1/24 p0"};
  EXPECT_EQ(describe(diff(a, b)), expected);
}

TEST(Diff, AnotherDeviceOpensThePortAnew) {
  const std::string rest = "addresses = [\"10.0.0.1/24\"]\n";
  const Config a = load("[[port]]\nname = \"p0\"\ndevice = \"tap:t0\"\n" + rest);
  const Config b = load("[[port]]\nname = \"p0\"\ndevice = \"tap:t1\"\n" + rest);
  const std::vector<std::string> expected{"- address 10.0.0.1/24 p0", "- port p0",
                                          "+ port p0 device tap:t1", "+ address 10.0.0.1/24 p0"};
  EXPECT_EQ(describe(diff(a, b)), expected);
}

TEST(Patch, RefusesWhatDoesNotFitAndLeavesAllAsItWas) {
  const Config before = load(
      "[[port]]\nname = \"p0\"\ndevice = \"tap:t0\"\naddresses = "
      "[\"10.0.0.1/24\"]\n[[route]]\nprefix = \"10.9.0.0/16\"\nkind = "
      "\"reject\"\n");
  const Route there = before.routes[0];
  Route other = there;
  other.prefix = *Prefix::parse("10.8.0.0/16");
  Route changed = there;
  changed.kind = RouteKind::kBlackhole;
  const std::vector<Change> good{RouteAdded{other}, RouteChanged{there, changed},
                                 IcmpChanged{{}, {1, 1}}};
  const std::vector<Change> bad{
      RouteAdded{changed},      RouteRemoved{there},
      PortRemoved{{"p9"}},      AddressAdded{"p0", before.ports[0].addresses[0]},
      AddressRemoved{"p9", {}}, NeighbourRemoved{}};
  for (const Change& last : bad) {
    for (size_t padding : {size_t{0}, size_t{40}}) {  // with and without an index
      Config c = before;
      std::vector<Change> changes = good;
      for (size_t i = 0; i < padding; ++i) changes.push_back(IcmpChanged{});
      changes.push_back(last);
      EXPECT_FALSE(patch(c, changes));
      EXPECT_EQ(c, before);
    }
  }
  Config c = before;
  EXPECT_TRUE(patch(c, good));
  EXPECT_EQ(c.routes.size(), 2u);
}

std::vector<Route> many_routes(unsigned count) {
  std::vector<Route> routes;
  for (unsigned i = 0; i < count; ++i)
    routes.push_back({Prefix4(Ip4Addr((11u << 24) + (i << 8)), 24), RouteKind::kBlackhole, {}, 1});
  return routes;
}

// CPU seconds to find, and make, a hundredth of so many routes different.
double seconds_to_patch(unsigned routes) {
  Config a;
  a.routes = many_routes(routes);
  Config b = a;
  std::reverse(b.routes.begin(), b.routes.end());
  for (unsigned i = 0; i < routes / 100; ++i) b.routes[i * 7].kind = RouteKind::kReject;
  const std::clock_t start = std::clock();
  const auto changes = diff(a, b);
  EXPECT_EQ(changes.size(), routes / 100);
  EXPECT_TRUE(patch(a, changes));
  const double took = seconds_since(start);
  EXPECT_TRUE(diff(a, b).empty());
  return took;
}

// CPU seconds to put so many routes into a plain map and find them again.
double seconds_to_find(unsigned count) {
  const std::vector<Route> routes = many_routes(count);
  const std::clock_t start = std::clock();
  std::unordered_map<Prefix, const Route*, PrefixHash> places;
  for (const Route& route : routes) places.emplace(route.prefix, &route);
  size_t same = 0;
  for (auto route = routes.rbegin(); route != routes.rend(); ++route)
    same += *places.find(route->prefix)->second == *route;
  EXPECT_EQ(same, count);
  return seconds_since(start);
}

// Ten thousand are few enough that the caches near the core hold them.
TEST(Diff, TenThousandRoutesTakeNoLongerEach) { expect_no_longer_each(10'000, seconds_to_patch); }

// How much longer each of a hundred thousand takes is a matter of the caches, and of who else wants
// them: the plain map has the same trouble.
TEST(Diff, HundredThousandRoutesInASecondAndNotMuchLongerThanAPlainMap) {
  double plain = 1e9, ours = 1e9;
  for (int round = 0; round < 5; ++round) {
    plain = std::min(plain, seconds_to_find(100'000));
    ours = std::min(ours, seconds_to_patch(100'000));
  }
  EXPECT_LT(ours, 6 * plain);
  expect_within_a_second(ours);
}

}  // namespace
}  // namespace spanway::config
