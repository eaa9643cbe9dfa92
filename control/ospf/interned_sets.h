// SPDX-License-Identifier: BSD-3-Clause
// Small sorted sets, each kept once: who holds one holds a number, and two equal sets have the same
// one. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace spanway::ospf {

template <class T>
class InternedSets {
 public:
  static constexpr uint32_t kEmpty = 0;

  // Sets are cut to the `most` lowest members.
  explicit InternedSets(size_t most) : most_(most) { of({}); }
  // The nodes of a map move with it; those of a copy would be others.
  InternedSets(InternedSets&&) = default;
  InternedSets& operator=(InternedSets&&) = default;

  [[nodiscard]] size_t size() const noexcept { return sets_.size(); }
  [[nodiscard]] std::span<const T> members(uint32_t set) const noexcept { return *sets_[set]; }

  // In any order; double ones count once.
  uint32_t of(std::vector<T> members) {
    std::ranges::sort(members);
    members.erase(std::unique(members.begin(), members.end()), members.end());
    if (members.size() > most_) members.resize(most_);
    const auto [at, fresh] =
        numbers_.try_emplace(std::move(members), static_cast<uint32_t>(sets_.size()));
    if (fresh) sets_.push_back(&at->first);
    return at->second;
  }
  uint32_t join(uint32_t a, uint32_t b) {
    if (a == b || b == kEmpty) return a;
    if (a == kEmpty) return b;
    if (a > b) std::swap(a, b);
    const auto [at, fresh] = joined_.try_emplace(uint64_t{a} << 32 | b);
    if (fresh) {
      std::vector<T> both(*sets_[a]);
      both.insert(both.end(), sets_[b]->begin(), sets_[b]->end());
      at->second = of(std::move(both));
    }
    return at->second;
  }

 private:
  size_t most_;
  std::map<std::vector<T>, uint32_t> numbers_;
  std::vector<const std::vector<T>*> sets_;        // in numbers_
  std::unordered_map<uint64_t, uint32_t> joined_;  // by both, the lower one first
};

}  // namespace spanway::ospf
