// SPDX-License-Identifier: BSD-3-Clause
// The marks lookup4 and lookup6: our tables against DPDK's on the same routes and destinations.
//
//   bench_lookup 4|6 [--prefixes FILE] [--routes N] [--rounds N] [--seed N] [--only-ours]
//                [--kernels]
//
// --kernels: each kernel that this CPU has as a contestant of its own.
// Prints one spanway.bench/1 document. IPv4 routes of FILE that are fewer than N grow to N by more
// specific ones. Needs neither root nor large pages; about 2 GiB of memory. DPDK's tables get large
// pages when the machine has set 2 GiB of them aside.
#include <cstdio>
#include <cstring>
#include <string>

#include "bench/micro/addresses.h"
#include "bench/micro/contest.h"
#include "bench/micro/prefixes.h"
#include "bench/micro/rivals.h"
#include "bench/micro/setup.h"
#include "dataplane/base/check.h"
#include "dataplane/base/tuning.h"
#include "dataplane/table/cpu.h"
#include "dataplane/table/fib4.h"
#include "dataplane/table/fib4_view.h"
#include "dataplane/table/fib6.h"
#include "dataplane/table/fib6_view.h"
#include "dataplane/table/recent4.h"
#include "dataplane/table/recent6.h"

namespace spanway::bench {
namespace {

constexpr size_t kStream = size_t{1} << 22;

// Sums answers, so that none can be left out.
template <class T>
uint64_t sum(const T* answers) {
  uint64_t total = 0;
  for (size_t i = 0; i < kBatch; ++i) {
    if constexpr (std::is_same_v<T, NextHopId>)
      total += answers[i].value;
    else
      total += static_cast<uint64_t>(answers[i]);
  }
  return total;
}

// A contestant that answers batches of `Answer`s by `look(first address, answers)`.
template <class Answer, class Look>
Contestant contestant(const std::string& name, Look look) {
  const auto batch = [look](size_t first) {
    Answer answers[kBatch];
    look(first, answers);
    return sum(answers);
  };
  const auto run = [look](size_t first, size_t count) {
    Answer answers[kBatch];
    uint64_t total = 0;
    for (size_t i = first; i < first + count; i += kBatch) {
      look(i, answers);
      total += sum(answers);
    }
    return total;
  };
  return {name, run, batch};
}

template <class Kernel>
struct NamedKernel {
  const char* name;
  bool usable;
  Kernel look_up;
};

template <class Kernel, class View, class Address, size_t kCount>
void add_kernels(std::vector<Contestant>& all, const NamedKernel<Kernel> (&kernels)[kCount],
                 const View& view, const Address* at) {
  for (const auto& [name, usable, look_up] : kernels)
    if (usable)
      all.push_back(
          contestant<NextHopId>(name, [&view, look_up = look_up, at](size_t i, NextHopId* out) {
            look_up(view, at + i, out, kBatch);
          }));
}

const NamedKernel<table::Fib4Kernel> kKernels4[] = {
    {"scalar", true, table::lookup4_scalar},
    {"avx2", table::has_avx2(), table::lookup4_avx2},
    {"avx512", table::has_avx512(), table::lookup4_avx512}};
const NamedKernel<table::Fib6Kernel> kKernels6[] = {
    {"scalar", true, table::lookup6_scalar},
    {"avx2", table::has_avx2(), table::lookup6_avx2},
    {"avx512", table::has_avx512(), table::lookup6_avx512}};

struct Named {
  const char* name;
  Spread spread;
  bool beside_packets = false;
};

// As control does: what edits leave behind is freed as they go on.
template <class Fib, class Routes>
void load(Fib& fib, const Routes& routes, seam::Graveyard& graveyard) {
  size_t count = 0;
  for (const auto& route : routes) {
    SPANWAY_CHECK(fib.insert(route.prefix, route.hop));
    if (++count % 256 != 0 && count != routes.size()) continue;
    graveyard.seal();
    graveyard.reclaim();
  }
  std::fprintf(stderr, "%zu routes, %.1f MiB\n", fib.size(),
               static_cast<double>(fib.bytes()) / (1 << 20));
}

Case measure(const Named& one, const std::vector<Contestant>& all, const Options& options) {
  const auto compare = one.beside_packets ? compete_beside_packets : compete;
  return compare(one.name, all, kStream, options.rounds);
}

std::vector<Case> contest4(const Options& options) {
  const Routes4 routes = routes4_of(options, 1'000'000);
  seam::Qsbr qsbr(1);
  seam::Graveyard graveyard(qsbr);
  table::Fib4 fib(graveyard);
  load(fib, routes, graveyard);
  const RteFib narrow = options.only_ours ? nullptr : load_fib(routes, false);
  const RteFib wide = options.only_ours ? nullptr : load_fib(routes, true);
  const RteLpm lpm = options.only_ours ? nullptr : load_lpm(routes);

  std::vector<Case> cases;
  for (const Named& one :
       {Named{"uniform over all addresses", Spread::kEverywhere},
        Named{"uniform inside prefixes", Spread::kInPrefixes}, Named{"zipf", Spread::kZipf},
        Named{"16 hot flows", Spread::kFew},
        Named{"uniform over all addresses, beside packets", Spread::kEverywhere, true},
        Named{"uniform inside prefixes, beside packets", Spread::kInPrefixes, true},
        Named{"zipf, beside packets", Spread::kZipf, true}}) {
    const auto stream = make_addresses<Ip4Addr>(routes, one.spread, kStream, options.seed + 1);
    std::vector<uint32_t> addresses(stream.size());
    for (size_t i = 0; i < stream.size(); ++i) addresses[i] = stream[i].value();
    const uint32_t* at = addresses.data();
    table::Recent4 recent;  // as each worker has one
    std::vector<Contestant> all;
    all.push_back(contestant<NextHopId>("ours", [&fib, &recent, at](size_t i, NextHopId* out) {
      fib.lookup(at + i, out, kBatch, recent);
    }));
    const auto add_fib = [&](const char* name, rte_fib* table) {
      if (table == nullptr) return;
      all.push_back(contestant<uint64_t>(name, [table, at](size_t i, uint64_t* out) {
        // Not const in 22.11, yet only read.
        rte_fib_lookup_bulk(table, const_cast<uint32_t*>(at + i), out, kBatch);
      }));
    };
    add_fib("rte_fib 2 B", narrow.get());
    add_fib("rte_fib 4 B", wide.get());
    if (lpm != nullptr)
      all.push_back(contestant<uint32_t>("rte_lpm", [&lpm, at](size_t i, uint32_t* out) {
        rte_lpm_lookup_bulk(lpm.get(), at + i, out, kBatch);
      }));
    if (options.kernels) add_kernels(all, kKernels4, fib.view(), at);
    cases.push_back(measure(one, all, options));
  }
  return cases;
}

std::vector<Case> contest6(const Options& options) {
  const Routes6 routes = routes6_of(options, 167'903);
  seam::Qsbr qsbr(1);
  seam::Graveyard graveyard(qsbr);
  table::Fib6 fib(graveyard);
  load(fib, routes, graveyard);
  const RteFib6 rte = options.only_ours ? nullptr : load_fib6(routes);
  const RteLpm6 lpm = options.only_ours ? nullptr : load_lpm6(routes);

  std::vector<Case> cases;
  for (const Named& one : {Named{"uniform inside prefixes", Spread::kInPrefixes},
                           Named{"zipf", Spread::kZipf}, Named{"16 hot flows", Spread::kFew}}) {
    auto addresses = make_addresses<Ip6Addr>(routes, one.spread, kStream, options.seed + 1);
    Ip6Addr* at = addresses.data();
    table::Recent6 recent;  // as each worker has one
    std::vector<Contestant> all;
    all.push_back(contestant<NextHopId>("ours", [&fib, &recent, at](size_t i, NextHopId* out) {
      fib.lookup(at + i, out, kBatch, recent);
    }));
    const auto raw = [at](size_t i) { return reinterpret_cast<uint8_t(*)[16]>(at + i); };
    if (rte != nullptr)
      all.push_back(contestant<uint64_t>("rte_fib6 4 B", [&rte, raw](size_t i, uint64_t* out) {
        rte_fib6_lookup_bulk(rte.get(), raw(i), out, kBatch);
      }));
    if (lpm != nullptr)
      all.push_back(contestant<int32_t>("rte_lpm6", [&lpm, raw](size_t i, int32_t* out) {
        rte_lpm6_lookup_bulk_func(lpm.get(), raw(i), out, kBatch);
      }));
    if (options.kernels) add_kernels(all, kKernels6, fib.view(), at);
    cases.push_back(measure(one, all, options));
  }
  return cases;
}

int usage() {
  std::fprintf(stderr,
               "usage: bench_lookup 4|6 [--prefixes FILE] [--routes N] [--rounds N] [--seed N] "
               "[--only-ours] [--kernels]\n");
  return 2;
}

int main(int count, char** args) {
  if (count < 2 || (std::strcmp(args[1], "4") != 0 && std::strcmp(args[1], "6") != 0))
    return usage();
  Options options;
  options.rounds = 41;
  if (!read_options(2, count, args, options)) return usage();
  start_dpdk("bench_lookup", 2048);
  const bool four = args[1][0] == '4';
  const std::vector<Case> cases = four ? contest4(options) : contest6(options);
  std::fputs(document(four ? "lookup4" : "lookup6", cases).c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace spanway::bench

int main(int count, char** args) { return spanway::bench::main(count, args); }
