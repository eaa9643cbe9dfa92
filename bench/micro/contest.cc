// SPDX-License-Identifier: BSD-3-Clause
#include "bench/micro/contest.h"

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace spanway::bench {
namespace {

constexpr size_t kStretch = size_t{1} << 18;  // destinations of one turn: about a millisecond

double thread_cpu_seconds() {
  timespec ts{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
  return static_cast<double>(ts.tv_sec) + static_cast<double>(ts.tv_nsec) * 1e-9;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Case compete(const std::string& name, const std::vector<Contestant>& contestants, size_t stream,
             unsigned rounds) {
  std::map<std::string, std::vector<double>> rates;
  size_t first = 0;
  volatile uint64_t keep = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    for (const Contestant& one : contestants) {
      const double before = thread_cpu_seconds();
      keep = keep + one.run(first, kStretch);
      const double passed = thread_cpu_seconds() - before;
      rates[one.name].push_back(static_cast<double>(kStretch) / passed * 1e-6);
      // Nobody walks where another has just warmed the caches.
      first = (first + kStretch) % (stream - kStretch + 1);
    }
  }
  Case result{name, 0, {}};
  for (const auto& [who, values] : rates) {
    if (who == "ours")
      result.ours = median(values);
    else
      result.rivals[who] = median(values);
  }
  return result;
}

std::string document(const std::string& mark, const std::vector<Case>& cases) {
  const auto number = [](double value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.3f", value);
    return std::string(text);
  };
  std::string text = "{\"schema\":\"spanway.bench/1\",\"mark\":\"" + mark + "\",\"cases\":[";
  for (size_t i = 0; i < cases.size(); ++i) {
    const Case& one = cases[i];
    double best = 0;
    std::string rivals;
    for (const auto& [who, rate] : one.rivals) {
      best = std::max(best, rate);
      rivals += (rivals.empty() ? "\"" : ",\"") + who + "\":" + number(rate);
    }
    text += (i == 0 ? "\n{" : ",\n{");
    text += "\"case\":\"" + one.name +
            "\",\"unit\":\"million_lookups_per_second\",\"better\":\"higher\",\"ours\":" +
            number(one.ours) + ",\"rivals\":{" + rivals +
            "},\"ratio\":" + number(best == 0 ? 0 : one.ours / best) + "}";
  }
  return text + "\n]}\n";
}

}  // namespace spanway::bench
