// SPDX-License-Identifier: BSD-3-Clause
// What a Rib holds, and the road of a single change. Control thread; only control/rib includes
// this.
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "control/rib/rib.h"
#include "control/rib/store.h"

namespace spanway::rib {

inline Prefix4 prefix_of(const Candidate<Ip4Addr>& one) { return {one.addr, one.length}; }
inline Prefix6 prefix_of(const Candidate<Ip6Addr>& one) { return {one.addr, one.length}; }
inline const Prefix4& narrow(const Store4&, const Prefix& prefix) { return prefix.v4(); }
inline const Prefix6& narrow(const Store6&, const Prefix& prefix) { return prefix.v6(); }
inline Prefix4 host_of(const Store4&, const IpAddr& address, unsigned length) {
  return {address.v4(), length};
}
inline Prefix6 host_of(const Store6&, const IpAddr& address, unsigned length) {
  return {address.v6(), length};
}

// As candidates keep time.
inline uint32_t whole_seconds(Nanos time) {
  return static_cast<uint32_t>(time.ns() / 1'000'000'000);
}

template <class Entry>
auto rank(const Entry& one) {
  return std::tuple(one.preference, one.metric, one.origin);
}

// The candidate of this origin and preference; kNone.
template <class Store>
uint32_t find_candidate(const Store& store, uint32_t head, const Source& source) {
  uint32_t index = head;
  while (index != kNone && (store.at(index).origin != source.origin ||
                            store.at(index).preference != source.preference))
    index = store.at(index).next;
  return index;
}

template <class Store>
uint32_t find_best(const Store& store, uint32_t head) {
  uint32_t index = head;
  while (index != kNone && !store.at(index).is(Store::Entry::kBest)) index = store.at(index).next;
  return index;
}

template <class Store>
std::optional<Origin> origin_of(const Store& store, uint32_t index) {
  if (index == kNone) return std::nullopt;
  return store.at(index).origin;
}

Error not_found(const Prefix& prefix, const Source& source);

struct Rib::State {
  Store4 four;
  Store6 six;
  Targets targets;
  Sink* sink = nullptr;
  Observer* observer = nullptr;
  std::vector<uint8_t> usable;  // by TargetId: what the sink said; kAsk: not asked yet
  bool retry = false;           // a reconsider() left prefixes behind

  static constexpr uint8_t kAsk = 2;

  bool is_usable(TargetId id) {
    if (id.value >= usable.size()) usable.resize(id.value + size_t{1}, kAsk);
    uint8_t& known = usable[id.value];
    if (known == kAsk) known = sink->usable(id, targets.get(id)) ? 1 : 0;
    return known == 1;
  }
  void release(TargetId id) {
    if (!targets.release(id)) return;
    if (id.value < usable.size()) usable[id.value] = kAsk;
    if (sink != nullptr) sink->target_gone(id);
  }

  // Adds one before those of its prefix, whose first is `at`, and holds its target.
  template <class Store, class PrefixType>
  uint32_t add_candidate(Store& store, const PrefixType& prefix, uint32_t& at, const Source& source,
                         TargetId target, uint32_t now_s) {
    const uint32_t index = store.add(prefix, at);
    auto& fresh = store.at(index);
    fresh.origin = source.origin;
    fresh.preference = source.preference;
    fresh.metric = source.metric;
    fresh.target = target;
    fresh.since_s = now_s;
    targets.hold(target);
    return index;
  }

  struct Choice {
    uint32_t best = kNone, shown = kNone;
  };
  // The best of a prefix's candidates, `leaving` aside, and the one that the sink has.
  template <class Store>
  Choice pick(const Store& store, uint32_t head, uint32_t leaving) {
    using Entry = typename Store::Entry;
    Choice choice;
    for (uint32_t index = head; index != kNone; index = store.at(index).next) {
      const Entry& one = store.at(index);
      if (one.is(Entry::kBest)) choice.shown = index;
      if (index == leaving || !is_usable(one.target)) continue;
      if (choice.best == kNone || rank(one) < rank(store.at(choice.best))) choice.best = index;
    }
    return choice;
  }

  // Makes the best of a prefix's candidates the one that the sink has. `leaving` does not count;
  // `again`: announce even when the choice is the same.
  template <class Store>
  Status choose(Store& store, uint32_t head, uint32_t leaving, bool again) {
    using Entry = typename Store::Entry;
    const auto [best, shown] = pick(store, head, leaving);
    if (best == shown && !(again && best != kNone)) return {};
    const Prefix prefix = prefix_of(store.at(head));
    const auto from = origin_of(store, shown), to = origin_of(store, best);
    if (observer != nullptr && from && from != to) {
      observer->leaving(prefix, *from, to);
      observer->all_leaving();
    }
    const Status done = best == kNone ? sink->route_del(prefix)
                                      : sink->route_set(prefix, store.at(best).target,
                                                        targets.get(store.at(best).target));
    if (done) {
      if (shown != kNone) store.at(shown).unmark(Entry::kBest);
      if (best != kNone) store.at(best).mark(Entry::kBest);
    }
    if (observer != nullptr && from != to) observer->settled(prefix, done ? to : from);
    return done;
  }

  template <class Store>
  Status set(Store& store, const Prefix& prefix, const Source& source, TargetId target,
             uint32_t now_s) {
    using Entry = typename Store::Entry;
    const auto& narrowed = narrow(store, prefix);
    uint32_t& at = store.head(narrowed);
    uint32_t head = at;
    uint32_t index = find_candidate(store, head, source);
    if (index == kNone) {
      index = head = add_candidate(store, narrowed, at, source, target, now_s);
      Status done = choose(store, head, kNone, false);
      if (done) return {};
      store.erase(index);
      release(target);
      return done;
    }
    Entry& entry = store.at(index);
    if (entry.target == target && entry.metric == source.metric) return {};
    const Entry before = entry;
    entry.target = target;
    entry.metric = source.metric;
    entry.since_s = now_s;
    targets.hold(target);
    Status done = choose(store, head, kNone, before.is(Entry::kBest) && before.target != target);
    if (!done) {
      entry = before;
      release(target);
      return done;
    }
    release(before.target);
    return {};
  }

  template <class Store>
  Status remove(Store& store, const Prefix& prefix, const Source& source) {
    const uint32_t head = store.find(narrow(store, prefix));
    const uint32_t index = find_candidate(store, head, source);
    if (index == kNone) return not_found(prefix, source);
    if (Status done = choose(store, head, index, false); !done) return done;
    const TargetId target = store.at(index).target;
    store.erase(index);
    release(target);
    return {};
  }
};

}  // namespace spanway::rib
