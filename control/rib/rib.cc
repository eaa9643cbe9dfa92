// SPDX-License-Identifier: BSD-3-Clause
#include "control/rib/rib.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "control/rib/store.h"

namespace spanway::rib {
namespace {

Prefix4 prefix_of(const Candidate<Ip4Addr>& one) { return {one.addr, one.length}; }
Prefix6 prefix_of(const Candidate<Ip6Addr>& one) { return {one.addr, one.length}; }
const Prefix4& narrow(const Store4&, const Prefix& prefix) { return prefix.v4(); }
const Prefix6& narrow(const Store6&, const Prefix& prefix) { return prefix.v6(); }
Prefix4 host_of(const Store4&, const IpAddr& address, unsigned length) {
  return {address.v4(), length};
}
Prefix6 host_of(const Store6&, const IpAddr& address, unsigned length) {
  return {address.v6(), length};
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

Error not_found(const Prefix& prefix, const Source& source) {
  return {ErrorCode::kNotFound, "no " + std::string(name_of(source.origin)) + " route " +
                                    prefix.to_string() + " with preference " +
                                    std::to_string(source.preference)};
}

}  // namespace

struct Rib::State {
  Store4 four;
  Store6 six;
  Targets targets;
  Sink* sink = nullptr;
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

  // Makes the best of a prefix's candidates the one that the sink has. `leaving` does not count;
  // `again`: announce even when the choice is the same.
  template <class Store>
  Status choose(Store& store, uint32_t head, uint32_t leaving, bool again) {
    using Entry = typename Store::Entry;
    uint32_t best = kNone, shown = kNone;
    for (uint32_t index = head; index != kNone; index = store.at(index).next) {
      const Entry& one = store.at(index);
      if (one.is(Entry::kBest)) shown = index;
      if (index == leaving || !is_usable(one.target)) continue;
      if (best == kNone || rank(one) < rank(store.at(best))) best = index;
    }
    if (best == shown && !(again && best != kNone)) return {};
    const Prefix prefix = prefix_of(store.at(head));
    const Status done = best == kNone ? sink->route_del(prefix)
                                      : sink->route_set(prefix, store.at(best).target,
                                                        targets.get(store.at(best).target));
    if (!done) return done;
    if (shown != kNone) store.at(shown).flags &= static_cast<uint8_t>(~Entry::kBest);
    if (best != kNone) store.at(best).flags |= Entry::kBest;
    return {};
  }

