// SPDX-License-Identifier: BSD-3-Clause
// The forwarding tables alone, in bursts, with few routes: what the fused road meets in bench/run
// forward4 and forward6.
#include <benchmark/benchmark.h>

#include <array>

#include "bench/forward/routes.h"
#include "dataplane/base/check.h"
#include "dataplane/base/random.h"
#include "dataplane/base/tuning.h"
#include "dataplane/table/cpu.h"
#include "dataplane/table/fib4.h"
#include "dataplane/table/fib6.h"
#include "dataplane/table/fib6_view.h"

namespace spanway::bench {
namespace {

constexpr unsigned kRoutes = 16;
constexpr size_t kAddresses = 64 * tuning::kBurst;

// look(fib, addresses, out, count) asks.
template <class Fib, class Address, class Routes, class Make, class Look>
void look_up(benchmark::State& state, const Routes& route, const Make& make, const Look& look) {
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
    look(fib, addresses.data() + at, out.data(), out.size());
    benchmark::DoNotOptimize(out);
    at = (at + tuning::kBurst) % kAddresses;
  }
  state.SetItemsProcessed(state.iterations() * tuning::kBurst);
}

// As the table itself does it.
constexpr auto kBest = [](const auto& fib, const auto* addresses, NextHopId* out, size_t count) {
  fib.lookup(addresses, out, count);
};

void lookup4(benchmark::State& state) {
  look_up<table::Fib4, uint32_t>(
      state, route4,
      [](unsigned route, uint64_t bits) {
        return route4(route).addr().value() | static_cast<uint16_t>(bits);
      },
      kBest);
}
BENCHMARK(lookup4);

template <class Look>
void look_up6(benchmark::State& state, const Look& look) {
  look_up<table::Fib6, Ip6Addr>(
      state, route6,
      [](unsigned route, uint64_t bits) {
        return Ip6Addr::from_halves(route6(route).addr().high(), bits);
      },
      look);
}
void lookup6(benchmark::State& state) { look_up6(state, kBest); }
BENCHMARK(lookup6);

// No two routes in the same /32: nothing that a burst's addresses could share.
template <class Look>
void look_up6_apart(benchmark::State& state, const Look& look) {
  const auto route = [](unsigned index) {
    return Prefix6(Ip6Addr::from_halves(0x2001'0db8'0000'0000 + (uint64_t{index} << 32), 0), 48);
  };
  look_up<table::Fib6, Ip6Addr>(
      state, route,
      [route](unsigned index, uint64_t bits) {
        return Ip6Addr::from_halves(route(index).addr().high(), bits);
      },
      look);
}
void lookup6_apart(benchmark::State& state) { look_up6_apart(state, kBest); }
BENCHMARK(lookup6_apart);

// The same by one kernel.
auto by(table::Fib6Kernel kernel) {
  return [kernel](const table::Fib6& fib, const Ip6Addr* addresses, NextHopId* out, size_t count) {
    kernel(fib.view(), addresses, out, count);
  };
}
void lookup6_by(benchmark::State& state, bool usable, table::Fib6Kernel kernel) {
  if (!usable) return state.SkipWithError("this CPU can not run it");
  look_up6(state, by(kernel));
}
void lookup6_apart_by(benchmark::State& state, bool usable, table::Fib6Kernel kernel) {
  if (!usable) return state.SkipWithError("this CPU can not run it");
  look_up6_apart(state, by(kernel));
}
BENCHMARK_CAPTURE(lookup6_by, scalar, true, table::lookup6_scalar);
BENCHMARK_CAPTURE(lookup6_by, avx2, table::has_avx2(), table::lookup6_avx2);
BENCHMARK_CAPTURE(lookup6_by, avx512, table::has_avx512(), table::lookup6_avx512);
BENCHMARK_CAPTURE(lookup6_apart_by, scalar, true, table::lookup6_scalar);
BENCHMARK_CAPTURE(lookup6_apart_by, avx2, table::has_avx2(), table::lookup6_avx2);
BENCHMARK_CAPTURE(lookup6_apart_by, avx512, table::has_avx512(), table::lookup6_avx512);

}  // namespace
}  // namespace spanway::bench

BENCHMARK_MAIN();
