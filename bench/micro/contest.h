// SPDX-License-Identifier: BSD-3-Clause
// Several ways to do the same lookups, timed in turns, reported as a spanway.bench/1 document.
// One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "bench/micro/report.h"
#include "dataplane/base/tuning.h"

namespace spanway::bench {

inline constexpr size_t kBatch = tuning::kBurst;

// Looks up destinations first..first+kBatch of the stream; returns something that depends on every
// answer.
using LookUp = std::function<uint64_t(size_t first)>;

struct Contestant {
  std::string name;  // "ours" or a rival's
  // Does that for first..first+count, a multiple of kBatch, with nothing in between.
  std::function<uint64_t(size_t first, size_t count)> run;
  LookUp batch;
};

// Rounds in which each contestant has its turn over the next stretches of a stream of `stream`
// destinations: two to bring its own tables back into the caches, one that counts; medians.
Case compete(const std::string& name, const std::vector<Contestant>& contestants, size_t stream,
             unsigned rounds);

// The same, but between any two batches the caches meet a burst of packets (pollution.h), and only
// the batches are timed.
Case compete_beside_packets(const std::string& name, const std::vector<Contestant>& contestants,
                            size_t stream, unsigned rounds);

}  // namespace spanway::bench
