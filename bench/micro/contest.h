// SPDX-License-Identifier: BSD-3-Clause
// Several ways to do the same lookups, timed in turns, reported as a spanway.bench/1 document.
// One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace spanway::bench {

struct Contestant {
  std::string name;  // "ours" or a rival's
  // Looks up destinations first..first+count of the stream, in batches of 32; returns something
  // that depends on every answer.
  std::function<uint64_t(size_t first, size_t count)> run;
};

struct Case {
  std::string name;
  double ours = 0;
  std::map<std::string, double> rivals;  // all in million lookups a second of CPU time
};

// Rounds in which each contestant has its turn over the next stretch of a stream of `stream`
// destinations; medians.
Case compete(const std::string& name, const std::vector<Contestant>& contestants, size_t stream,
             unsigned rounds);

std::string document(const std::string& mark, const std::vector<Case>& cases);

}  // namespace spanway::bench
