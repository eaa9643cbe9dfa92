// SPDX-License-Identifier: BSD-3-Clause
// Cases of a mark: how they are timed, brought to one figure, and printed. One thread.
#pragma once

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace spanway::bench {

inline double clock_seconds(clockid_t clock) {
  timespec ts{};
  clock_gettime(clock, &ts);
  return static_cast<double>(ts.tv_sec) + static_cast<double>(ts.tv_nsec) * 1e-9;
}
// CPU time of this thread, and of all threads of this process.
inline double thread_cpu_seconds() { return clock_seconds(CLOCK_THREAD_CPUTIME_ID); }
inline double process_cpu_seconds() { return clock_seconds(CLOCK_PROCESS_CPUTIME_ID); }
inline double wall_seconds() { return clock_seconds(CLOCK_MONOTONIC); }

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Case {
  std::string name;
  double ours = 0;
  std::map<std::string, double> rivals{};
  std::string unit = "million_lookups_per_second";  // of CPU time
  bool higher = true;                               // is better
};

// A spanway.bench/1 document; ratio is ours over the best rival.
std::string document(const std::string& mark, const std::vector<Case>& cases);

}  // namespace spanway::bench
