// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/neighbour_fsm.h"

namespace spanway::ospf {
namespace {

// Section 10.4.
bool should_be_adjacent(const Interface& interface, const Neighbour& neighbour) {
  return !interface.is_broadcast() || interface.leads() ||
         neighbour.address == interface.designated || neighbour.address == interface.backup;
}

void forget_exchange(Neighbour& neighbour) {
  neighbour.exchange = {};
  neighbour.requests.clear();
  neighbour.asked.clear();
  neighbour.ask_again = neighbour.answer_own_by = Nanos::never();
  neighbour.retransmissions.clear();
  neighbour.told.clear();
}

void enter(Core& core, Interface& interface, Neighbour& neighbour, NeighbourState state,
           const std::string& why) {
  const NeighbourState before = neighbour.state;
  if (state == before) return;
  neighbour.state = state;
  neighbour.since = core.now;
  ++neighbour.changes;
  const bool was_full = before == NeighbourState::kFull, is_full = neighbour.is_full();
  if (was_full != is_full) core.own_lsas_due = true;
  if (before >= NeighbourState::kExchange) core.all_aged_due = true;
  if ((before >= NeighbourState::kTwoWay) != (state >= NeighbourState::kTwoWay))
    interface.election_due = true;
  if (was_full || is_full)
    core.outlet.event(
        is_full ? "info" : "warning", "ospf.neighbour", Ip4Addr(neighbour.router.value).to_string(),
        neighbour.address.to_string() + " went from " + std::string(to_string(before)) + " to " +
            std::string(to_string(state)) + (why.empty() ? "" : ": " + why));
}

// Section 10.3, 2-WayReceived into ExStart: a new number, and the first description is due now.
void start_exchange(Core& core, Interface& interface, Neighbour& neighbour, const char* why) {
  forget_exchange(neighbour);
  enter(core, interface, neighbour, NeighbourState::kExStart, why);
  neighbour.exchange.master = true;
  neighbour.exchange.sequence = neighbour.next_description_sequence++;
  neighbour.exchange.again = core.now;
}

}  // namespace

void hears_us(Core& core, Interface& interface, Neighbour& neighbour) {
  if (neighbour.state != NeighbourState::kInit) return;
  if (should_be_adjacent(interface, neighbour))
    start_exchange(core, interface, neighbour, "");
  else
    enter(core, interface, neighbour, NeighbourState::kTwoWay, "");
}

void hears_us_no_more(Core& core, Interface& interface, Neighbour& neighbour) {
  if (!neighbour.reached(NeighbourState::kTwoWay)) return;
  forget_exchange(neighbour);
  enter(core, interface, neighbour, NeighbourState::kInit, "it does not hear us any more");
}

void review_adjacency(Core& core, Interface& interface, Neighbour& neighbour) {
  const bool wanted = should_be_adjacent(interface, neighbour);
  if (neighbour.state == NeighbourState::kTwoWay && wanted) {
    start_exchange(core, interface, neighbour, "");
  } else if (neighbour.state > NeighbourState::kTwoWay && !wanted) {
    forget_exchange(neighbour);
    enter(core, interface, neighbour, NeighbourState::kTwoWay,
          "neither of us is a designated router");
  }
}

void restart_exchange(Core& core, Interface& interface, Neighbour& neighbour, const char* why) {
  start_exchange(core, interface, neighbour, why);
}

void advance_to(Core& core, Interface& interface, Neighbour& neighbour, NeighbourState state) {
  enter(core, interface, neighbour, state, "");
}

void bury(Core& core, Interface& interface, Neighbour& neighbour, const char* why) {
  forget_exchange(neighbour);
  enter(core, interface, neighbour, NeighbourState::kDown, why);
}

}  // namespace spanway::ospf
