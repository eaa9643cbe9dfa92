// SPDX-License-Identifier: BSD-3-Clause
// The batch road: a next hop is found once a target, and the table gets all changes together.
#include <algorithm>

#include "control/publish/publisher.h"
#include "control/publish/publisher_state.h"

namespace spanway::publish {
namespace {

// Below this the single road is as quick.
constexpr size_t kFewChanges = 8;
// A slot that no table takes: a change that has no next hop goes there and comes back refused.
constexpr NextHopId kNoHop{UINT16_MAX};

std::vector<uint32_t> apply(table::Fib4& fib, std::span<const table::Change4> edits,
                            table::Crew* crew) {
  return fib.apply(edits, crew);
}
// A quarter of the routes, and none so wide: control alone is quick enough.
std::vector<uint32_t> apply(table::Fib6& fib, std::span<const table::Change6> edits,
                            table::Crew* /*crew*/) {
  return fib.apply(edits);
}

// What the targets of a batch lead to, asked for once each.
class KnownHops {
 public:
  KnownHops(TargetHops& targets, const rib::Targets& known)
      : targets_(targets), known_(known), hops_(known.end()) {}
  NextHopId of(rib::TargetId id) {
    NextHopId& hop = hops_[id.value];
    if (hop != NextHopId{}) return hop;
    const Result<NextHopId> made = targets_.get(id, known_.get(id));
    hop = made ? *made : kNoHop;
    return hop;
  }

 private:
  TargetHops& targets_;
  const rib::Targets& known_;
  std::vector<NextHopId> hops_;
};

}  // namespace

// What a prefix leads to when the rib has no route for it any more: a neighbour with this address,
// or 0.
NextHopId Publisher::State::uncovered(const Prefix& prefix) {
  if (hosts.empty() || !is_host(prefix)) return {};
  const auto host = hosts.find(prefix.addr());
  if (host == hosts.end()) return {};
  const Adjacencies::Key key{host->second, host->first};
  const Result<NextHopId> hop = adjacencies.hold(key);
  adjacencies.release(key);  // the host's own hold stays
  return hop ? *hop : kNoHop;
}

template <class Fib, class Change, class Best>
rib::Refusals Publisher::State::set_many(rib::Sink& one_by_one, Fib& fib,
                                         std::span<const Best> changes, const rib::Targets& known) {
  KnownHops hops(targets, known);
  std::vector<Change> edits;
  edits.reserve(changes.size());
  for (const Best& one : changes)
    edits.push_back({one.prefix, one.target == rib::kNoTarget ? uncovered(Prefix(one.prefix))
                                                              : hops.of(one.target)});
  meter.changed();
  const std::vector<uint32_t> left = apply(fib, edits, crew);
  version += changes.size() - left.size();
  count(changes.size() - left.size());
  for (size_t i = 0; i < changes.size() && gateways.watched() != 0 && !led_elsewhere; ++i)
    note_route(changes[i].prefix);
  rib::Refusals refusals;
  // There may be room once the workers have let go of what the tables held before; if not, the
  // single road says what is wrong.
  if (!left.empty()) tidy();
  for (const uint32_t place : left) {
    const auto& [prefix, target] = changes[place];
    Status done = target == rib::kNoTarget
                      ? one_by_one.route_del(prefix)
                      : one_by_one.route_set(prefix, target, known.get(target));
    if (done) continue;
    if (refusals.places.empty()) refusals.why = std::move(done);
    refusals.places.push_back(place);
  }
  return refusals;
}

rib::Refusals Publisher::set_many(std::span<const rib::BestChange4> changes,
                                  const rib::Targets& known) {
  if (changes.size() < kFewChanges) return Sink::set_many(changes, known);
  return state_->set_many<table::Fib4, table::Change4>(*this, state_->tables.fib4, changes, known);
}

rib::Refusals Publisher::set_many(std::span<const rib::BestChange6> changes,
                                  const rib::Targets& known) {
  if (changes.size() < kFewChanges) return Sink::set_many(changes, known);
  return state_->set_many<table::Fib6, table::Change6>(*this, state_->tables.fib6, changes, known);
}

void Publisher::set_crew(table::Crew* crew) noexcept { state_->crew = crew; }

}  // namespace spanway::publish
