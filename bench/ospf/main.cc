// SPDX-License-Identifier: BSD-3-Clause
// What a change of the link-state database costs us, from the LSA to the changed routes.
//
//   bench_ospf ROUTERS EXTERNALS [CHANGES] [SEED]
//
// Prints one JSON object: CPU milliseconds of the whole load, and medians of one LSA's change: a
// link somewhere in the area, a stub, an external, all links of our only neighbour, and our own
// link. many_trees: wall-clock milliseconds of the paths from sixteen routers, by so many hands.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "bench/micro/report.h"
#include "bench/ospf/area.h"
#include "control/ospf/area_graph.h"
#include "control/ospf/many_trees.h"
#include "control/ospf/routes.h"
#include "dataplane/base/check.h"

namespace spanway::bench {
namespace {

struct Options {
  size_t routers = 0, externals = 0, changes = 100;
  uint64_t seed = 1;
};

double milliseconds_of(const std::function<void()>& act) {
  const double before = thread_cpu_seconds();
  act();
  return (thread_cpu_seconds() - before) * 1e3;
}

struct Median {
  double ms = 0, routes = 0;
};
// changed: makes the next instance, which is not measured.
Median of_changes(ospf::RouteTable& table, size_t count,
                  const std::function<std::shared_ptr<const ospf::Lsa>(size_t)>& changed) {
  std::vector<double> times, routes;
  for (size_t i = 0; i < count; ++i) {
    auto lsa = changed(i);
    size_t told = 0;
    times.push_back(milliseconds_of([&] {
      table.put(std::move(lsa));
      told = table.calculate().changes.size();
    }));
    routes.push_back(static_cast<double>(told));
  }
  return {median(times), median(routes)};
}

void print(const char* name, const Median& found) {
  std::printf(", \"%s_ms\": %.6f, \"%s_routes\": %.0f", name, found.ms, name, found.routes);
}

// The paths of sixteen routers, as alternates for as many neighbours would need.
void print_many_trees(const Area& area) {
  std::vector<const ospf::Lsa*> lsas;
  for (const auto& lsa : area.lsas()) lsas.push_back(lsa.get());
  const ospf::AreaGraph graph(lsas);
  std::vector<ospf::Vertex> roots;
  for (ospf::Vertex root = 0; root < std::min<size_t>(16, graph.graph().size()); ++root)
    roots.push_back(root);
  for (const int hands : {1, 2}) {
    oneapi::tbb::task_arena arena(hands);
    std::vector<double> times;
    for (int i = 0; i < 21; ++i) {
      const auto begun = std::chrono::steady_clock::now();
      const auto trees = ospf::shortest_paths_from(graph.graph(), roots, 16, arena);
      const std::chrono::duration<double, std::milli> took =
          std::chrono::steady_clock::now() - begun;
      SPANWAY_CHECK(trees.size() == roots.size());
      times.push_back(took.count());
    }
    std::printf(", \"many_trees_%d_ms\": %.3f", hands, median(times));
  }
}

int run(const Options& options) {
  Area area(options.routers, options.externals, options.seed);
  ospf::RouteTable table(Area::id(1), 16);
  const double load = milliseconds_of([&] {
    for (const auto& lsa : area.lsas()) table.put(lsa);
    table.put(area.own());
    table.set_root(Area::root());
    table.calculate();
  });
  SPANWAY_CHECK(table.routers() == options.routers);
  std::printf("{\"routers\": %zu, \"externals\": %zu, \"routes\": %zu, \"load_ms\": %.3f",
              options.routers, options.externals, table.size(), load);
  print("link", of_changes(table, options.changes, [&](size_t) { return area.change_link(); }));
  print("stub", of_changes(table, options.changes, [&](size_t) { return area.change_stub(); }));
  if (options.externals != 0)
    print("external",
          of_changes(table, options.changes, [&](size_t) { return area.change_external(); }));
  print("near", of_changes(table, std::min<size_t>(options.changes, 20),
                           [&](size_t) { return area.change_near(); }));
  print("root", of_changes(table, std::min<size_t>(options.changes, 20), [&](size_t i) {
          return area.own(static_cast<uint16_t>(Area::kCost + 1 + i % 2));
        }));
  print_many_trees(area);
  std::printf("}\n");
  return 0;
}

}  // namespace
}  // namespace spanway::bench

int main(int count, char** args) {
  spanway::bench::Options options;
  const auto number = [&](int at) { return std::strtoull(args[at], nullptr, 10); };
  if (count > 1) options.routers = number(1);
  if (count > 2) options.externals = number(2);
  if (count > 3) options.changes = number(3);
  if (count > 4) options.seed = number(4);
  if (count < 3 || count > 5 || options.routers < 3 || options.changes == 0) {
    std::fprintf(stderr, "usage: bench_ospf ROUTERS EXTERNALS [CHANGES] [SEED]\n");
    return 2;
  }
  return spanway::bench::run(options);
}
