// SPDX-License-Identifier: BSD-3-Clause
// The road of many changes: all are judged first, the sink hears of them together, and then each is
// settled or, when the sink refused it, taken back. Control thread; only control/rib includes this.
//
// Until tell() the candidates are new but the flag kBest still says what the sink has. A prefix is
// changed once between two tell(): when it changes again while it waits, all are told first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "control/rib/state.h"

namespace spanway::rib {

// What a change replaced.
struct Undo {
  uint32_t number;  // of the change
  TargetId target;  // kNoTarget: nothing was there
  uint32_t metric;
};

template <class Store, class PrefixType>
class Batch {
  using Entry = typename Store::Entry;

 public:
  // journal, when given, gets what every change replaces, in order; it holds the targets.
  Batch(Rib::State& state, Store& store, std::vector<Undo>* journal)
      : state_(state), store_(store), journal_(journal) {}

  // So many set() of prefixes of which this part is new are to come.
  void reserve(size_t count) {
    pending_.reserve(count);
    changes_.reserve(count);
  }
  // `number`: the caller's, for the journal and first_refused(). An error is the sink's: a change
  // of this prefix waited and had to be told first, with all others.
  Status set(const PrefixType& prefix, const Source& source, TargetId target, uint32_t now_s,
             uint32_t number);
  // Or kNotFound.
  Status remove(const PrefixType& prefix, const Source& source, uint32_t number);
  // The best of these candidates, or that there is none, is told, even when it was before.
  void show(uint32_t head, bool again);

  // Returns the first error of the sink.
  Status tell();
  // Takes back what was not told.
  void drop();
  // The lowest number of a change that the sink has refused.
  [[nodiscard]] uint32_t first_refused() const noexcept { return first_refused_; }

 private:
  [[nodiscard]] bool waits(uint32_t index) const {
    while (index != kNone && !store_.at(index).is(Entry::kWaits)) index = store_.at(index).next;
    return index != kNone;
  }
  enum Kind : uint32_t { kFresh = kNone - 2, kLeaving, kSame };
  struct Pending {
    uint32_t index, best, shown;
    uint32_t before;  // a place in before_, or a Kind
    uint32_t number;
  };
  void note(const PrefixType& prefix, const Pending& pending) {
    if (pending.index != kNone) store_.at(pending.index).mark(Entry::kWaits);
    pending_.push_back(pending);
    changes_.push_back(
        {prefix, pending.best == kNone ? kNoTarget : store_.at(pending.best).target});
  }
  void note_before(uint32_t number, uint32_t index) {
    if (journal_ == nullptr) return;
    if (index == kNone) {
      journal_->push_back({number, kNoTarget, 0});
      return;
    }
    const Entry& one = store_.at(index);
    state_.targets.hold(one.target);
    journal_->push_back({number, one.target, one.metric});
  }
  void settle(const Pending& one);
  void take_back(const Pending& one);
  // For the observer: where the best route changes its origin.
  struct Move {
    PrefixType prefix;
    uint32_t place;  // in pending_
    std::optional<Origin> from, to;
  };
  std::vector<Move> say_leaving() const;
  static void note_refusals(std::vector<Move>& moves, const Refusals& refusals);

