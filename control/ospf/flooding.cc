// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/flooding.h"

#include <algorithm>

#include "control/ospf/ack.h"
#include "control/ospf/neighbour_fsm.h"
#include "control/ospf/transmit.h"
#include "control/ospf/update.h"

namespace spanway::ospf {
namespace {

// How long an acknowledgment waits for company (section 13.5); well below any RxmtInterval.
constexpr Nanos kAckDelay = millis(100);
// LSAs of others held back for a second, of at most so many: beyond, the RFC's way, which is to
// drop them and wait for the repetition.
constexpr size_t kMaxDeferred = 10'000;

// Where an LSA came from.
struct From {
  Interface* interface = nullptr;
  Neighbour* neighbour = nullptr;
};

void install(Core& core, LsaPtr lsa, Nanos flooded_at) {
  for (auto& [index, interface] : core.interfaces)
    for (auto& [key, neighbour] : interface.neighbours)
      if (const StoredLsa* pending = neighbour.retransmissions.find(lsa->key());
          pending && pending != lsa.get())
        neighbour.retransmissions.remove(lsa->key());
  if (lsa->lsa.header.is_max_age()) core.aged.push_back(lsa->key());
  core.installed.push_back(lsa);
  core.lsdb.install(std::move(lsa), flooded_at);
}

// When to repeat. One of ours that follows closely on an older instance which the neighbour got by
// request may be dropped as too early; it is repeated as soon as that is over.
Nanos first_repetition(const Core& core, const Interface& interface, const Neighbour& neighbour,
                       const LsaKey& key) {
  const Nanos regular = core.now + seconds(interface.settings.retransmit_interval_s);
  const auto told = neighbour.told.find(key);
  if (told == neighbour.told.end()) return regular;
  const Nanos early = told->second + kSafeLsInterval;
  return early > core.now ? std::min(early, regular) : regular;
}

// Section 13.3 step 1, for one neighbour: true when it has to be sent this and to acknowledge it.
bool needs(const Core& core, Neighbour& neighbour, const LsaPtr& lsa, const From& from) {
  if (!neighbour.floods()) return false;
  if (!neighbour.is_full()) {
    const auto wanted = neighbour.requests.find(lsa->key());
    if (wanted != neighbour.requests.end()) {
      const auto order = compare_instances(lsa->header(core.now), wanted->second);
      if (order < 0) return false;
      neighbour.requests.erase(wanted);
      if (order == 0) return false;
    }
  }
  return &neighbour != from.neighbour;
}

struct Flooded {
  bool to_somebody = false;
  bool back = false;  // out of the interface that it came by
};

// Section 13.3.
Flooded flood(Core& core, const LsaPtr& lsa, const From& from) {
  Flooded done;
  for (auto& [index, interface] : core.interfaces) {
    if (!interface.speaks()) continue;
    bool wanted = false;
    for (auto& [key, neighbour] : interface.neighbours) {
      if (!needs(core, neighbour, lsa, from)) continue;
      neighbour.retransmissions.add(lsa, first_repetition(core, interface, neighbour, lsa->key()));
      wanted = true;
    }
    if (!wanted) continue;
    done.to_somebody = true;
    const bool came_here = from.interface == &interface;
    if (came_here && interface.is_broadcast()) {
      // Step 3: from a designated router everybody has it. Step 4: a backup leaves it to the DR.
      const Ip4Addr sender = from.neighbour->address;
      if (sender == interface.designated || sender == interface.backup) continue;
      if (interface.state == InterfaceState::kBackup) continue;
    }
    interface.outbox.push_back(lsa);
    if (came_here) done.back = true;
  }
  return done;
}

void delay_ack(const Core& core, Interface& interface, const LsaHeader& header) {
  if (interface.acks.empty()) interface.acks_at = core.now + kAckDelay;
  interface.acks.push_back(header);
}

void ack_at_once(Core& core, Interface& interface, const Neighbour& neighbour,
                 const LsaHeader& header) {
  Filled filled = write_ack(envelope_of(core, interface), std::span(&header, 1));
  transmit(core, interface, PacketType::kAck, address_of(interface, neighbour),
           std::move(filled.packet));
}

void send_back(Core& core, Interface& interface, const Neighbour& neighbour, const StoredLsa& lsa) {
  UpdateWriter writer(envelope_of(core, interface));
  (void)writer.add(lsa.bytes, age_to_send(core, interface, lsa));  // the first always fits
  transmit(core, interface, PacketType::kUpdate, address_of(interface, neighbour),
           std::move(writer).finish());
}

// Section 13.4: an LSA that names this router, or a network of one of its addresses, as its author.
bool is_own(const Core& core, const LsaKey& key) {
  if (key.router == core.settings.router) return true;
  if (key.type != LsaType::kNetwork) return false;
  return std::ranges::any_of(core.interfaces, [&key](const auto& entry) {
    const Interface& interface = entry.second;
    return interface.state != InterfaceState::kDown && interface.address().value() == key.id.value;
  });
}

// Step 5: it is newer than what is here, if anything is.
void take_newer(Core& core, const From& from, LsaPtr lsa, bool asked_for) {
  Interface& interface = *from.interface;
  const LsaHeader header = lsa->lsa.header;
  const bool back = flood(core, lsa, from).back;
  install(core, lsa, asked_for ? Nanos::never() : core.now);
  if (is_own(core, header.key)) core.own_received.push_back(lsa);
  // Section 13.5, table 19.
  if (back) return;
  if (interface.state == InterfaceState::kBackup && from.neighbour->address != interface.designated)
    return;
  delay_ack(core, interface, header);
}

// Steps 6 and 7: the instance that is here.
void take_same(Core& core, const From& from, const Lsa& lsa) {
  Interface& interface = *from.interface;
  Neighbour& neighbour = *from.neighbour;
  const LsaHeader& header = lsa.header;
  // Number, checksum and age make an instance (section 13.1), and can be had for another body by
  // trying. Of our own LSAs we know what they say: a disguised one is answered by a newer instance.
  if (const Lsdb::Entry* own = core.lsdb.find(header.key);
      header.key.router == core.settings.router && own->lsa->lsa.body != lsa.body)
    core.own_received.push_back(own->lsa);
  const StoredLsa* pending = neighbour.retransmissions.find(header.key);
  if (pending && compare_instances(pending->header(core.now), header) == 0) {
    neighbour.retransmissions.remove(header.key);  // an implied acknowledgment
    if (header.is_max_age()) core.aged.push_back(header.key);
    if (interface.state == InterfaceState::kBackup && neighbour.address == interface.designated)
      delay_ack(core, interface, header);
    return;
  }
  ack_at_once(core, interface, neighbour, header);
}

// Step 8: what is here is newer.
void answer_older(Core& core, const From& from, Lsdb::Entry& entry) {
  const LsaHeader header = entry.lsa->header(core.now);
  // It is on its way out to be begun anew (section 12.1.6): everybody will ask for that.
  if (header.is_max_age() && header.sequence == kLastSequence) return;
  if (entry.sent_back_at && core.now - *entry.sent_back_at < kMinLsArrival) return;
  entry.sent_back_at = core.now;
  send_back(core, *from.interface, *from.neighbour, *entry.lsa);
}

bool came_too_early(const Core& core, const Lsdb::Entry& entry) {
  return entry.flooded_at != Nanos::never() && core.now - entry.flooded_at < kMinLsArrival;
}

// The peers drop such an LSA and are sent it again after an RxmtInterval; we look at it again when
// its second is over. The newest one of its key waits.
void defer(Core& core, const From& from, const Lsa& lsa, std::span<const uint8_t> bytes,
           Nanos due) {
  const auto at = core.deferred.find(lsa.header.key);
  if (at == core.deferred.end() && core.deferred.size() >= kMaxDeferred) return;
  if (at != core.deferred.end() &&
      compare_instances(lsa.header, read_lsa_header(at->second.bytes)) <= 0)
    return;
  ++core.counts.deferred;
  const uint32_t neighbour = from.interface->is_broadcast() ? from.neighbour->address.value()
                                                            : from.neighbour->router.value;
  core.deferred.insert_or_assign(
      lsa.header.key,
      Core::Deferred{{bytes.begin(), bytes.end()}, from.interface->index, neighbour, due});
}

// Who waits is not to come after what has overtaken it.
void forget_deferred(Core& core, const LsaHeader& newer) {
  const auto at = core.deferred.find(newer.key);
  if (at != core.deferred.end() && compare_instances(newer, read_lsa_header(at->second.bytes)) >= 0)
    core.deferred.erase(at);
}

// Section 13, one LSA. False when the neighbour has to begin anew.
bool take_lsa(Core& core, const From& from, std::span<const uint8_t> bytes) {
  Interface& interface = *from.interface;
  Neighbour& neighbour = *from.neighbour;
  auto parsed = parse_lsa(bytes);
  if (!parsed) {
    core.refuse(interface, parsed.refusal());
    return true;
  }
  ++core.counts.received;
  Lsa lsa = *std::move(parsed);
  lsa.header.age_s = std::min(lsa.header.age_s, kMaxAgeS);
  const LsaHeader header = lsa.header;
  Lsdb::Entry* entry = core.lsdb.find(header.key);
  if (header.is_max_age() && !entry && !core.is_exchanging()) {
    neighbour.requests.erase(header.key);
    forget_deferred(core, header);
    ack_at_once(core, interface, neighbour, header);
    return true;
  }
  const auto order = entry ? compare_instances(header, entry->lsa->header(core.now))
                           : std::strong_ordering::greater;
  if (order > 0) {
    const bool asked_for = neighbour.requests.contains(header.key);
    if (entry && !asked_for && came_too_early(core, *entry)) {
      defer(core, from, lsa, bytes, entry->flooded_at + kMinLsArrival);
      return true;
    }
    if (!entry && core.lsdb.size() >= core.settings.max_lsas) {
      if (!core.overflow)
        core.outlet.event("error", "ospf.overflow", Ip4Addr(neighbour.router.value).to_string(),
                          "the database is full: new LSAs are not kept");
      core.overflow = true;
      neighbour.requests.erase(header.key);
      ack_at_once(core, interface, neighbour, header);
      return true;
    }
    forget_deferred(core, header);
    take_newer(core, from,
               std::make_shared<StoredLsa>(
                   StoredLsa{std::move(lsa), {bytes.begin(), bytes.end()}, core.now}),
               asked_for);
    return true;
  }
  if (neighbour.requests.contains(header.key)) {
    restart_exchange(core, interface, neighbour, "it sent an older LSA than it had described");
    return false;
  }
  if (order == 0)
    take_same(core, from, lsa);
  else
    answer_older(core, from, *entry);
  return true;
}

// An acknowledgment of ours for a newer instance than there is: somebody said it in our name, where
// we do not hear him. That shall not wait until our next refresh; who has the newer one answers
// ours with it.
void note_impostor(Core& core, const LsaHeader& header) {
  if (header.key.router != core.settings.router) return;
  const Lsdb::Entry* own = core.lsdb.find(header.key);
  if (own && compare_instances(header, own->lsa->header(core.now)) > 0)
    core.own_received.push_back(own->lsa);
}

}  // namespace

void receive_update(Core& core, Interface& interface, Neighbour& neighbour, const Packet& packet) {
  if (!neighbour.floods()) return core.refuse(interface, Refusal::kUnknownNeighbour);
  const auto update = parse_update(packet.body);
  if (!update) return core.refuse(interface, update.refusal());
  const From from{&interface, &neighbour};
  for (const auto lsa : *update)
    if (!take_lsa(core, from, lsa)) return;
}

void receive_ack(Core& core, Interface& interface, Neighbour& neighbour, const Packet& packet) {
  if (!neighbour.floods()) return core.refuse(interface, Refusal::kUnknownNeighbour);
  const auto acks = parse_ack(packet.body);
  if (!acks) return core.refuse(interface, acks.refusal());
  for (const LsaHeader& header : *acks) {
    note_impostor(core, header);
    const StoredLsa* pending = neighbour.retransmissions.find(header.key);
    if (!pending || compare_instances(pending->header(core.now), header) != 0) continue;
    if (pending->lsa.header.is_max_age()) core.aged.push_back(header.key);
    neighbour.retransmissions.remove(header.key);
  }
}

bool install_and_flood(Core& core, LsaPtr lsa) {
  const bool to_somebody = flood(core, lsa, {}).to_somebody;
  install(core, std::move(lsa), Nanos::never());
  return to_somebody;
}

void flush(Core& core, const LsaPtr& lsa) {
  if (!lsa || lsa->lsa.header.is_max_age()) return;
  auto aged = std::make_shared<StoredLsa>(*lsa);
  aged->lsa.header.age_s = kMaxAgeS;
  aged->since = core.now;
  install_and_flood(core, std::move(aged));
}

void take_deferred(Core& core) {
  std::vector<Core::Deferred> due;
  for (auto at = core.deferred.begin(); at != core.deferred.end();) {
    if (at->second.due > core.now) {
      ++at;
      continue;
    }
    due.push_back(std::move(at->second));
    at = core.deferred.erase(at);
  }
  for (const Core::Deferred& one : due) {
    const auto interface = core.interfaces.find(one.interface);
    if (interface == core.interfaces.end()) continue;
    const auto neighbour = interface->second.neighbours.find(one.neighbour);
    if (neighbour == interface->second.neighbours.end() || !neighbour->second.floods()) continue;
    take_lsa(core, {&interface->second, &neighbour->second}, one.bytes);
  }
}

void drop_aged(Core& core) {
  if (!core.all_aged_due && core.aged.empty()) return;
  if (core.is_exchanging()) {
    core.all_aged_due = true;
    core.aged.clear();
    return;
  }
  if (core.all_aged_due) {
    core.all_aged_due = false;
    for (const auto& [key, entry] : core.lsdb.entries())
      if (entry.lsa->lsa.header.is_max_age()) core.aged.push_back(key);
  }
  const auto is_awaited = [&core](const LsaKey& key) {
    for (const auto& [index, interface] : core.interfaces)
      for (const auto& [id, neighbour] : interface.neighbours)
        if (neighbour.retransmissions.find(key)) return true;
    return false;
  };
  for (const LsaKey& key : core.aged) {
    const Lsdb::Entry* entry = core.lsdb.find(key);
    if (entry && entry->lsa->lsa.header.is_max_age() && !is_awaited(key)) core.lsdb.remove(key);
  }
  core.aged.clear();
}

}  // namespace spanway::ospf
