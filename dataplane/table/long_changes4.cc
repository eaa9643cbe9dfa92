// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/long_changes4.h"

#include <algorithm>
#include <array>
#include <utility>

#include "dataplane/table/fib4_state.h"

namespace spanway::table {
namespace {

// From here on counting beats comparing; and up to there moving beats both.
constexpr size_t kManyChanges = 2048, kFewChanges = 32;
constexpr unsigned kRecordShift = LongChange4::kHopBits + LongChange4::kKeyBits;
constexpr unsigned kDigitBits = 10, kDigits = 1u << kDigitBits;

// One pass of a radix sort.
void count_and_move(std::span<const LongChange4> from, std::span<LongChange4> to, unsigned shift) {
  std::array<uint32_t, kDigits> at{};
  const auto digit = [shift](LongChange4 one) { return one.packed >> shift & (kDigits - 1); };
  for (const LongChange4 one : from) ++at[digit(one)];
  uint32_t before = 0;
  for (uint32_t& count : at) before += std::exchange(count, before);
  for (const LongChange4 one : from) to[at[digit(one)]++] = one;
}

void sort_group(std::span<LongChange4> changes) {
  const auto before = [](LongChange4 a, LongChange4 b) { return a.place() < b.place(); };
  if (changes.size() > kFewChanges) return std::stable_sort(changes.begin(), changes.end(), before);
  for (size_t i = 1; i < changes.size(); ++i) {
    const LongChange4 one = changes[i];
    size_t to = i;
    for (; to > 0 && before(one, changes[to - 1]); --to) changes[to] = changes[to - 1];
    changes[to] = one;
  }
}

uint32_t entry_bits(GroupRoute route) {
  const Stretch4 stretch = entries_of(route.suffix(), route.length());
  return static_cast<uint32_t>((uint64_t{2} << stretch.last) - (uint64_t{1} << stretch.first));
}

}  // namespace

void sort_by_record(std::vector<LongChange4>& changes) {
  const auto before = [](LongChange4 a, LongChange4 b) { return a.record() < b.record(); };
  if (std::is_sorted(changes.begin(), changes.end(), before)) return;
  if (changes.size() < kManyChanges) {
    std::stable_sort(changes.begin(), changes.end(), before);
    return;
  }
  std::vector<LongChange4> other(changes.size());
  count_and_move(changes, other, kRecordShift);
  count_and_move(other, changes, kRecordShift + kDigitBits);
}

Merged4 merge_changes(std::span<const GroupRoute> routes, std::span<LongChange4> changes,
                      std::vector<GroupRoute>& out) {
  Merged4 merged;
  sort_group(changes);
  out.clear();
  auto route = routes.begin();
  for (size_t i = 0; i < changes.size(); ++i) {
    const LongChange4 change = changes[i];
    if (i + 1 < changes.size() && changes[i + 1].place() == change.place()) continue;
    while (route != routes.end() && route->key() < change.key()) out.push_back(*route++);
    const bool there = route != routes.end() && route->key() == change.key();
    const uint16_t was = there ? route->hop() : 0;
    if (there) ++route;
    if (change.hop() != 0) out.push_back(change.route());
    if (change.hop() == was) continue;
    merged.touched |= entry_bits(change.route());
    merged.added += was == 0;
    merged.removed += change.hop() == 0;
  }
  out.insert(out.end(), route, routes.end());
  return merged;
}

}  // namespace spanway::table
