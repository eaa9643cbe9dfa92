// SPDX-License-Identifier: BSD-3-Clause
// The batch road of the IPv6 table: what many changes touch is painted once.
//
// The changes are sorted as the routes are, so those inside one region follow each other: a region
// is a changed route up to /27 with all that lies in it, or the record of longer ones. Regions do
// not overlap; each is painted from the routes as they will be and shown at once. One that finds no
// room goes the single road, change by change.
#include <algorithm>
#include <utility>

#include "dataplane/table/fib6_state.h"

namespace spanway::table {
namespace {

// A record is not painted anew, its trees included, for one change in so many routes.
constexpr size_t kRoutesAChange = 4;

struct Edit6 {
  Key6 key;
  uint16_t hop;
  uint16_t old;
  uint32_t place;  // in the batch
};

Key6 region_of(const Key6& key) {
  return key.length <= kRecordLength6 ? key : Key6(key.high, 0, kRecordLength6);
}

class Batch6 {
 public:
  explicit Batch6(Fib6::State& state) : state_(state) {}

  std::vector<uint32_t> run(std::span<const Change6> changes) {
    sort_out(changes);
    for (size_t first = 0, end = 0; first < edits_.size(); first = end) {
      const Key6 region = region_of(edits_[first].key);
      end = first + 1;
      while (end < edits_.size() && region.contains(edits_[end].key)) ++end;
      const std::span some = std::span(edits_).subspan(first, end - first);
      if (is_sparse(region, some) || !paint(region, some)) one_by_one(some);
    }
    std::ranges::sort(refused_);
    return std::move(refused_);
  }

 private:
  void sort_out(std::span<const Change6> changes) {
    edits_.reserve(changes.size());
    for (uint32_t i = 0; i < changes.size(); ++i) {
      const uint16_t hop = changes[i].next_hop.value;
      if (hop >= kFirstChild)
        refused_.push_back(i);
      else
        edits_.push_back({Key6(changes[i].prefix), hop, 0, i});
    }
    std::ranges::stable_sort(edits_, {}, &Edit6::key);
    // The default route stands first, and is no region: all would lie in it.
    size_t kept = 0;
    for (size_t i = 0; i < edits_.size(); ++i) {
      const bool last = i + 1 == edits_.size() || edits_[i + 1].key != edits_[i].key;
      if (last) edits_[kept++] = edits_[i];
    }
    edits_.resize(kept);
    if (!edits_.empty() && edits_.front().key.length == 0) {
      one_by_one(std::span(edits_).first(1));
      edits_.erase(edits_.begin());
    }
  }

  [[nodiscard]] bool is_sparse(const Key6& region, std::span<const Edit6> some) const {
    if (some.size() == 1) return true;
    if (region.length < kRecordLength6) return false;
    auto [at, end] = state_.routes.inside(region);
    for (size_t left = some.size() * kRoutesAChange; left != 0; --left, ++at)
      if (at == end) return false;
    return true;
  }

  // False: there is no room, and the region is as it was.
  bool paint(const Key6& region, std::span<Edit6> some) {
    bool differs = false, removes = true;
    for (Edit6& one : some) {
      one.old = state_.routes.find(one.key);
      if (one.old == one.hop) continue;
      differs = true;
      removes = removes && one.hop == 0;
      if (one.hop != 0) state_.pool.use_hop(one.hop);
      state_.routes.set(one.key, one.hop);
    }
    if (!differs) return true;
    state_.edit.use_reserve(removes);
    state_.note(region);
    if (!state_.edit.failed()) {
      state_.show();
      return true;
    }
    state_.edit.abort();
    for (const Edit6& one : some) state_.routes.set(one.key, one.old);
    return false;
  }

  void one_by_one(std::span<const Edit6> some) {
    for (const Edit6& one : some)
      if (!state_.change(one.key, one.hop)) refused_.push_back(one.place);
  }

  Fib6::State& state_;
  std::vector<Edit6> edits_;
  std::vector<uint32_t> refused_;
};

}  // namespace

std::vector<uint32_t> Fib6::apply(std::span<const Change6> changes) {
  return Batch6(*state_).run(changes);
}

}  // namespace spanway::table
