// SPDX-License-Identifier: BSD-3-Clause
#include "control/publish/publisher.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "control/publish/publisher_state.h"
#include "dataplane/base/check.h"

namespace spanway::publish {
namespace {

using rib::Origin;
using rib::Source;
using rib::Target;
using rib::TargetKind;

constexpr size_t kWatchedInVain = 1024;

// What is no destination, or always ours, whatever the interfaces (RFC 1812 section 5.3.7,
// RFC 6890, RFC 4291 section 2.7).
constexpr const char* kMartians[] = {"0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4",   "240.0.0.0/4",
                                     "::/128",    "::1/128",     "::ffff:0:0/96", "ff00::/8"};
constexpr const char* kAlwaysLocal[] = {"224.0.0.0/24", "255.255.255.255/32", "ff02::/16"};

Prefix host_prefix(const IpAddr& ip) { return {ip, ip.is4() ? 32u : 128u}; }

Source own_source(Origin origin) { return {origin, 0, 0}; }

}  // namespace

// A table may be full only because workers have not yet let go of what it held before.
template <class Edit>
Status Publisher::State::edit(Edit act) {
  Status done = act();
  if (!done && done.error().code == ErrorCode::kFull) {
    tidy();
    done = act();
  }
  if (!done) return done;
  changed();
  count(1);
  return done;
}

void Publisher::State::count(size_t changes) {
  since_seal += changes;
  if (since_seal < kSealEvery) return;
  since_seal = 0;
  tidy();
}

Status Publisher::State::insert(const Prefix& prefix, NextHopId hop) {
  return edit([&] {
    return prefix.is4() ? tables.fib4.insert(prefix.v4(), hop)
                        : tables.fib6.insert(prefix.v6(), hop);
  });
}

Status Publisher::State::remove(const Prefix& prefix) {
  return edit([&] {
    return prefix.is4() ? tables.fib4.remove(prefix.v4()) : tables.fib6.remove(prefix.v6());
  });
}

void Publisher::State::publish(std::vector<table::Interface> interfaces) {
  tables.interfaces.publish(std::make_unique<const table::InterfaceSet>(std::move(interfaces)),
                            graveyard);
  changed();
}

// The first error of several steps that are all to be tried.
class Errors {
 public:
  void note(Status done) {
    if (!done && first_) first_ = std::move(done);
  }
  [[nodiscard]] Status first() const { return first_; }

