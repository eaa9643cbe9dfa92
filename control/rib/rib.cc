// SPDX-License-Identifier: BSD-3-Clause
#include "control/rib/rib.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "control/rib/batch.h"
#include "control/rib/state.h"
#include "control/rib/store.h"

namespace spanway::rib {

Error not_found(const Prefix& prefix, const Source& source) {
  return {ErrorCode::kNotFound, "no " + std::string(name_of(source.origin)) + " route " +
                                    prefix.to_string() + " with preference " +
                                    std::to_string(source.preference)};
}

namespace {

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

}  // namespace

Rib::Rib() : state_(std::make_unique<State>()) {}
Rib::~Rib() = default;

void Rib::attach(Sink& sink) { state_->sink = &sink; }
void Rib::watch(Observer* observer) { state_->observer = observer; }

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
