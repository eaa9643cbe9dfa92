// SPDX-License-Identifier: BSD-3-Clause
// Every network of a directory of GML files (SPANWAY_TOPOLOGIES=DIR, for example the Internet
// Topology Zoo) under OSPF in virtual time: each part of it comes to one database, every link is
// Full at both ends, and every router has the route of least cost to every link.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <queue>

#include "control/lab/gml.h"
#include "control/lab/lab.h"
#include "control/lab/script.h"
#include "tests/support/eal.h"
#include "tests/support/ospf_net.h"

namespace spanway::lab {
namespace {

constexpr unsigned kFar = UINT32_MAX;
constexpr uint16_t kCost = 10;

std::vector<std::filesystem::path> files() {
  const char* where = std::getenv("SPANWAY_TOPOLOGIES");
  std::vector<std::filesystem::path> out;
  if (where == nullptr) return out;
  for (const auto& entry : std::filesystem::directory_iterator(where))
    if (entry.path().extension() == ".gml") out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

// One network: what its links are, and instances of OSPF on it.
class Network {
 public:
  explicit Network(const Graph& graph) : graph_(graph), links_of_(graph.routers) {
    for (unsigned r = 0; r < graph.routers; ++r) net_.add_router();
    for (size_t i = 0; i < graph.links.size(); ++i) {
      const auto [a, b] = graph.links[i];
      net_.add_wire({a, b}, ospf::OspfNet::quick(ospf::NetworkType::kPointToPoint, kCost), 30);
      links_of_[a].push_back(i);
      links_of_[b].push_back(i);
    }
    for (unsigned r = 0; r < graph.routers; ++r) hops_.push_back(hops_from(r));
  }

  // In virtual time; nullopt: not within the bound. Databases are compared last, since that takes
  // long: what was still on its way when the routes were right has to arrive, too.
  std::optional<Nanos> converge() {
    const auto routes = net_.run_until(
        seconds(60), [this] { return net_.all_adjacent() && routes_wrong().empty(); });
    if (!routes) return std::nullopt;
    const auto databases =
        net_.run_until(seconds(10), [this] { return databases_wrong().empty(); });
    if (!databases || !routes_wrong().empty()) return std::nullopt;
    return *routes + *databases;
  }
  // "" when every router has every route; else what is wrong first.
  std::string routes_wrong() {
    for (unsigned r = 0; r < graph_.routers; ++r) {
      const auto& routes = net_.routes(r);
      size_t reachable = 0;
      for (const auto& [a, b] : graph_.links) reachable += hops_[r][a] != kFar ? 1 : 0;
      if (routes.size() != reachable)
        return "router " + std::to_string(r) + " has " + std::to_string(routes.size()) + " of " +
               std::to_string(reachable) + " routes";
    }
    for (unsigned r = 0; r < graph_.routers; ++r)
      for (size_t i = 0; i < graph_.links.size(); ++i) {
        const auto [a, b] = graph_.links[i];
        if (hops_[r][a] == kFar) continue;
        const Prefix4 prefix(net_.address_on(a, i), 30);
        const auto at = net_.routes(r).find(prefix);
        const uint32_t cost = (std::min(hops_[r][a], hops_[r][b]) + 1) * kCost;
        if (at == net_.routes(r).end() || at->second.cost != cost)
          return "router " + std::to_string(r) + " to " + prefix.to_string();
      }
    return "";
  }
  // Routers that reach each other have the same database, and others have another one.
  std::string databases_wrong() {
    for (unsigned r = 0; r < graph_.routers; ++r) {
      const auto first = static_cast<unsigned>(
          std::ranges::find_if(hops_[r], [](unsigned h) { return h != kFar; }) - hops_[r].begin());
      if (first != r && net_.database(r) != net_.database(first))
        return "routers " + std::to_string(r) + " and " + std::to_string(first);
    }
    return "";
  }

 private:
  std::vector<unsigned> hops_from(unsigned from) const {
    std::vector<unsigned> out(graph_.routers, kFar);
    std::queue<unsigned> open({from});
    out[from] = 0;
    for (; !open.empty(); open.pop())
      for (const size_t link : links_of_[open.front()]) {
        const auto [a, b] = graph_.links[link];
        const unsigned next = a == open.front() ? b : a;
        if (out[next] != kFar) continue;
        out[next] = out[open.front()] + 1;
        open.push(next);
      }
    return out;
  }

  const Graph& graph_;
  std::vector<std::vector<size_t>> links_of_;
  std::vector<std::vector<unsigned>> hops_;
  ospf::OspfNet net_{1};
};

TEST(Topologies, EveryOneConverges) {
  const auto all = files();
  if (all.empty()) GTEST_SKIP() << "SPANWAY_TOPOLOGIES names no directory with GML files";
  const auto begun = std::chrono::steady_clock::now();
  Nanos longest{};
  size_t routers = 0, links = 0;
  std::string slowest;
  for (const auto& path : all) {
    SCOPED_TRACE(path.filename());
    const auto gml = load_gml(path);
    ASSERT_TRUE(gml) << gml.error().message;
    routers += gml->graph.routers;
    links += gml->graph.links.size();
    Network network(gml->graph);
    const auto took = network.converge();
    EXPECT_TRUE(took) << network.routes_wrong() << "; databases of " << network.databases_wrong();
    if (took.value_or(Nanos()) > longest) {
      longest = *took;
      slowest = path.filename();
    }
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begun;
  std::cout << all.size() << " topologies, " << routers << " routers, " << links
            << " links; the longest convergence took " << longest.seconds()
            << " s of virtual time (" << slowest << "); run in " << wall.count() << " s\n";
}

// Whole engines, for a few of them.
TEST(Topologies, SomeRunAsALab) {
  const auto all = files();
  if (all.empty()) GTEST_SKIP() << "SPANWAY_TOPOLOGIES names no directory with GML files";
  constexpr size_t kEvery = 25;
  constexpr unsigned kMostRouters = 80;
  for (size_t i = 0; i < all.size(); i += kEvery) {
    SCOPED_TRACE(all[i].filename());
    const auto gml = load_gml(all[i]);
    ASSERT_TRUE(gml) << gml.error().message;
    if (gml->graph.routers > kMostRouters) continue;
    Plan plan = build(gml->graph, {.most_hosts = 8, .routing = Routing::kOspf});
    plan.virtual_time = true;
    plan.window = 4;
    plan.duration = millis(20);
    auto lab = Lab::create(std::move(plan), test::buffers(), "");
    ASSERT_TRUE(lab) << lab.error().message;
    Script script(**lab, [](const EventResult&) {});
    const auto never = [] { return false; };
    const auto ready = script.wait_ready(never);
    ASSERT_TRUE(ready) << ready.error().message;
    ASSERT_TRUE(script.run(never));
    const Report report = (*lab)->report();
    EXPECT_GT(report.received, 0u);
    EXPECT_EQ(report.lost(), 0u);
    EXPECT_EQ(report.imbalance, 0);
    std::cout << all[i].filename() << ": " << gml->graph.routers << " routers, "
              << script.converged_s().value_or(0) << " s, " << report.received << " datagrams\n";
  }
}

}  // namespace
}  // namespace spanway::lab
