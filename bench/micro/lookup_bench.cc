// SPDX-License-Identifier: BSD-3-Clause
// The forwarding tables alone, in bursts, with few routes: what the fused road meets in bench/run
// forward4 and forward6.
#include <benchmark/benchmark.h>

#include <array>

#include "bench/forward/routes.h"
#include "dataplane/base/check.h"
#include "dataplane/base/random.h"
#include "dataplane/base/tuning.h"
#include "dataplane/table/fib4.h"
#include "dataplane/table/fib6.h"

namespace spanway::bench {
namespace {

constexpr unsigned kRoutes = 16;
constexpr size_t kAddresses = 64 * tuning::kBurst;

template <class Fib, class Address, class Routes, class Make>
void look_up(benchmark::State& state, const Routes& route, const Make& make) {
  seam::Qsbr qsbr(1);
  seam::Graveyard graveyard(qsbr);
  Fib fib(graveyard);
  for (uint16_t i = 0; i < kRoutes; ++i)
    SPANWAY_CHECK(fib.insert(route(i), NextHopId(static_cast<uint16_t>(i + 1))).has_value());
  Random random(1);
  std::vector<Address> addresses;
  for (size_t i = 0; i < kAddresses; ++i)
    addresses.push_back(make(static_cast<unsigned>(random.below(kRoutes)), random()));
  std::array<NextHopId, tuning::kBurst> out;
  size_t at = 0;
  for (auto _ : state) {
    fib.lookup(addresses.data() + at, out.data(), out.size());
    benchmark::DoNotOptimize(out);
    at = (at + tuning::kBurst) % kAddresses;
  }
  state.SetItemsProcessed(state.iterations() * tuning::kBurst);
}

void lookup4(benchmark::State& state) {
  look_up<table::Fib4, uint32_t>(state, route4, [](unsigned route, uint64_t bits) {
    return route4(route).addr().value() | static_cast<uint16_t>(bits);
  });
}
BENCHMARK(lookup4);

void lookup6(benchmark::State& state) {
  look_up<table::Fib6, Ip6Addr>(state, route6, [](unsigned route, uint64_t bits) {
    return Ip6Addr::from_halves(route6(route).addr().high(), bits);
  });
}
BENCHMARK(lookup6);

// No two routes in the same /32: nothing that a burst's addresses could share.
void lookup6_apart(benchmark::State& state) {
  const auto route = [](unsigned index) {
    return Prefix6(Ip6Addr::from_halves(0x2001'0db8'0000'0000 + (uint64_t{index} << 32), 0), 48);
  };
  look_up<table::Fib6, Ip6Addr>(state, route, [route](unsigned index, uint64_t bits) {
    return Ip6Addr::from_halves(route(index).addr().high(), bits);
  });
}
BENCHMARK(lookup6_apart);

}  // namespace
}  // namespace spanway::bench

BENCHMARK_MAIN();