  Rib::State& state_;
  Store& store_;
  std::vector<Undo>* journal_;
  std::vector<Pending> pending_;
  std::vector<BestChange<PrefixType>> changes_;
  std::vector<Entry> before_;
  uint32_t first_refused_ = kNone;
};

template <class Store, class PrefixType>
Status Batch<Store, PrefixType>::set(const PrefixType& prefix, const Source& source,
                                     TargetId target, uint32_t now_s, uint32_t number) {
  uint32_t* at = &store_.head(prefix);
  Status told;
  if (waits(*at)) {
    told = tell();
    at = &store_.head(prefix);
  }
  uint32_t head = *at;
  uint32_t index = find_candidate(store_, head, source);
  note_before(number, index);
  if (index == kNone) {
    index = head = state_.add_candidate(store_, prefix, *at, source, target, now_s);
    const auto [best, shown] = state_.pick(store_, head, kNone);
    if (best != shown) note(prefix, {index, best, shown, kFresh, number});
    return told;
  }
  Entry& entry = store_.at(index);
  if (entry.target == target && entry.metric == source.metric) return told;
  const Entry before = entry;
  entry.target = target;
  entry.metric = source.metric;
  entry.since_s = now_s;
  state_.targets.hold(target);
  const auto [best, shown] = state_.pick(store_, head, kNone);
  const bool again = before.is(Entry::kBest) && before.target != target && best != kNone;
  if (best == shown && !again) {
    state_.release(before.target);
    return told;
  }
  before_.push_back(before);
  note(prefix, {index, best, shown, static_cast<uint32_t>(before_.size() - 1), number});
  return told;
}

template <class Store, class PrefixType>
Status Batch<Store, PrefixType>::remove(const PrefixType& prefix, const Source& source,
                                        uint32_t number) {
  uint32_t head = store_.find(prefix);
  Status told;
  if (waits(head)) {
    told = tell();
    head = store_.find(prefix);
  }
  const uint32_t index = find_candidate(store_, head, source);
  if (index == kNone) return told ? not_found(prefix, source) : std::move(told);
  note_before(number, index);
  const auto [best, shown] = state_.pick(store_, head, index);
  const Pending pending{index, best, shown, kLeaving, number};
  if (best != shown)
    note(prefix, pending);
  else
    settle(pending);
  return told;
}

template <class Store, class PrefixType>
void Batch<Store, PrefixType>::show(uint32_t head, bool again) {
  const auto [best, shown] = state_.pick(store_, head, kNone);
  if (best == shown && !(again && best != kNone)) return;
  note(prefix_of(store_.at(head)), {kNone, best, shown, kSame, 0});
}

template <class Store, class PrefixType>
Status Batch<Store, PrefixType>::tell() {
  if (pending_.empty()) return {};
  std::vector<Move> moves;
  if (state_.observer != nullptr) moves = say_leaving();
  Refusals refusals = state_.sink->set_many(changes_, state_.targets);
  changes_.clear();
  if (!moves.empty()) note_refusals(moves, refusals);
  auto refused = refusals.places.begin();
  for (uint32_t i = 0; i < pending_.size(); ++i) {
    const bool done = refused == refusals.places.end() || *refused != i;
    if (done) {
      settle(pending_[i]);
      continue;
    }
    take_back(pending_[i]);
    first_refused_ = std::min(first_refused_, pending_[i].number);
    ++refused;
  }
  pending_.clear();
  before_.clear();
  for (const Move& one : moves) state_.observer->settled(one.prefix, one.to);
  return std::move(refusals.why);
}

template <class Store, class PrefixType>
auto Batch<Store, PrefixType>::say_leaving() const -> std::vector<Move> {
  std::vector<Move> moves;
  bool leaves = false;
  for (uint32_t i = 0; i < pending_.size(); ++i) {
    const auto from = origin_of(store_, pending_[i].shown),
               to = origin_of(store_, pending_[i].best);
    if (from == to) continue;
    moves.push_back({changes_[i].prefix, i, from, to});
    if (!from) continue;
    leaves = true;
    state_.observer->leaving(changes_[i].prefix, *from, to);
  }
  if (leaves) state_.observer->all_leaving();
  return moves;
}

template <class Store, class PrefixType>
void Batch<Store, PrefixType>::note_refusals(std::vector<Move>& moves, const Refusals& refusals) {
  auto refused = refusals.places.begin();
  for (Move& one : moves) {
    while (refused != refusals.places.end() && *refused < one.place) ++refused;
    if (refused != refusals.places.end() && *refused == one.place) one.to = one.from;
  }
}

template <class Store, class PrefixType>
void Batch<Store, PrefixType>::drop() {
  for (auto one = pending_.rbegin(); one != pending_.rend(); ++one) take_back(*one);
  pending_.clear();
  changes_.clear();
  before_.clear();
}

template <class Store, class PrefixType>
void Batch<Store, PrefixType>::settle(const Pending& one) {
  if (one.shown != kNone) store_.at(one.shown).unmark(Entry::kBest);
  if (one.best != kNone) store_.at(one.best).mark(Entry::kBest);
  if (one.index == kNone) return;
  store_.at(one.index).unmark(Entry::kWaits);
  if (one.before == kLeaving) {
    const TargetId target = store_.at(one.index).target;
    store_.erase(one.index);
    state_.release(target);
  } else if (one.before != kFresh) {
    state_.release(before_[one.before].target);
  }
}

template <class Store, class PrefixType>
void Batch<Store, PrefixType>::take_back(const Pending& one) {
  if (one.index == kNone) return;
  Entry& entry = store_.at(one.index);
  entry.unmark(Entry::kWaits);
  if (one.before == kLeaving) return;
  const TargetId target = entry.target;
  if (one.before == kFresh) {
    store_.erase(one.index);
  } else {
    const Entry& before = before_[one.before];
    entry.target = before.target;
    entry.metric = before.metric;
    entry.since_s = before.since_s;
  }
  state_.release(target);
}

}  // namespace spanway::rib
