// SPDX-License-Identifier: BSD-3-Clause
// Whatever happened before, the routes are those of the database as it is: a table that went
// through all of a random area's life against one that sees it for the first time.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "control/ospf/area_graph.h"
#include "control/ospf/routes.h"
#include "tests/unit/control/ospf/random_area.h"

namespace spanway::ospf {
namespace {

class Life {
 public:
  Life(uint64_t seed, size_t max_paths)
      : area_(seed), max_paths_(max_paths), table_(RouterId{1}, max_paths) {
    area_.feed(table_);
    area_.tell = [this](const LsaKey& key, const std::shared_ptr<const Lsa>& lsa) {
      if (lsa)
        table_.put(lsa);
      else
        table_.remove(key);
    };
    area_.tell_root = [this](const Root& root) { table_.set_root(root); };
  }
  void steps(size_t count) {
    while (count-- != 0) area_.step();
    const Calculation done = table_.calculate();
    trees_ += done.tree;
    changes_ += done.changes.size();
    const Prefix4* last = nullptr;
    for (const RouteChange& change : done.changes) {
      ASSERT_TRUE(last == nullptr || *last < change.prefix)
          << "not those of the database: in order, none twice";
      last = &change.prefix;
      if (change.route == nullptr) {
        ASSERT_EQ(told_.erase(change.prefix), 1u)
            << "not those of the database: never told " << change.prefix.to_string();
        continue;
      }
      const auto [at, fresh] = told_.try_emplace(change.prefix);
      ASSERT_TRUE(fresh || at->second != *change.route) << "not those of the database: told twice";
      at->second = *change.route;
    }
  }
  void check() {
    ASSERT_EQ(told_, routes_of(table_)) << "not those of the database: changes do not add up";
    ASSERT_EQ(table_.size(), told_.size());
    RouteTable fresh(RouterId{1}, max_paths_);
    area_.feed(fresh);
    fresh.calculate();
    ASSERT_EQ(told_, routes_of(fresh)) << "not those of the database";
    ASSERT_EQ(table_.routers(), fresh.routers());
    ASSERT_EQ(table_.networks(), fresh.networks());
    for (const auto& [prefix, route] : told_) ASSERT_LE(route.hops.size(), max_paths_);
  }
  size_t trees() const { return trees_; }
  size_t changes() const { return changes_; }
  size_t routes() const { return told_.size(); }

 private:
  RandomArea area_;
  size_t max_paths_;
  RouteTable table_;
  Routes told_;
  size_t trees_ = 0, changes_ = 0;
};

TEST(RoutesProperty, AfterAnyLifeTheRoutesAreThoseOfTheDatabase) {
  size_t calculations = 0, trees = 0, changes = 0, routes = 0;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    Life life(seed, seed % 3 == 0 ? 2 : 64);
    for (size_t i = 0; i < 40; ++i) {
      life.steps(i % 8 == 7 ? 12 : 1);
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << ", calculation " << i;
      life.check();
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << ", calculation " << i;
      ++calculations;
      routes += life.routes();
    }
    trees += life.trees();
    changes += life.changes();
  }
  // The areas are worth it.
  EXPECT_GT(trees, calculations / 4);
  EXPECT_LT(trees, calculations * 3 / 4);
  EXPECT_GT(changes, calculations / 2);
  EXPECT_GT(routes, 2 * calculations);
}

// The mended graph is the one that the same LSAs make.
TEST(RoutesProperty, AMendedGraphIsLikeANewOne) {
  size_t edges = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    RandomArea area(seed);
    std::map<LsaKey, Vertex> vertices;
    std::vector<std::shared_ptr<const Lsa>> all;
    for (const auto& [key, lsa] : area.database())
      if (key.type != LsaType::kExternal) {
        vertices.emplace(key, static_cast<Vertex>(all.size()));
        all.push_back(lsa);
      }
    const auto pointers = [&] {
      std::vector<const Lsa*> result;
      for (const auto& lsa : all) result.push_back(lsa.get());
      return result;
    };
    AreaGraph mended(pointers());
    area.tell = [&](const LsaKey& key, const std::shared_ptr<const Lsa>& lsa) {
      const auto at = vertices.find(key);
      if (at == vertices.end()) return;
      // One that goes is replaced by one that says nothing: the vertices stay the same ones.
      const bool router = key.type == LsaType::kRouter;
      const auto nothing = router ? made(key, RouterLsa()) : made(key, NetworkLsa());
      const auto before = std::exchange(all[at->second], lsa ? lsa : nothing);
      mended.replace(at->second, lsa.get());
    };
    for (size_t i = 0; i < 500; ++i) {
      area.step();
      const AreaGraph fresh(pointers());
      for (Vertex vertex = 0; vertex < all.size(); ++vertex) {
        const auto left = mended.graph().edges(vertex), right = fresh.graph().edges(vertex);
        ASSERT_TRUE(std::ranges::equal(left, right))
            << "not those of the database, seed " << seed << ", step " << i;
        edges += left.size();
      }
    }
  }
  EXPECT_GT(edges, 100'000u);
}

}  // namespace
}  // namespace spanway::ospf
