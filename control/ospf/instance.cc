// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/instance.h"

#include <algorithm>
#include <map>
#include <type_traits>
#include <utility>

#include "control/ospf/backoff.h"
#include "control/ospf/core.h"
#include "control/ospf/core_view.h"
#include "control/ospf/exchange.h"
#include "control/ospf/external_ids.h"
#include "control/ospf/flooding.h"
#include "control/ospf/hello_protocol.h"
#include "control/ospf/interface_fsm.h"
#include "control/ospf/journal.h"
#include "control/ospf/neighbour_fsm.h"
#include "control/ospf/originate.h"
#include "control/ospf/outbox.h"
#include "control/ospf/own_lsas.h"
#include "control/ospf/reception.h"
#include "control/ospf/routes.h"

namespace spanway::ospf {

class Instance::State {
 public:
  State(const RouterSettings& settings, Outlet& outlet, Nanos now, Journal* journal)
      : journal_(journal),
        core_(settings, outlet, now),
        originator_(core_),
        table_(settings.router, settings.max_paths),
        backoff_(settings.backoff) {
    core_.own_lsas_due = true;
  }

  Core& at(Nanos now) {
    core_.now = now;
    return core_;
  }
  // What comes in is written down before it has its effects.
  template <class... Arguments>
  void note(void (Journal::*verb)(Nanos, Arguments...), Nanos now,
            const std::type_identity_t<Arguments>&... arguments) {
    if (journal_) (journal_->*verb)(now, arguments...);
  }
  [[nodiscard]] const Core& core() const noexcept { return core_; }
  [[nodiscard]] const RouteTable& table() const noexcept { return table_; }

  Interface& interface(IfIndex index) {
    Interface& found = core_.interfaces[index];
    found.index = index;
    return found;
  }
  void announce(const Prefix4& prefix, const External& external);
  void withdraw(const Prefix4& prefix);
  void set_stub(const Prefix4& prefix, uint16_t cost);
  void remove_stub(const Prefix4& prefix);
  void leave();

  // Does what the last call and the time have made due.
  void settle();
  // When it has to be done again.
  [[nodiscard]] Nanos next_due() const;
  [[nodiscard]] SpfView spf_view(Nanos now) const;

 private:
  void serve_timers(Interface& interface);
  void bury_the_dead(Interface& interface);
  void speak_for_ourselves();
  void originate_external(const Prefix4& prefix, const External& external, LinkStateId id);
  void note_routes();
  void calculate();
  [[nodiscard]] LsaKey own_key(LsaType type, uint32_t id) const {
    return {type, LinkStateId{id}, core_.settings.router};
  }

  Journal* journal_;
  Core core_;
  Originator originator_;
  std::map<Prefix4, External> externals_;
  ExternalIds external_ids_;
  std::map<Prefix4, uint16_t> stubs_;

