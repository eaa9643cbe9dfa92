// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/interface_fsm.h"

#include <vector>

#include "control/ospf/neighbour_fsm.h"

namespace spanway::ospf {
namespace {

// Our router-LSA can not follow itself in less than MinLSArrival. An instance that says no more
// than that a link came up would only make the one wait that says to whom.
constexpr Nanos kFreshLink = seconds(1);

InterfaceState first_state(const InterfaceSettings& settings) {
  if (settings.passive) return InterfaceState::kLoopback;
  if (settings.type == NetworkType::kPointToPoint) return InterfaceState::kPointToPoint;
  return settings.priority == 0 ? InterfaceState::kOther : InterfaceState::kWaiting;
}

void enter(Core& core, Interface& interface, InterfaceState state) {
  const bool led = interface.leads();
  interface.state = state;
  core.own_lsas_due = true;
  if (interface.leads() != led) core.outlet.listen_as_designated(interface.index, !led);
}

void bring_up(Core& core, Interface& interface) {
  enter(core, interface, first_state(interface.settings));
  if (!interface.speaks()) return;
  interface.hello_at = core.now;
  interface.alone_at = core.now + kFreshLink;
  if (interface.state == InterfaceState::kWaiting)
    interface.wait_until = core.now + seconds(interface.settings.dead_interval_s);
}

}  // namespace

void follow_link(Core& core, Interface& interface) {
  const bool wanted =
      interface.configured && interface.link.up && !interface.link.addresses.empty();
  const bool is_up = interface.state != InterfaceState::kDown;
  if (wanted && !is_up) bring_up(core, interface);
  if (!wanted && is_up) take_down(core, interface, "the link went down");
}

void take_down(Core& core, Interface& interface, const char* why) {
  for (auto& [key, neighbour] : interface.neighbours) bury(core, interface, neighbour, why);
  interface.neighbours.clear();
  enter(core, interface, InterfaceState::kDown);
  interface.designated = interface.backup = {};
  interface.hello_at = interface.wait_until = interface.alone_at = interface.acks_at =
      Nanos::never();
  interface.hello_not_before = {};
  interface.election_due = false;
  interface.acks.clear();
  interface.outbox.clear();
}

void end_waiting(Core& core, Interface& interface) {
  (void)core;
  interface.wait_until = Nanos::never();
  interface.election_due = true;
}

void hold_election(Core& core, Interface& interface) {
  if (!interface.election_due) return;
  // While waiting only the end of the wait elects; hello_protocol.cc ends it early.
  if (!interface.is_broadcast() || !interface.speaks() || interface.wait_until != Nanos::never()) {
    interface.election_due = false;
    return;
  }
  interface.election_due = false;
  const Candidate self{core.settings.router, interface.address(), interface.settings.priority,
                       interface.designated, interface.backup};
  std::vector<Candidate> others;
  for (const auto& [key, neighbour] : interface.neighbours)
    if (neighbour.reached(NeighbourState::kTwoWay))
      others.push_back({neighbour.router, neighbour.address, neighbour.priority,
                        neighbour.designated, neighbour.backup});
  const Elected elected = elect(self, others);
  const bool changed =
      elected.designated != interface.designated || elected.backup != interface.backup;
  interface.designated = elected.designated;
  interface.backup = elected.backup;
  const Ip4Addr own = interface.address();
  const InterfaceState state = elected.designated == own ? InterfaceState::kDesignated
                               : elected.backup == own   ? InterfaceState::kBackup
                                                         : InterfaceState::kOther;
  if (state != interface.state) enter(core, interface, state);
  if (!changed) return;
  core.adjacencies_due = core.own_lsas_due = true;
  interface.hello_at = core.now;  // so that the others need not wait to hear of it
}

}  // namespace spanway::ospf
