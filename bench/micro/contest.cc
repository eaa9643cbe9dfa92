// SPDX-License-Identifier: BSD-3-Clause
#include "bench/micro/contest.h"

#include <rte_cycles.h>
#include <x86intrin.h>

#include <algorithm>
#include <cstdint>

#include "bench/micro/pollution.h"

namespace spanway::bench {
namespace {

constexpr size_t kStretch = size_t{1} << 18;  // destinations of one turn: about a millisecond
constexpr unsigned kWarm = 2;                 // stretches before the one that counts
constexpr uint64_t kInterrupted = 100'000;    // cycles that no batch takes undisturbed

// Each in turn; nobody walks where another has just warmed the caches.
template <class Measure>
Case take_turns(const std::string& name, const std::vector<Contestant>& contestants, size_t stream,
                unsigned rounds, Measure measure) {
  std::map<std::string, std::vector<double>> rates;
  size_t first = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    for (const Contestant& one : contestants) {
      for (unsigned turn = 0; turn <= kWarm; ++turn) {
        const double rate = measure(one, first);
        if (turn == kWarm) rates[one.name].push_back(rate);
        first = (first + kStretch) % (stream - kStretch + 1) / kBatch * kBatch;
      }
    }
  }
  Case result{.name = name};
  for (const auto& [who, values] : rates) {
    if (who == "ours")
      result.ours = median(values);
    else
      result.rivals[who] = median(values);
  }
  return result;
}

// Cycles from the end of all that went before to the end of `work`.
template <class Work>
uint64_t timed(Work work) {
  _mm_lfence();
  const uint64_t begin = __rdtsc();
  _mm_lfence();
  work();
  _mm_lfence();
  return __rdtsc() - begin;
}

uint64_t nothing_takes() {
  std::vector<double> values;
  for (int i = 0; i < 1001; ++i) values.push_back(static_cast<double>(timed([] {})));
  return static_cast<uint64_t>(median(values));
}

}  // namespace

Case compete(const std::string& name, const std::vector<Contestant>& contestants, size_t stream,
             unsigned rounds) {
  volatile uint64_t keep = 0;
  return take_turns(name, contestants, stream, rounds,
                    [&keep](const Contestant& one, size_t first) {
                      const double before = thread_cpu_seconds();
                      keep = keep + one.run(first, kStretch);
                      return static_cast<double>(kStretch) / (thread_cpu_seconds() - before) * 1e-6;
                    });
}

Case compete_beside_packets(const std::string& name, const std::vector<Contestant>& contestants,
                            size_t stream, unsigned rounds) {
  Pollution packets;
  const uint64_t overhead = nothing_takes();
  const double cycles_per_us = static_cast<double>(rte_get_tsc_hz()) * 1e-6;
  volatile uint64_t keep = 0;
  return take_turns(name, contestants, stream, rounds, [&](const Contestant& one, size_t first) {
    uint64_t cycles = 0, lookups = 0;
    for (size_t at = first; at < first + kStretch; at += kBatch) {
      packets.burst();
      const uint64_t took = timed([&] { keep = keep + one.batch(at); });
      if (took > kInterrupted) continue;  // somebody else had the processor
      cycles += took - std::min(took, overhead);
      lookups += kBatch;
    }
    return static_cast<double>(lookups) * cycles_per_us / static_cast<double>(cycles);
  });
}

}  // namespace spanway::bench