  template <class Store>
  Status set(Store& store, const Prefix& prefix, const Source& source, TargetId target,
             uint32_t now_s) {
    using Entry = typename Store::Entry;
    const auto& narrowed = narrow(store, prefix);
    uint32_t head = store.find(narrowed);
    uint32_t index = find_candidate(store, head, source);
    if (index == kNone) {
      index = head = store.add(narrowed);
      Entry& fresh = store.at(index);
      fresh.origin = source.origin;
      fresh.preference = source.preference;
      fresh.metric = source.metric;
      fresh.target = target;
      fresh.since_s = now_s;
      targets.hold(target);
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

  // Chooses anew where a candidate's target is in `stale`, announces anew where the best one's is
  // in `moved`.
  template <class Store>
  Status choose_all(Store& store, const std::vector<bool>& stale, const std::vector<bool>& moved) {
    Status first;
    store.each_prefix([&](uint32_t head) {
      bool look = retry, again = retry;
      for (uint32_t index = head; index != kNone; index = store.at(index).next) {
        const auto& one = store.at(index);
        look = look || stale[one.target.value] || moved[one.target.value];
        again = again || (one.is(Store::Entry::kBest) && moved[one.target.value]);
      }
      if (!look) return;
      Status done = choose(store, head, kNone, again);
      if (!done && first) first = std::move(done);
    });
    return first;
  }
};

namespace {

uint32_t whole_seconds(Nanos time) { return static_cast<uint32_t>(time.ns() / 1'000'000'000); }

// Calls `act` with the store of the prefix's family.
template <class State, class Act>
auto in_family(State& state, Family family, Act act) {
  return family == Family::kIp4 ? act(state.four) : act(state.six);
}

template <class State, class Store>
Row row_of(State& state, const Store& store, uint32_t index) {
  const auto& one = store.at(index);
  return {prefix_of(one),
          {one.origin, one.preference, one.metric},
          &state.targets.get(one.target),
          one.is(Store::Entry::kBest),
          state.is_usable(one.target),
          seconds(one.since_s)};
}

bool matches(const Filter& filter, Origin origin) {
  return !filter.origin || *filter.origin == origin;
}

template <class Store>
std::vector<uint32_t> matching(const Store& store, const Filter& filter) {
  std::vector<uint32_t> found;
  store.each([&](uint32_t index) {
    if (matches(filter, store.at(index).origin)) found.push_back(index);
  });
  return found;
}

// Appends places offset..offset+limit of the sorted candidates, and moves both past them.
template <class State, class Store>
void append_page(State& state, const Store& store, std::vector<uint32_t> found, size_t& offset,
                 size_t& limit, std::vector<Row>& rows) {
  const size_t skipped = std::min(offset, found.size());
  const size_t taken = std::min(limit, found.size() - skipped);
  const auto key = [&](uint32_t index) {
    const auto& one = store.at(index);
    return std::tuple(one.addr, one.length, one.preference, one.metric, one.origin);
  };
  const auto end = found.begin() + static_cast<std::ptrdiff_t>(skipped + taken);
  std::partial_sort(found.begin(), end, found.end(),
                    [&](uint32_t a, uint32_t b) { return key(a) < key(b); });
  for (size_t i = skipped; i < skipped + taken; ++i) rows.push_back(row_of(state, store, found[i]));
  offset -= skipped;
  limit -= taken;
}

// What to do to take a change back.
struct Undo {
  Prefix prefix;
  Source source;
  TargetId target;
  bool was_there;
};

}  // namespace

Rib::Rib() : state_(std::make_unique<State>()) {}
Rib::~Rib() = default;

void Rib::attach(Sink& sink) { state_->sink = &sink; }

Status Rib::set(const Prefix& prefix, const Source& source, const Target& target, Nanos now) {
  const TargetId id = hold(target);
  Status done = set(prefix, source, id, now);
  release(id);
  return done;
}

Status Rib::set(const Prefix& prefix, const Source& source, TargetId target, Nanos now) {
  return in_family(*state_, prefix.family(), [&](auto& store) {
    return state_->set(store, prefix, source, target, whole_seconds(now));
  });
}

Status Rib::remove(const Prefix& prefix, const Source& source) {
  return in_family(*state_, prefix.family(),
                   [&](auto& store) { return state_->remove(store, prefix, source); });
}

TargetId Rib::hold(const Target& target) { return state_->targets.hold(target); }
void Rib::release(TargetId target) { state_->release(target); }

Status Rib::apply(std::span<const Change> changes, Nanos now) {
  std::vector<Undo> undo;
  undo.reserve(changes.size());
  const auto before = [&](const Change& change) {
    return in_family(*state_, change.prefix.family(), [&](auto& store) {
      const uint32_t head = store.find(narrow(store, change.prefix));
      const uint32_t index = find_candidate(store, head, change.source);
      if (index == kNone) return Undo{change.prefix, change.source, {}, false};
      const auto& one = store.at(index);
      state_->targets.hold(one.target);
      return Undo{change.prefix, {one.origin, one.preference, one.metric}, one.target, true};
    });
  };
  Status done;
  for (const Change& change : changes) {
    undo.push_back(before(change));
    done = change.target ? set(change.prefix, change.source, *change.target, now)
                         : remove(change.prefix, change.source);
    if (!done) break;
  }
  if (!done) {
    // Undoing the last one, which did not happen, changes nothing.
    for (auto one = undo.rbegin(); one != undo.rend(); ++one) {
      const Status back = one->was_there ? set(one->prefix, one->source, one->target, now)
                                         : remove(one->prefix, one->source);
      if (!back && back.error().code != ErrorCode::kNotFound) state_->retry = true;
    }
  }
  for (const Undo& one : undo)
    if (one.was_there) release(one.target);
  return done;
}

Status Rib::remove_all(Origin origin) {
  std::vector<std::pair<Prefix, Source>> leaving;
  each([&](const Row& row) {
    if (row.source.origin == origin) leaving.emplace_back(row.prefix, row.source);
  });
  for (const auto& [prefix, source] : leaving)
    if (Status done = remove(prefix, source); !done) return done;
  return {};
}

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
  Status four = state.choose_all(state.four, stale, moved);
  Status six = state.choose_all(state.six, stale, moved);
  state.retry = !four || !six;
  return four ? six : four;
}

const Target* Rib::best(const Prefix& prefix) const {
  return in_family(*state_, prefix.family(), [&](auto& store) -> const Target* {
    const uint32_t index = find_best(store, store.find(narrow(store, prefix)));
    return index == kNone ? nullptr : &state_->targets.get(store.at(index).target);
  });
}

std::optional<Row> Rib::lookup(const IpAddr& address) const {
  return in_family(*state_, address.family(), [&](auto& store) -> std::optional<Row> {
    for (unsigned length = address.is4() ? 33 : 129; length-- > 0;) {
      if (!store.has_length(length)) continue;
      const uint32_t index = find_best(store, store.find(host_of(store, address, length)));
      if (index != kNone) return row_of(*state_, store, index);
    }
    return std::nullopt;
  });
}

void Rib::each_covering(const IpAddr& address,
                        const std::function<bool(const Prefix&, const Target&)>& visit) const {
  in_family(*state_, address.family(), [&](auto& store) {
    for (unsigned length = address.is4() ? 33 : 129; length-- > 0;) {
      if (!store.has_length(length)) continue;
      const auto prefix = host_of(store, address, length);
      const uint32_t index = find_best(store, store.find(prefix));
      if (index != kNone && !visit(prefix, state_->targets.get(store.at(index).target))) return;
    }
  });
}

std::vector<Row> Rib::candidates(const Prefix& prefix) const {
  return in_family(*state_, prefix.family(), [&](auto& store) {
    std::vector<Row> rows;
    for (uint32_t index = store.find(narrow(store, prefix)); index != kNone;
         index = store.at(index).next)
      rows.push_back(row_of(*state_, store, index));
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
      if (a.best != b.best) return a.best;
      return std::tuple(a.source.preference, a.source.metric, a.source.origin) <
             std::tuple(b.source.preference, b.source.metric, b.source.origin);
    });
    return rows;
  });
}

std::vector<Row> Rib::list(const Filter& filter, size_t offset, size_t limit, size_t* total) const {
  std::vector<uint32_t> four, six;
  if (!filter.family || *filter.family == Family::kIp4) four = matching(state_->four, filter);
  if (!filter.family || *filter.family == Family::kIp6) six = matching(state_->six, filter);
  if (total != nullptr) *total = four.size() + six.size();
  std::vector<Row> rows;
  append_page(*state_, state_->four, std::move(four), offset, limit, rows);
  append_page(*state_, state_->six, std::move(six), offset, limit, rows);
  return rows;
}

void Rib::each(const std::function<void(const Row&)>& visit) const {
  state_->four.each([&](uint32_t index) { visit(row_of(*state_, state_->four, index)); });
  state_->six.each([&](uint32_t index) { visit(row_of(*state_, state_->six, index)); });
}

Counts Rib::counts() const {
  return {state_->four.prefixes(), state_->six.prefixes(),
          state_->four.candidates() + state_->six.candidates(), state_->targets.size()};
}

const Targets& Rib::targets() const noexcept { return state_->targets; }

size_t Rib::bytes() const noexcept { return state_->four.bytes() + state_->six.bytes(); }

}  // namespace spanway::rib
