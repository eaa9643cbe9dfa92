// SPDX-License-Identifier: BSD-3-Clause
// What a frame's header costs to understand, and its checksum to verify.
#include <benchmark/benchmark.h>

#include <cstring>

#include "bench/forward/routes.h"
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/headers.h"
#include "dataplane/packet/parse.h"

namespace spanway::bench {
namespace {

std::vector<Frame> frames_of(const Traffic& traffic) {
  return make_frames(traffic, make_routes(traffic));
}

void parse(benchmark::State& state, bool six) {
  const std::vector<Frame> frames = frames_of({.six = six, .frames = 256});
  size_t at = 0;
  for (auto _ : state) {
    Meta meta;
    benchmark::DoNotOptimize(parse_frame(frames[at++ % frames.size()], meta));
    benchmark::DoNotOptimize(meta);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(parse, ip4, false);
BENCHMARK_CAPTURE(parse, ip6, true);

void checksum_header(benchmark::State& state) {
  const std::vector<Frame> frames = frames_of({.frames = 256});
  size_t at = 0;
  for (auto _ : state) {
    const uint8_t* l3 = frames[at++ % frames.size()].data() + sizeof(EtherHeader);
    benchmark::DoNotOptimize(ip4_checksum_ok(*reinterpret_cast<const Ip4Header*>(l3)));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(checksum_header);

void checksum_payload(benchmark::State& state) {
  const std::vector<uint8_t> bytes(static_cast<size_t>(state.range(0)), 0x5a);
  uint64_t sum = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sum = checksum_add(sum & 1, bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(checksum_payload)->Arg(64)->Arg(512)->Arg(1480);

}  // namespace
}  // namespace spanway::bench

BENCHMARK_MAIN();
