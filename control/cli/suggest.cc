// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/suggest.h"

#include <algorithm>

namespace spanway::cli {

size_t distance(std::string_view a, std::string_view b) {
  // Optimal string alignment: three rows are enough to see a swap.
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::vector<std::string> suggest(std::string_view word,
                                 const std::vector<std::string_view>& known) {
  std::vector<std::pair<size_t, std::string_view>> near;
  const size_t limit = word.size() < 3 ? 1 : word.size() < 6 ? 2 : 3;
  for (const std::string_view k : known) {
    if (k.empty()) continue;
    if (!word.empty() && k.starts_with(word))
      near.emplace_back(0, k);
    else if (const size_t d = distance(word, k); d <= limit && d < k.size())
      near.emplace_back(d, k);
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const auto& x, const auto& y) { return x.first < y.first; });
  std::vector<std::string> out;
  for (const auto& [d, k] : near) {
    if (d > near.front().first || out.size() == 3) break;
    if (std::find(out.begin(), out.end(), k) == out.end()) out.emplace_back(k);
  }
  return out;
}

}  // namespace spanway::cli
