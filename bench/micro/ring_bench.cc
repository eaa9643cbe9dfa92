// SPDX-License-Identifier: BSD-3-Clause
// The ring between two threads, as one thread sees it: what push and pop cost without waiting.
#include <benchmark/benchmark.h>

#include <array>

#include "dataplane/base/spsc_ring.h"

namespace spanway::bench {
namespace {

void ring_single(benchmark::State& state) {
  SpscRing<uint64_t> ring(1024);
  uint64_t value = 0;
  for (auto _ : state) {
    ring.push(value);
    ring.pop(value);
    benchmark::DoNotOptimize(++value);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ring_single);

void ring_burst(benchmark::State& state) {
  SpscRing<uint64_t> ring(1024);
  std::array<uint64_t, 32> values{};
  for (auto _ : state) {
    ring.push_burst(values);
    benchmark::DoNotOptimize(ring.pop_burst(std::span(values)));
  }
  state.SetItemsProcessed(state.iterations() * 32);
}
BENCHMARK(ring_burst);

void ring_empty(benchmark::State& state) {
  SpscRing<uint64_t> ring(1024);
  uint64_t value = 0;
  for (auto _ : state) benchmark::DoNotOptimize(ring.pop(value));
}
BENCHMARK(ring_empty);

}  // namespace
}  // namespace spanway::bench

BENCHMARK_MAIN();
