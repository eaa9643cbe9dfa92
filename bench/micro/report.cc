// SPDX-License-Identifier: BSD-3-Clause
#include "bench/micro/report.h"

#include <cstdio>

namespace spanway::bench {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3f", value);
  return text;
}

}  // namespace

std::string document(const std::string& mark, const std::vector<Case>& cases) {
  std::string text = "{\"schema\":\"spanway.bench/1\",\"mark\":\"" + mark + "\",\"cases\":[";
  for (size_t i = 0; i < cases.size(); ++i) {
    const Case& one = cases[i];
    double best = 0;
    std::string rivals;
    for (const auto& [who, value] : one.rivals) {
      const bool first = rivals.empty();
      best = first ? value : one.higher ? std::max(best, value) : std::min(best, value);
      rivals += (first ? "\"" : ",\"") + who + "\":" + number(value);
    }
    text += (i == 0 ? "\n{" : ",\n{");
    text += "\"case\":\"" + one.name + "\",\"unit\":\"" + one.unit + "\",\"better\":\"" +
            (one.higher ? "higher" : "lower") + "\",\"ours\":" + number(one.ours) +
            ",\"rivals\":{" + rivals + "},\"ratio\":" + number(best == 0 ? 0 : one.ours / best) +
            "}";
  }
  return text + "\n]}\n";
}

}  // namespace spanway::bench
