// SPDX-License-Identifier: BSD-3-Clause
// What the message protocol costs without a network: two connections in one thread, each packet
// handed over where it lies. `cycles` is the share of a request with its answer, both ends
// together, at the frequency of the CPU's counter.
#include <benchmark/benchmark.h>

#include <vector>

#include "bench/transport/pair.h"
#include "dataplane/base/cycles.h"

namespace spanway::bench {
namespace {

constexpr Nanos kBegin = seconds(1), kTurn = micros(2);

void echo(benchmark::State& state) {
  const std::vector<uint8_t> bytes(static_cast<size_t>(state.range(0)), 7);
  const auto window = static_cast<uint32_t>(state.range(1));
  Nanos now = kBegin;
  Pair pair({.keyed = state.range(2) != 0}, now);
  uint64_t answered = 0;
  const uint64_t before = cycle_count();
  for (auto _ : state) answered += pair.echo(bytes, window, now = now + kTurn);
  const uint64_t after = cycle_count();
  state.counters["cycles"] = static_cast<double>(after - before) / static_cast<double>(answered);
}
BENCHMARK(echo)
    ->Args({64, 1, 0})
    ->Args({64, 32, 0})
    ->Args({64, 32, 1})
    ->ArgNames({"bytes", "window", "keyed"});

void stream(benchmark::State& state) {
  const std::vector<uint8_t> bytes(transport::kMostMessageBytes, 7);
  Nanos now = kBegin;
  Pair pair({.keyed = state.range(1) != 0, .packet_bytes = static_cast<uint32_t>(state.range(0))},
            now);
  uint64_t received = 0;
  for (auto _ : state) received += pair.stream(bytes, now = now + kTurn);
  state.SetBytesProcessed(static_cast<int64_t>(received));
}
BENCHMARK(stream)
    ->Args({1'400, 0})
    ->Args({8'900, 0})
    ->Args({8'900, 1})
    ->ArgNames({"packet", "keyed"});

}  // namespace
}  // namespace spanway::bench

BENCHMARK_MAIN();
