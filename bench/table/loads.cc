// SPDX-License-Identifier: BSD-3-Clause
// The marks load and withdraw: a routing table's whole road, from candidate to what workers read.
//
//   bench_loads load|withdraw [--prefixes FILE] [--routes N] [--rounds N] [--seed N]
//
// load: routes through our RIB, FIB and publication against rte_fib with its own RIB, which takes
// them one by one: how much CPU time, all at once by one thread and in parts of 10,000; how long
// with a crew on every core; and how much memory. withdraw: the same routes taken out again while a
// worker looks addresses up and reports its quiet points. Prints one spanway.bench/1 document.
// Needs neither root nor hugepages; about 2 GiB of memory and, for withdraw, two cores.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/micro/addresses.h"
#include "bench/micro/prefixes.h"
#include "bench/micro/report.h"
#include "bench/micro/rivals.h"
#include "bench/micro/setup.h"
#include "control/publish/build_crew.h"
#include "control/publish/publisher.h"
#include "control/rib/rib.h"
#include "dataplane/base/check.h"
#include "dataplane/base/tuning.h"
#include "dataplane/table/tables.h"

namespace spanway::bench {
namespace {

constexpr rib::Source kSource{rib::Origin::kStatic, 1, 0};
// What a busy protocol hands over at a time.
constexpr size_t kBatch = 10'000;

double resident_mib() {
  malloc_trim(0);
  size_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// One router's tables, with as many gateways on one subnet as the routes have next hops.
class Router {
 public:
  explicit Router(const Routes4& routes, table::Crew* crew = nullptr) {
    publisher_.set_crew(crew);
    table::Interface interface;
    interface.index = IfIndex{1};
    interface.up = true;
    interface.addresses = {*IpWithLength::parse("10.0.0.1/16")};
    SPANWAY_CHECK(publisher_.set_interfaces({interface}, Nanos()));
    for (const auto& route : routes) {
      if (route.hop.value >= targets_.size()) targets_.resize(route.hop.value + 1u, rib::kNoTarget);
      rib::TargetId& id = targets_[route.hop.value];
      if (id != rib::kNoTarget) continue;
      rib::Target target;
      target.via.push_back({IpAddr(Ip4Addr(0x0a000100u + route.hop.value)), kNoInterface, 1});
      id = rib_.hold(target);
    }
  }
  // `batch` routes at a time, as a config or a protocol hands them over.
  void load(const Routes4& routes, size_t batch) {
    std::vector<rib::Announcement> part;
    part.reserve(std::min(batch, routes.size()));
    in_batches(routes, batch, [&](std::span<const Route<Prefix4>> some) {
      part.clear();
      for (const auto& [prefix, hop] : some) part.push_back({prefix, kSource, targets_[hop.value]});
      SPANWAY_CHECK(rib_.set_many(part, Nanos()));
    });
    SPANWAY_CHECK(stats().routes4 >= routes.size());
  }
  // CPU seconds.
  double withdraw(std::span<const Route<Prefix4>> routes, size_t batch) {
    std::vector<rib::Announcement> part;
    const double before = thread_cpu_seconds();
    in_batches(routes, batch, [&](std::span<const Route<Prefix4>> some) {
      part.clear();
      for (const auto& route : some) part.push_back({route.prefix, kSource, {}});
      SPANWAY_CHECK(rib_.remove_many(part));
    });
    return thread_cpu_seconds() - before;
  }
  seam::Qsbr& qsbr() { return qsbr_; }
  const table::Tables& tables() const { return tables_; }
  publish::Stats stats() const { return publisher_.stats(); }

 private:
  // Control looks after the rest between two batches.
  template <class Act>
  void in_batches(std::span<const Route<Prefix4>> routes, size_t batch, Act act) {
    for (size_t at = 0; at < routes.size(); at += batch) {
      act(routes.subspan(at, std::min(batch, routes.size() - at)));
      SPANWAY_CHECK(publisher_.step());
    }
  }

  seam::Qsbr qsbr_{1};
  seam::Graveyard graveyard_{qsbr_};
  table::Tables tables_{graveyard_};
  rib::Rib rib_;
  publish::Publisher publisher_{tables_, graveyard_, rib_};
  std::vector<rib::TargetId> targets_;  // by next hop
};

// A worker without packets: lookups in bursts, a quiet point after each.
class Reader {
 public:
  Reader(Router& router, const std::vector<Ip4Addr>& addresses) : router_(router) {
    for (const Ip4Addr one : addresses) addresses_.push_back(one.value());
    thread_ = std::thread([this] { run(); });
  }
  ~Reader() {
    stop_ = true;
    thread_.join();
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  struct Sample {
    uint64_t lookups;
    double seconds;
  };
  [[nodiscard]] Sample sample() const {
    uint64_t lookups = 0;
    double seconds = 0;
    do {  // until both are of one moment
      lookups = lookups_.load();
      seconds = seconds_.load();
    } while (lookups != lookups_.load());
    return {lookups, seconds};
  }

 private:
  void run() {
    const WorkerId self{0};
    router_.qsbr().online(self);
    NextHopId answers[tuning::kBurst];
    size_t at = 0;
    uint64_t done = 0, keep = 0;
    while (!stop_.load(std::memory_order_relaxed)) {
      for (unsigned burst = 0; burst < 1024; ++burst) {
        router_.tables().fib4.lookup(&addresses_[at], answers, tuning::kBurst);
        for (const NextHopId answer : answers) keep += answer.value;
        router_.qsbr().quiet(self);
        at = (at + tuning::kBurst) % (addresses_.size() - tuning::kBurst);
      }
      done += 1024 * tuning::kBurst;
      seconds_ = thread_cpu_seconds();
      lookups_ = done;
    }
    router_.qsbr().offline(self);
    kept_ = keep;
  }

  Router& router_;
  std::vector<uint32_t> addresses_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> lookups_{0}, kept_{0};
  std::atomic<double> seconds_{0};
  std::thread thread_;
};

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
  publish::BuildCrew crew(publish::BuildCrew::allowed_cores());
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
      batches.push_back(time_of([&] { router.load(routes, kBatch); }).cpu);
    }
    {
      Router router(routes, &crew);
      together.push_back(time_of([&] { router.load(routes, routes.size()); }).wall);
    }
    {
      const double before = resident_mib();
      RteFib fib;
      const Took took = time_of([&] { fib = load_fib(routes, false); });
      theirs.push_back(took.cpu);
      their_wall.push_back(took.wall);
      their_mib.push_back(resident_mib() - before);
      SPANWAY_CHECK(fib != nullptr);
    }
  }
  // DPDK keeps what it was once given: only the first round shows what it takes.
  const char* const rival = "rte_fib with its RIB";
  return {{"load", median(whole), {{rival, median(theirs)}}, "cpu_seconds", false},
          {"load in parts", median(batches), {{rival, median(theirs)}}, "cpu_seconds", false},
          {"load, all cores", median(together), {{rival, median(their_wall)}}, "seconds", false},
          {"memory", our_mib.front(), {{rival, their_mib.front()}}, "MiB", false}};
}

std::vector<Case> withdraw_mark(const Routes4& routes, const Options& options) {
  constexpr size_t kParts = 20;
  const auto addresses =
      make_addresses<Ip4Addr>(routes, Spread::kInPrefixes, size_t{1} << 20, options.seed + 1);
  const double count = static_cast<double>(routes.size());
  std::vector<double> loads, withdrawals, busy, idle;
  for (unsigned round = 0; round < options.rounds; ++round) {
    Router router(routes);
    Reader reader(router, addresses);
    const double before = thread_cpu_seconds();
    router.load(routes, kBatch);
    loads.push_back(count / (thread_cpu_seconds() - before));
    const auto rate_during = [&](auto act) {
      const Reader::Sample from = reader.sample();
      act();
      const Reader::Sample to = reader.sample();
      return static_cast<double>(to.lookups - from.lookups) / (to.seconds - from.seconds) * 1e-6;
    };
    // A fuller table is slower to look up in: a stretch of withdrawals, then calm, at every
    // filling.
    double seconds = 0, during = 0, between = 0;
    for (size_t part = 0; part < kParts; ++part) {
      const auto [from, to] =
          std::pair(part * routes.size() / kParts, (part + 1) * routes.size() / kParts);
      const std::span leaving(&routes[from], to - from);
      during += rate_during([&] { seconds += router.withdraw(leaving, kBatch); }) / kParts;
      between += rate_during([] { usleep(30'000); }) / kParts;
    }
    withdrawals.push_back(count / seconds);
    busy.push_back(during);
    idle.push_back(between);
  }
  return {
      {"withdraw", median(withdrawals), {{"our own load", median(loads)}}, "routes_per_second"},
      {"worker during withdrawal", median(busy), {{"the same worker, no change", median(idle)}}}};
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
  start_dpdk("bench_loads", 1024);
  const auto cases = mark == "load" ? load_mark(routes, options) : withdraw_mark(routes, options);
  std::fputs(document(mark, cases).c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace spanway::bench

int main(int count, char** args) { return spanway::bench::run(count, args); }