 private:
  Status first_;
};

// New and changed subnets first: nothing that stays reachable is lost in between.
Status Publisher::State::set_connected(Nanos now) {
  Errors errors;
  std::map<Prefix, IfIndex> wanted = links.subnets();
  const Source source = own_source(Origin::kConnected);
  for (const auto& [prefix, interface] : wanted)
    errors.note(rib.set(prefix, source, {TargetKind::kConnected, interface, {}}, now));
  for (const auto& [prefix, interface] : subnets)
    if (!wanted.contains(prefix)) errors.note(rib.remove(prefix, source));
  subnets = std::move(wanted);
  return errors.first();
}

Status Publisher::State::set_local(Nanos now) {
  Errors errors;
  std::set<Prefix> wanted = links.local();
  const Source source = own_source(Origin::kLocal);
  for (const Prefix& prefix : wanted)
    errors.note(rib.set(prefix, source, {TargetKind::kLocal, kNoInterface, {}}, now));
  for (const Prefix& prefix : locals)
    if (!wanted.contains(prefix)) errors.note(rib.remove(prefix, source));
  locals = std::move(wanted);
  return errors.first();
}

// Gateways are resolved anew: first the groups, each by one store, then what has to be chosen
// again. That may change routes on which others depend; these follow with the next step.
Status Publisher::State::follow_gateways() {
  led_elsewhere = false;
  gateways.forget_watched();  // those that still matter are asked for again
  targets.refresh();
  Status chosen = rib.reconsider([&](rib::TargetId id) { return targets.has_moved(id); });
  if (chosen) targets.settle();
  changed();
  return chosen;
}

Status Publisher::State::add_host(const Adjacencies::Key& key) {
  const auto& [interface, ip] = key;
  if (hosts.contains(ip) || !links.is_neighbour(interface, ip)) return {};
  const Result<NextHopId> hop = adjacencies.hold(key);
  if (!hop) return hop.error();
  const Prefix prefix = host_prefix(ip);
  if (rib.best(prefix) == nullptr) {
    if (Status done = insert(prefix, *hop); !done) {
      adjacencies.release(key);
      return done;
    }
  }
  hosts.emplace(ip, interface);
  return {};
}

Status Publisher::State::drop_host(const IpAddr& ip) {
  const auto at = hosts.find(ip);
  const Prefix prefix = host_prefix(ip);
  if (rib.best(prefix) == nullptr)
    if (Status done = remove(prefix); !done) return done;
  adjacencies.release({at->second, ip});
  hosts.erase(at);
  return {};
}

// The interfaces have changed, and with them who is a neighbour.
Status Publisher::State::review_hosts() {
  Errors errors;
  std::vector<IpAddr> leaving;
  for (const auto& [ip, interface] : hosts)
    if (!links.is_neighbour(interface, ip)) leaving.push_back(ip);
  for (const IpAddr& ip : leaving) errors.note(drop_host(ip));
  for (const auto& [key, mac] : adjacencies.macs()) errors.note(add_host(key));
  return errors.first();
}

Publisher::Publisher(table::Tables& tables, seam::Graveyard& graveyard, rib::Rib& rib)
    : state_(std::make_unique<State>(tables, graveyard, rib)) {
  rib.attach(*this);
  // The tables are empty: there is room for a dozen.
  for (const char* text : kMartians)
    SPANWAY_CHECK(rib.set(*Prefix::parse(text), own_source(Origin::kMartian),
                          {TargetKind::kMartian, kNoInterface, {}}, Nanos()));
  for (const char* text : kAlwaysLocal)
    SPANWAY_CHECK(rib.set(*Prefix::parse(text), own_source(Origin::kLocal),
                          {TargetKind::kLocal, kNoInterface, {}}, Nanos()));
}

Publisher::~Publisher() = default;

Status Publisher::set_interfaces(std::vector<table::Interface> interfaces, Nanos now) {
  State& state = *state_;
  Errors errors;
  // While routes change, workers know the interfaces of before and of after.
  std::vector<table::Interface> both = interfaces;
  std::set<IfIndex> touched;
  for (const table::Interface& one : interfaces) touched.insert(one.index);
  for (const table::Interface& one : state.links.set().all())
    if (one.index != kNoInterface && touched.insert(one.index).second) both.push_back(one);
  std::sort(both.begin(), both.end(),
            [](const auto& a, const auto& b) { return a.index < b.index; });
  state.publish(std::move(both));

  state.links = Links(interfaces);
  for (const IfIndex index : touched) state.adjacencies.refresh(index);
  errors.note(state.set_local(now));
  errors.note(state.set_connected(now));
  errors.note(state.follow_gateways());
  errors.note(state.review_hosts());
  state.publish(std::move(interfaces));
  return errors.first();
}

Status Publisher::neighbour_resolved(IfIndex interface, const IpAddr& ip, const EtherAddr& mac) {
  state_->adjacencies.learn({interface, ip}, mac);
  state_->changed();
  return state_->add_host({interface, ip});
}

void Publisher::neighbour_gone(IfIndex interface, const IpAddr& ip) {
  const auto at = state_->hosts.find(ip);
  // Should there be no room even for this, the entry stays and asks: kResolve serves as well.
  if (at != state_->hosts.end() && at->second == interface)
    static_cast<void>(state_->drop_host(ip));
  state_->adjacencies.learn({interface, ip}, std::nullopt);
  state_->changed();
}

Status Publisher::step() {
  const Status done = state_->led_elsewhere ? state_->follow_gateways() : Status();
  state_->tidy();
  return done;
}

bool Publisher::waits() const { return state_->led_elsewhere || state_->meter.running(); }

ViaState Publisher::via_state(const rib::Via& via) const {
  ViaState found{state_->gateways.legs({via}), state_->gateways.is_recursive(via), false};
  found.resolved = !found.legs.empty() && std::ranges::all_of(found.legs, [&](const Leg& leg) {
    return state_->adjacencies.knows({leg.interface, leg.gateway});
  });
  return found;
}

Stats Publisher::stats() const {
  const State& state = *state_;
  Stats stats;
  stats.routes4 = state.tables.fib4.size();
  stats.routes6 = state.tables.fib6.size();
  stats.bytes4 = state.tables.fib4.bytes();
  stats.bytes6 = state.tables.fib6.bytes();
  stats.next_hops = state.slots.used();
  stats.groups = state.targets.groups();
  stats.adjacencies = state.adjacencies.size();
  stats.resolved = state.adjacencies.resolved();
  stats.version = state.version;
  stats.waiting = state.graveyard.waiting();
  stats.recursive = state.gateways.watched();
  stats.quiet = state.meter.times();
  return stats;
}

bool Publisher::usable(rib::TargetId /*id*/, const Target& target) {
  state_->gateways.watch(target.via);
  return state_->targets.usable(target);
}

Status Publisher::route_set(const Prefix& prefix, rib::TargetId id, const Target& target) {
  Result<NextHopId> hop = state_->targets.get(id, target);
  if (!hop && hop.error().code == ErrorCode::kFull) {
    state_->tidy();
    hop = state_->targets.get(id, target);
  }
  if (!hop)
    return Error{hop.error().code,
                 "no next hop for " + prefix.to_string() + ": " + hop.error().message,
                 hop.error().fix};
  Status done = state_->insert(prefix, *hop);
  if (done) state_->note_route(prefix);
  return done;
}

Status Publisher::route_del(const Prefix& prefix) {
  Status done = state_->uncover(prefix);
  if (done) state_->note_route(prefix);
  return done;
}

// The route goes; the neighbour with this address, if there is one, shows again.
Status Publisher::State::uncover(const Prefix& prefix) {
  const auto host = is_host(prefix) ? hosts.find(prefix.addr()) : hosts.end();
  if (host == hosts.end()) return remove(prefix);
  const Adjacencies::Key key{host->second, host->first};
  const Result<NextHopId> hop = adjacencies.hold(key);
  adjacencies.release(key);  // the host's own hold stays
  return hop ? insert(prefix, *hop) : Status(hop.error());
}

void Publisher::target_gone(rib::TargetId id) {
  state_->targets.forget(id);
  // Gateways that nothing leads to any more are watched in vain, up to a limit.
  if (state_->gateways.watched() > 2 * state_->rib.counts().targets + kWatchedInVain)
    state_->led_elsewhere = true;
}

}  // namespace spanway::publish