  RouteTable table_;
  uint64_t news_ = 0;  // of table_, that backoff_ knows of
  BackoffTimer backoff_;
  SpfView spf_;
};

void Instance::State::announce(const Prefix4& prefix, const External& external) {
  const auto at = externals_.find(prefix);
  if (at != externals_.end() && at->second == external) return;
  const auto given = external_ids_.give(prefix);
  if (!given) {
    core_.outlet.event("error", "ospf.external", prefix.to_string(),
                       "every link state ID that it could have is in use: not announced");
    return;
  }
  if (given->moved)
    originate_external(*given->moved, externals_.at(*given->moved),
                       *external_ids_.find(*given->moved));
  core_.own_lsas_due = core_.own_lsas_due || externals_.empty();
  externals_.insert_or_assign(prefix, external);
  originate_external(prefix, external, given->id);
}

void Instance::State::originate_external(const Prefix4& prefix, const External& external,
                                         LinkStateId id) {
  originator_.say(own_key(LsaType::kExternal, id.value),
                  ExternalLsa{.mask = Ip4Addr(mask4(prefix.length())),
                              .type2 = external.type2,
                              .metric = external.metric,
                              .forwarding = external.forwarding,
                              .tag = external.tag});
}

void Instance::State::withdraw(const Prefix4& prefix) {
  if (externals_.erase(prefix) == 0) return;
  const LinkStateId id = *external_ids_.find(prefix);
  external_ids_.take_back(prefix);
  originator_.drop(own_key(LsaType::kExternal, id.value));
  core_.own_lsas_due = core_.own_lsas_due || externals_.empty();
}

void Instance::State::set_stub(const Prefix4& prefix, uint16_t cost) {
  stubs_.insert_or_assign(prefix, cost);
  core_.own_lsas_due = true;
}

void Instance::State::remove_stub(const Prefix4& prefix) {
  if (stubs_.erase(prefix) != 0) core_.own_lsas_due = true;
}

// The order is that of causes: who is there, who leads, who is adjacent, what follows for our LSAs,
// what of all that has to be sent, which routes come of it.
void Instance::State::settle() {
  for (auto& [index, interface] : core_.interfaces) serve_timers(interface);
  take_deferred(core_);
  for (auto& [index, interface] : core_.interfaces)
    for (auto& [key, neighbour] : interface.neighbours) note_answers(core_, interface, neighbour);
  while (const LsaPtr dead = core_.lsdb.take_dead(core_.now)) flush(core_, dead);
  for (auto& [index, interface] : core_.interfaces) hold_election(core_, interface);
  if (std::exchange(core_.adjacencies_due, false))
    for (auto& [index, interface] : core_.interfaces)
      for (auto& [key, neighbour] : interface.neighbours)
        review_adjacency(core_, interface, neighbour);
  for (const LsaPtr& lsa : std::exchange(core_.own_received, {})) originator_.received(*lsa);
  if (std::exchange(core_.own_lsas_due, false)) speak_for_ourselves();
  originator_.run();
  drop_aged(core_);
  for (auto& [index, interface] : core_.interfaces) {
    if (!interface.speaks()) continue;
    if (hello_due(core_, interface)) send_hello(core_, interface);
    for (auto& [key, neighbour] : interface.neighbours)
      continue_exchange(core_, interface, neighbour);
    send_floods(core_, interface);
  }
  note_routes();
  calculate();
}

void Instance::State::serve_timers(Interface& interface) {
  if (interface.wait_until <= core_.now) end_waiting(core_, interface);
  if (interface.alone_at <= core_.now) {
    interface.alone_at = Nanos::never();
    core_.own_lsas_due = true;
  }
  bury_the_dead(interface);
}

void Instance::State::bury_the_dead(Interface& interface) {
  for (auto at = interface.neighbours.begin(); at != interface.neighbours.end();) {
    if (at->second.dies_at > core_.now) {
      ++at;
      continue;
    }
    bury(core_, interface, at->second, "nothing was heard of it for the dead interval");
    at = interface.neighbours.erase(at);
  }
}

void Instance::State::speak_for_ourselves() {
  const OwnRouterLsa own = make_router_lsa(core_, stubs_, !externals_.empty());
  const LsaKey key = own_key(LsaType::kRouter, core_.settings.router.value);
  originator_.say(key, own.body);
  std::vector<uint32_t> networks;
  for (const auto& [index, interface] : core_.interfaces) {
    auto network = make_network_lsa(core_, interface);
    if (!network) continue;
    networks.push_back(interface.address().value());
    originator_.say(own_key(LsaType::kNetwork, networks.back()), *std::move(network));
  }
  originator_.drop_unless(LsaType::kNetwork, [&networks](const LsaKey& network) {
    return std::ranges::find(networks, network.id.value) != networks.end();
  });
  // Our own routes need not wait until the instance that says this may be made.
  Root root{.links = own.links, .addresses = {}};
  for (const auto& [index, interface] : core_.interfaces)
    for (const auto& address : interface.link.addresses) root.addresses.push_back(address.addr);
  table_.set_root(std::move(root));
  Lsa lsa{.header = {.options = options::kExternal, .key = key}, .body = own.body};
  table_.put(std::make_shared<const Lsa>(std::move(lsa)));
}

void Instance::State::note_routes() {
  const LsaKey own = own_key(LsaType::kRouter, core_.settings.router.value);
  for (LsaPtr& lsa : std::exchange(core_.installed, {})) {
    if (lsa->key() == own) continue;
    if (lsa->lsa.header.is_max_age())
      table_.remove(lsa->key());
    else
      table_.put(std::shared_ptr<const Lsa>(lsa, &lsa->lsa));
  }
  // Also while a run waits: what goes on changing is not quiet (RFC 8405 section 5.4).
  if (std::exchange(news_, table_.news()) != table_.news()) backoff_.on_event(core_.now);
}

void Instance::State::calculate() {
  if (!backoff_.due() || *backoff_.due() > core_.now) return;
  const Nanos begun = core_.outlet.stopwatch();
  const Calculation done = table_.calculate();
  backoff_.on_run();
  spf_.took = core_.outlet.stopwatch() - begun;
  spf_.last = core_.now;
  ++(done.tree ? spf_.runs : spf_.partial_runs);
  if (!done.changes.empty()) core_.outlet.routes(done.changes);
}

void Instance::State::leave() {
  originator_.drop_all();
  for (auto& [index, interface] : core_.interfaces) {
    if (!interface.speaks()) continue;
    send_last_floods(core_, interface);
    send_farewell(core_, interface);
  }
}

Nanos Instance::State::next_due() const {
  if (core_.own_lsas_due) return core_.now;
  Nanos due = std::min(core_.lsdb.next_death(), originator_.next_due());
  if (backoff_.due()) due = std::min(due, *backoff_.due());
  for (const auto& [key, deferred] : core_.deferred) due = std::min(due, deferred.due);
  for (const auto& [index, interface] : core_.interfaces) {
    if (!interface.speaks()) continue;
    due = std::min({due, std::max(interface.hello_at, interface.hello_not_before),
                    interface.wait_until, interface.alone_at, floods_due(interface)});
    for (const auto& [key, neighbour] : interface.neighbours)
      due = std::min({due, neighbour.dies_at, exchange_due(neighbour)});
  }
  return due;
}

SpfView Instance::State::spf_view(Nanos now) const {
  SpfView view = spf_;
  if (backoff_.due()) {
    view.waiting = true;
    view.next_in = std::max(Nanos(), *backoff_.due() - now);
  }
  view.routers = table_.routers();
  view.networks = table_.networks();
  view.routes = table_.size();
  return view;
}

Instance::Instance(const RouterSettings& settings, Outlet& outlet, Nanos now, Journal* journal)
    : state_(std::make_unique<State>(settings, journal ? *journal : outlet, now, journal)) {
  if (journal) journal->born(settings, now);
}

Instance::~Instance() = default;

void Instance::set_interface(IfIndex index, const InterfaceSettings& settings, Nanos now) {
  state_->note(&Journal::interface, now, index, settings);
  Core& core = state_->at(now);
  Interface& interface = state_->interface(index);
  const InterfaceSettings& old = interface.settings;
  const bool anew =
      interface.configured && (old.type != settings.type || old.passive != settings.passive ||
                               old.hello_interval_s != settings.hello_interval_s ||
                               old.dead_interval_s != settings.dead_interval_s);
  if (anew && interface.state != InterfaceState::kDown)
    take_down(core, interface, "the interface was configured anew");
  if (old.priority != settings.priority) interface.election_due = true;
  interface.settings = settings;
  interface.configured = true;
  core.own_lsas_due = true;
  follow_link(core, interface);
  state_->settle();
}

void Instance::remove_interface(IfIndex index, Nanos now) {
  state_->note(&Journal::no_interface, now, index);
  Core& core = state_->at(now);
  const auto at = core.interfaces.find(index);
  if (at == core.interfaces.end()) return;
  if (at->second.speaks()) send_farewell(core, at->second);
  if (at->second.state != InterfaceState::kDown)
    take_down(core, at->second, "the interface was removed");
  const Link link = at->second.link;
  core.interfaces.erase(at);
  state_->interface(index).link = link;
  state_->settle();
}

void Instance::set_link(IfIndex index, const Link& link, Nanos now) {
  state_->note(&Journal::link, now, index, link);
  Core& core = state_->at(now);
  Interface& interface = state_->interface(index);
  if (interface.link == link) return;
  const auto first = [](const Link& of) {
    return of.addresses.empty() ? Link::Address{} : of.addresses.front();
  };
  if (interface.state != InterfaceState::kDown && first(interface.link) != first(link))
    take_down(core, interface, "its address changed");
  interface.link = link;
  core.own_lsas_due = true;
  follow_link(core, interface);
  state_->settle();
}

void Instance::announce(const Prefix4& prefix, const External& external, Nanos now) {
  state_->note(&Journal::announce, now, prefix, external);
  state_->at(now);
  state_->announce(prefix, external);
}

void Instance::withdraw(const Prefix4& prefix, Nanos now) {
  state_->note(&Journal::withdraw, now, prefix);
  state_->at(now);
  state_->withdraw(prefix);
}

void Instance::set_stub(const Prefix4& prefix, uint16_t cost, Nanos now) {
  state_->note(&Journal::stub, now, prefix, cost);
  state_->at(now);
  state_->set_stub(prefix, cost);
  state_->settle();
}

void Instance::remove_stub(const Prefix4& prefix, Nanos now) {
  state_->note(&Journal::no_stub, now, prefix);
  state_->at(now);
  state_->remove_stub(prefix);
  state_->settle();
}

void Instance::receive(IfIndex index, Ip4Addr source, Ip4Addr destination,
                       std::span<const uint8_t> packet, Nanos now) {
  state_->note(&Journal::receive, now, index, source, destination, packet);
  Core& core = state_->at(now);
  const auto at = core.interfaces.find(index);
  if (at == core.interfaces.end()) return;
  // Section 8.2: 224.0.0.6 is for the designated routers alone.
  if (destination == kAllDRouters && !at->second.leads()) return;
  receive_packet(core, at->second, source, packet);
  state_->settle();
}

Nanos Instance::step(Nanos now) {
  state_->at(now);
  if (state_->next_due() <= now) {
    state_->note(&Journal::step, now);
    state_->settle();
  }
  return state_->next_due();
}

void Instance::leave(Nanos now) {
  state_->note(&Journal::leave, now);
  state_->at(now);
  state_->leave();
}

InstanceView Instance::view(Nanos now) const {
  const Core& core = state_->core();
  return {.settings = core.settings,
          .lsas = core.lsdb.size(),
          .externals = core.lsdb.count(LsaType::kExternal),
          .originated = core.counts.originated,
          .received = core.counts.received,
          .retransmitted = core.counts.retransmitted,
          .deferred = core.counts.deferred,
          .overflow = core.overflow,
          .refusals = refusal_views(core),
          .spf = state_->spf_view(now)};
}

std::vector<InterfaceView> Instance::interfaces(Nanos now) const {
  return interface_views(state_->core(), now);
}

std::vector<NeighbourView> Instance::neighbours(Nanos now) const {
  return neighbour_views(state_->core(), now);
}

void Instance::each_lsa(Nanos now, const std::function<void(const Lsa&)>& visit) const {
  for (const auto& [key, entry] : state_->core().lsdb.entries()) {
    Lsa lsa = entry.lsa->lsa;
    lsa.header = entry.lsa->header(now);
    visit(lsa);
  }
}

void Instance::each_route(const std::function<void(const Prefix4&, const Route&)>& visit) const {
  state_->table().each(visit);
}

}  // namespace spanway::ospf
