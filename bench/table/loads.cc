// SPDX-License-Identifier: BSD-3-Clause
// The marks load and withdraw: a routing table's whole road, from candidate to what workers read.
//
//   bench_loads load|withdraw [--prefixes FILE] [--routes N] [--rounds N] [--seed N]
//
// load: routes through our RIB, FIB and publication against rte_fib with its own RIB, which takes
// them one by one: how much CPU time, all at once by one thread and in parts of 10,000; how long
// with a crew on every core; and how much memory. withdraw: the same routes taken out again while a
// worker looks addresses up and reports its quiet points: how fast they go, and what the worker
// feels of it (withdraw.h). Prints one spanway.bench/1 document. Needs neither root nor hugepages;
// about 2 GiB of memory and, for withdraw, two cores.
#include <malloc.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "bench/cores.h"
#include "bench/micro/prefixes.h"
#include "bench/micro/report.h"
#include "bench/micro/rivals.h"
#include "bench/micro/setup.h"
#include "bench/table/router.h"
#include "bench/table/withdraw.h"
#include "control/publish/build_crew.h"
#include "dataplane/base/check.h"
#include "dataplane/base/cores.h"

namespace spanway::bench {
namespace {

double resident_mib() {
  malloc_trim(0);
  size_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// What DPDK's tables hold: its heap may lie in large pages, which nobody counts as resident, and
// once grown it stays.
double dpdk_mib() {
  size_t bytes = 0;
  for (unsigned i = 0; i < rte_socket_count(); ++i) {
    rte_malloc_socket_stats stats{};
    if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) == 0)
      bytes += stats.heap_allocsz_bytes;
  }
  return static_cast<double>(bytes) / (1 << 20);
}

// CPU seconds of all threads, and on the clock.
struct Took {
  double cpu, wall;
};
template <class Act>
Took time_of(Act act) {
  const double cpu = process_cpu_seconds(), wall = wall_seconds();
  act();
  return {process_cpu_seconds() - cpu, wall_seconds() - wall};
}

std::vector<Case> load_mark(const Routes4& routes, const Options& options) {
  publish::BuildCrew crew(allowed_cores());
  std::vector<double> whole, batches, together, theirs, their_wall, our_mib, their_mib;
  for (unsigned round = 0; round < options.rounds; ++round) {
    {
      const double before = resident_mib();
      Router router(routes);
      whole.push_back(time_of([&] { router.load(routes, routes.size()); }).cpu);
      our_mib.push_back(resident_mib() - before);
    }
    {
      Router router(routes);
      batches.push_back(time_of([&] { router.load(routes, Router::kBatch); }).cpu);
    }
    {
      Router router(routes, &crew);
      together.push_back(time_of([&] { router.load(routes, routes.size()); }).wall);
    }
    {
      const double before = dpdk_mib();
      RteFib fib;
      const Took took = time_of([&] { fib = load_fib(routes, false); });
      theirs.push_back(took.cpu);
      their_wall.push_back(took.wall);
      their_mib.push_back(dpdk_mib() - before);
      SPANWAY_CHECK(fib != nullptr);
    }
  }
  const char* const rival = "rte_fib with its RIB";
  return {{"load", median(whole), {{rival, median(theirs)}}, "cpu_seconds", false},
          {"load in parts", median(batches), {{rival, median(theirs)}}, "cpu_seconds", false},
          {"load, all cores", median(together), {{rival, median(their_wall)}}, "seconds", false},
          {"memory", median(our_mib), {{rival, median(their_mib)}}, "MiB", false}};
}

int usage() {
  std::fprintf(stderr,
               "usage: bench_loads load|withdraw [--prefixes FILE] [--routes N] [--rounds N] "
               "[--seed N]\n");
  return 2;
}

int run(int count, char** args) {
  if (count < 2) return usage();
  const std::string mark = args[1];
  Options options;
  options.rounds = 5;
  if ((mark != "load" && mark != "withdraw") || !read_options(2, count, args, options))
    return usage();
  if (options.routes == 0) options.routes = 1'000'000;
  const Routes4 routes = routes4_of(options, options.routes);
  const std::vector<unsigned> cores = allowed_cores();
  if (mark == "withdraw" && cores.size() < 2) {
    std::fprintf(stderr, "withdraw needs two cores: one for the worker, one for control\n");
    return 2;
  }
  start_dpdk("bench_loads", 1024);
  stay_on(cores);
  const auto cases =
      mark == "load" ? load_mark(routes, options) : withdraw_mark(routes, options, cores);
  std::fputs(document(mark, cases).c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace spanway::bench

int main(int count, char** args) { return spanway::bench::run(count, args); }
