// SPDX-License-Identifier: BSD-3-Clause
// Changes of many routes: transactions, and choosing anew.
#include <optional>
#include <utility>

#include "control/rib/batch.h"
#include "control/rib/rib.h"
#include "control/rib/state.h"

namespace spanway::rib {
namespace {

// How far ahead of its use a prefix's place, and what is there, is asked for.
constexpr size_t kPlaceAhead = 16, kFirstAhead = 8;
// One prefix in so many tells how many of a batch are new.
constexpr size_t kSampled = 64;

// One by one, for sinks that know no better.
template <class Change>
Refusals tell_each(Sink& sink, std::span<const Change> changes, const Targets& targets) {
  Refusals refusals;
  for (uint32_t i = 0; i < changes.size(); ++i) {
    const auto& [prefix, target] = changes[i];
    Status done = target == kNoTarget ? sink.route_del(prefix)
                                      : sink.route_set(prefix, target, targets.get(target));
    if (done) continue;
    if (refusals.places.empty()) refusals.why = std::move(done);
    refusals.places.push_back(i);
  }
  return refusals;
}

// A batch of each family.
class Both {
 public:
  explicit Both(Rib::State& state, std::vector<Undo>* journal = nullptr)
      : state_(state), four_(state, state.four, journal), six_(state, state.six, journal) {}

  void prepare(std::span<const Announcement> list) {
    size_t sampled = 0, fresh = 0, count4 = 0;
    for (size_t i = 0; i < list.size(); i += kSampled) {
      const Prefix& prefix = list[i].prefix;
      ++sampled;
      count4 += prefix.is4();
      fresh +=
          (prefix.is4() ? state_.four.find(prefix.v4()) : state_.six.find(prefix.v6())) == kNone;
    }
    if (sampled < kSampled) return;  // a small batch
    const size_t all4 = list.size() * count4 / sampled;
    four_.reserve(all4);
    six_.reserve(list.size() - all4);
    state_.four.reserve(all4 * fresh / sampled);
    state_.six.reserve((list.size() - all4) * fresh / sampled);
  }
  // Inline by order: to the compiler a function that only asks for memory does nothing, and a call
  // of it is dropped.
  [[gnu::always_inline]] void look_ahead(std::span<const Announcement> list, size_t i) const {
    if (i + kPlaceAhead < list.size()) {
      const Prefix& far = list[i + kPlaceAhead].prefix;
      if (far.is4())
        state_.four.prefetch_place(far.v4());
      else
        state_.six.prefetch_place(far.v6());
    }
    if (i + kFirstAhead < list.size()) {
      const Prefix& near = list[i + kFirstAhead].prefix;
      if (near.is4())
        state_.four.prefetch_first(near.v4());
      else
        state_.six.prefetch_first(near.v6());
    }
  }

  Status set(const Prefix& prefix, const Source& source, TargetId target, uint32_t now_s,
             uint32_t number) {
    return prefix.is4() ? four_.set(prefix.v4(), source, target, now_s, number)
                        : six_.set(prefix.v6(), source, target, now_s, number);
  }
  Status remove(const Prefix& prefix, const Source& source, uint32_t number) {
    return prefix.is4() ? four_.remove(prefix.v4(), source, number)
                        : six_.remove(prefix.v6(), source, number);
  }
  Status tell() {
    Status four = four_.tell(), six = six_.tell();
    if (four) return six;
    return six || four_.first_refused() < six_.first_refused() ? four : six;
  }
  void drop() {
    four_.drop();
    six_.drop();
  }
  [[nodiscard]] uint32_t first_refused() const {
    return std::min(four_.first_refused(), six_.first_refused());
  }

