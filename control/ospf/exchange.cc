// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/exchange.h"

#include <algorithm>

#include "control/ospf/neighbour_fsm.h"
#include "control/ospf/request.h"
#include "control/ospf/transmit.h"
#include "control/ospf/update.h"

namespace spanway::ospf {
namespace {

// The first description may meet a neighbour that does not know us well enough yet: it is repeated
// sooner than the rest.
constexpr Nanos kFirstAgain = seconds(1);

// How long the answer with our own router-LSA waits until we are Full; of two that wait for each
// other the slave gives in first.
constexpr Nanos kSlaveHolds = millis(30), kMasterHolds = millis(60);

// How many of the first headers are looked at for one packet: more never fit.
constexpr size_t kMaxHeadersAPacket = kMaxPacketBytes / kLsaHeaderBytes;

Nanos retransmit_interval(const Interface& interface) {
  return seconds(interface.settings.retransmit_interval_s);
}

// Section 10.8. Master and slave alike; who waits for whom is the caller's.
void send_description(Core& core, Interface& interface, Neighbour& neighbour) {
  Exchange& exchange = neighbour.exchange;
  const bool initial = neighbour.state == NeighbourState::kExStart;
  Description description{.mtu_bytes = interface.link.mtu_bytes,
                          .options = options::kExternal,
                          .initial = initial,
                          .more = initial,
                          .master = exchange.master,
                          .sequence = exchange.sequence,
                          .headers = {}};
  if (!initial) {
    const auto from = exchange.summary.begin() + static_cast<ptrdiff_t>(exchange.described);
    const size_t left = exchange.summary.size() - exchange.described;
    description.headers.assign(from,
                               from + static_cast<ptrdiff_t>(std::min(left, kMaxHeadersAPacket)));
    description.more = left > description.headers.size();
  }
  Filled filled = write_description(envelope_of(core, interface), description);
  exchange.described += filled.taken;
  exchange.told_all = !initial && exchange.described == exchange.summary.size();
  exchange.sent = filled.packet;
  transmit(core, interface, PacketType::kDescription, address_of(interface, neighbour),
           std::move(filled.packet));
  if (!exchange.master)
    exchange.again = Nanos::never();
  else
    exchange.again = core.now + (initial ? std::min(kFirstAgain, retransmit_interval(interface))
                                         : retransmit_interval(interface));
}

void send_again(Core& core, Interface& interface, Neighbour& neighbour) {
  if (!neighbour.exchange.sent.empty())
    transmit(core, interface, PacketType::kDescription, address_of(interface, neighbour),
             neighbour.exchange.sent);
}

// Section 10.3, NegotiationDone: what there is to be told. What is at MaxAge goes as an update, so
// that it is acknowledged.
void begin_describing(Core& core, Interface& interface, Neighbour& neighbour) {
  advance_to(core, interface, neighbour, NeighbourState::kExchange);
  neighbour.exchange.again = Nanos::never();
  for (const auto& [key, entry] : core.lsdb.entries()) {
    const LsaHeader header = entry.lsa->header(core.now);
    if (header.is_max_age())
      neighbour.retransmissions.add(entry.lsa, core.now);
    else
      neighbour.exchange.summary.push_back(header);
  }
}

void finish_loading(Core& core, Interface& interface, Neighbour& neighbour) {
  if (neighbour.state == NeighbourState::kLoading && neighbour.requests.empty())
    advance_to(core, interface, neighbour, NeighbourState::kFull);
}

void finish_describing(Core& core, Interface& interface, Neighbour& neighbour) {
  neighbour.exchange.again = Nanos::never();
  neighbour.exchange.summary = {};
  neighbour.exchange.described = 0;
  advance_to(core, interface, neighbour, NeighbourState::kLoading);
  finish_loading(core, interface, neighbour);
}

// Section 10.6, the last part: what of this do we want, and what is to be said next.
void take_description(Core& core, Interface& interface, Neighbour& neighbour,
                      const Description& description) {
  Exchange& exchange = neighbour.exchange;
  for (const LsaHeader& header : description.headers) {
    if (!is_known(header.key.type))
      return restart_exchange(core, interface, neighbour, "it described an LSA of no known type");
    const Lsdb::Entry* own = core.lsdb.find(header.key);
    if (!own || compare_instances(header, own->lsa->header(core.now)) > 0)
      neighbour.requests.insert_or_assign(header.key, header);
  }
  exchange.heard = description;
  exchange.heard->headers.clear();
  if (exchange.master) {
    ++exchange.sequence;
    if (exchange.told_all && !description.more)
      finish_describing(core, interface, neighbour);
    else
      send_description(core, interface, neighbour);
  } else {
    exchange.sequence = description.sequence;
    send_description(core, interface, neighbour);
    if (exchange.told_all && !description.more) finish_describing(core, interface, neighbour);
  }
  if (neighbour.asked.empty()) neighbour.ask_again = core.now;
}

bool is_duplicate(const Exchange& exchange, const Description& description) {
  const auto& heard = exchange.heard;
  return heard && heard->initial == description.initial && heard->more == description.more &&
         heard->master == description.master && heard->options == description.options &&
         heard->sequence == description.sequence;
}

// Who leads. True when it is settled and the description is to be taken.
bool negotiate(Core& core, Interface& interface, Neighbour& neighbour,
               const Description& description) {
  Exchange& exchange = neighbour.exchange;
  const bool begins =
      description.initial && description.more && description.master && description.headers.empty();
  if (begins && neighbour.router > core.settings.router) {
    exchange.master = false;
    exchange.sequence = description.sequence;
  } else if (!description.initial && !description.master &&
             description.sequence == exchange.sequence && neighbour.router < core.settings.router) {
    exchange.master = true;
  } else {
    return false;
  }
  neighbour.options = description.options;
  begin_describing(core, interface, neighbour);
  return true;
}

// The description of an exchange under way.
void continue_with(Core& core, Interface& interface, Neighbour& neighbour,
                   const Description& description) {
  const Exchange& exchange = neighbour.exchange;
  const char* wrong = nullptr;
  if (description.master == exchange.master)
    wrong = "it holds itself for the other side of the exchange";
  else if (description.initial)
    wrong = "it began the exchange anew";
  else if (exchange.heard && exchange.heard->options != description.options)
    wrong = "its options changed in the middle of the exchange";
  else if (description.sequence != (exchange.master ? exchange.sequence : exchange.sequence + 1))
    wrong = "its description is out of sequence";
  if (wrong) return restart_exchange(core, interface, neighbour, wrong);
  take_description(core, interface, neighbour, description);
}

void ask(Core& core, Interface& interface, Neighbour& neighbour) {
  neighbour.asked.clear();
  neighbour.ask_again = Nanos::never();
  if (neighbour.requests.empty()) return;
  const Envelope envelope = envelope_of(core, interface);
  for (const auto& [key, header] : neighbour.requests) {
    if (neighbour.asked.size() * 12 >= envelope.room_bytes) break;
    neighbour.asked.push_back(key);
  }
  Filled filled = write_request(envelope, neighbour.asked);
  neighbour.asked.resize(filled.taken);
  transmit(core, interface, PacketType::kRequest, address_of(interface, neighbour),
           std::move(filled.packet));
  neighbour.ask_again = core.now + retransmit_interval(interface);
}

LsaKey own_router_key(const Core& core) {
  return {LsaType::kRouter, LinkStateId{core.settings.router.value}, core.settings.router};
}

void note_told(const Core& core, Neighbour& neighbour, const LsaKey& key) {
  if (key.router == core.settings.router && key.type != LsaType::kExternal)
    neighbour.told[key] = core.now;
}

// True when the answer waits (Neighbour::answer_own_by).
bool hold_answer(const Core& core, Neighbour& neighbour, const LsaKey& key) {
  if (key != own_router_key(core) || neighbour.requests.empty()) return false;
  if (neighbour.answer_own_by == Nanos::never())
    neighbour.answer_own_by = core.now + (neighbour.exchange.master ? kMasterHolds : kSlaveHolds);
  return true;
}

void give_held_answer(Core& core, Interface& interface, Neighbour& neighbour) {
  neighbour.answer_own_by = Nanos::never();
  const LsaKey key = own_router_key(core);
  const Lsdb::Entry* entry = core.lsdb.find(key);
  // What is being flooded to it is an answer, too.
  if (!entry || neighbour.retransmissions.find(key)) return;
  UpdateWriter writer(envelope_of(core, interface));
  (void)writer.add(entry->lsa->bytes, age_to_send(core, interface, *entry->lsa));
  note_told(core, neighbour, key);
  transmit(core, interface, PacketType::kUpdate, address_of(interface, neighbour),
           std::move(writer).finish());
}

}  // namespace

void receive_description(Core& core, Interface& interface, Neighbour& neighbour,
                         const Packet& packet) {
  const auto description = parse_description(packet.body);
  if (!description) return core.refuse(interface, description.refusal());
  if (!interface.settings.mtu_ignore && description->mtu_bytes > interface.link.mtu_bytes)
    return core.refuse(interface, Refusal::kMtuTooLarge);
  // Its Hello that lists us may be behind: who describes hears us.
  if (neighbour.state == NeighbourState::kInit) hears_us(core, interface, neighbour);
  switch (neighbour.state) {
    case NeighbourState::kDown:
    case NeighbourState::kInit:
    case NeighbourState::kTwoWay:
      return core.refuse(interface, Refusal::kUnknownNeighbour);
    case NeighbourState::kExStart:
      if (negotiate(core, interface, neighbour, *description))
        take_description(core, interface, neighbour, *description);
      return;
    case NeighbourState::kExchange:
      if (!is_duplicate(neighbour.exchange, *description))
        return continue_with(core, interface, neighbour, *description);
      break;
    case NeighbourState::kLoading:
    case NeighbourState::kFull:
      if (!is_duplicate(neighbour.exchange, *description))
        return restart_exchange(core, interface, neighbour, "it began the exchange anew");
      break;
  }
  // A duplicate: the master passes over it, the slave's answer was lost.
  if (!neighbour.exchange.master) send_again(core, interface, neighbour);
}

void receive_request(Core& core, Interface& interface, Neighbour& neighbour, const Packet& packet) {
  if (!neighbour.floods()) return core.refuse(interface, Refusal::kUnknownNeighbour);
  const auto wanted = parse_request(packet.body);
  if (!wanted) return core.refuse(interface, wanted.refusal());
  const Envelope envelope = envelope_of(core, interface);
  UpdateWriter writer(envelope);
  const auto send = [&] {
    if (writer.empty()) return;
    transmit(core, interface, PacketType::kUpdate, address_of(interface, neighbour),
             std::move(writer).finish());
    writer = UpdateWriter(envelope);
  };
  for (const LsaKey& key : *wanted) {
    const Lsdb::Entry* entry = core.lsdb.find(key);
    if (!entry)
      return restart_exchange(core, interface, neighbour, "it asked for an LSA that is not here");
    if (hold_answer(core, neighbour, key)) continue;
    const uint16_t age = age_to_send(core, interface, *entry->lsa);
    if (!writer.add(entry->lsa->bytes, age)) {
      send();
      (void)writer.add(entry->lsa->bytes, age);  // the first always fits
    }
    note_told(core, neighbour, key);
  }
  send();
}

void note_answers(Core& core, Interface& interface, Neighbour& neighbour) {
  const auto open = [&neighbour](const LsaKey& key) { return neighbour.requests.contains(key); };
  if (!neighbour.asked.empty() && std::ranges::none_of(neighbour.asked, open)) {
    neighbour.asked.clear();
    neighbour.ask_again = core.now;
  }
  finish_loading(core, interface, neighbour);
}

void continue_exchange(Core& core, Interface& interface, Neighbour& neighbour) {
  if (neighbour.exchange.again <= core.now) {
    if (neighbour.state == NeighbourState::kExStart) {
      send_description(core, interface, neighbour);
    } else {
      send_again(core, interface, neighbour);
      neighbour.exchange.again = core.now + retransmit_interval(interface);
    }
  }
  if (neighbour.ask_again <= core.now) ask(core, interface, neighbour);
  if (neighbour.answer_own_by <= core.now ||
      (neighbour.answer_own_by != Nanos::never() && neighbour.is_full()))
    give_held_answer(core, interface, neighbour);
}

Nanos exchange_due(const Neighbour& neighbour) noexcept {
  return std::min({neighbour.exchange.again, neighbour.ask_again, neighbour.answer_own_by});
}

}  // namespace spanway::ospf