 private:
  Rib::State& state_;
  Batch<Store4, Prefix4> four_;
  Batch<Store6, Prefix6> six_;
};

}  // namespace

Refusals Sink::set_many(std::span<const BestChange4> changes, const Targets& targets) {
  return tell_each(*this, changes, targets);
}
Refusals Sink::set_many(std::span<const BestChange6> changes, const Targets& targets) {
  return tell_each(*this, changes, targets);
}

Status Rib::apply(std::span<const Change> changes, Nanos now, size_t* failed) {
  std::vector<Announcement> plain;
  plain.reserve(changes.size());
  for (const auto& [prefix, source, target] : changes)
    plain.push_back({prefix, source, target ? hold(*target) : kNoTarget});
  Status done = apply(plain, now, failed);
  for (const Announcement& one : plain)
    if (one.target != kNoTarget) release(one.target);
  return done;
}

Status Rib::apply(std::span<const Announcement> changes, Nanos now, size_t* failed) {
  std::vector<Undo> undo;
  undo.reserve(changes.size());
  Status done;
  size_t next = 0;
  {
    Both both(*state_, &undo);
    both.prepare(changes);
    for (; next < changes.size() && done; ++next) {
      both.look_ahead(changes, next);
      const auto& [prefix, source, target] = changes[next];
      const auto number = static_cast<uint32_t>(next);
      done = target != kNoTarget ? both.set(prefix, source, target, whole_seconds(now), number)
                                 : both.remove(prefix, source, number);
    }
    if (done) done = both.tell();
    if (!done) both.drop();
    if (!done && failed != nullptr)
      *failed = std::min<size_t>(both.first_refused(), next == 0 ? 0 : next - 1);
  }
  if (!done) {
    Both back(*state_);
    for (auto one = undo.rbegin(); one != undo.rend(); ++one) {
      const auto& [prefix, source, target] = changes[one->number];
      // What did not happen is not there to be removed, or stands already as it was.
      const Status step = one->target != kNoTarget
                              ? back.set(prefix, {source.origin, source.preference, one->metric},
                                         one->target, whole_seconds(now), 0)
                              : back.remove(prefix, source, 0);
      if (!step && step.error().code != ErrorCode::kNotFound) state_->retry = true;
    }
    if (!back.tell()) state_->retry = true;
  }
  for (const Undo& one : undo)
    if (one.target != kNoTarget) release(one.target);
  return done;
}

namespace {

// Chooses anew where a candidate's target is in `stale`, announces anew where the best one's is in
// `moved`.
template <class Store, class PrefixType>
Status choose_all(Rib::State& state, Store& store, const std::vector<bool>& stale,
                  const std::vector<bool>& moved) {
  Batch<Store, PrefixType> batch(state, store, nullptr);
  store.each_prefix([&](uint32_t head) {
    bool look = state.retry, again = state.retry;
    for (uint32_t index = head; index != kNone; index = store.at(index).next) {
      const auto& one = store.at(index);
      look = look || stale[one.target.value] || moved[one.target.value];
      again = again || (one.is(Store::Entry::kBest) && moved[one.target.value]);
    }
    if (look) batch.show(head, again);
  });
  return batch.tell();
}

}  // namespace

Status Rib::reconsider(const std::function<bool(TargetId)>& again) {
  State& state = *state_;
  std::vector<bool> stale(state.targets.end()), moved(state.targets.end());
  bool any = state.retry;
  for (uint32_t value = 0; value < stale.size(); ++value) {
    const TargetId id{value};
    if (!state.targets.in_use(id)) continue;
    const bool was_asked = value < state.usable.size() && state.usable[value] != State::kAsk;
    const bool was = was_asked && state.usable[value] == 1;
    if (was_asked) state.usable[value] = State::kAsk;
    stale[value] = was_asked && state.is_usable(id) != was;
    moved[value] = again && again(id);
    any = any || stale[value] || moved[value];
  }
  if (!any) return {};
  Status four = choose_all<Store4, Prefix4>(state, state.four, stale, moved);
  Status six = choose_all<Store6, Prefix6>(state, state.six, stale, moved);
  state.retry = !four || !six;
  return four ? six : four;
}

}  // namespace spanway::rib
