// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/outbox.h"

#include <algorithm>
#include <limits>

#include "control/ospf/ack.h"
#include "control/ospf/transmit.h"
#include "control/ospf/update.h"

namespace spanway::ospf {
namespace {

// So many updates at a time, and then a pause: a flood of many LSAs is not to run over the
// neighbours' socket buffers, since what is lost there costs an RxmtInterval.
constexpr unsigned kUpdatesAtATime = 20;
constexpr Nanos kUpdatePause = millis(2);

// Gathers LSAs into updates for one destination.
class Updates {
 public:
  Updates(Core& core, Interface& interface, Ip4Addr destination)
      : core_(core),
        interface_(interface),
        destination_(destination),
        writer_(envelope_of(core, interface)) {}
  ~Updates() { send(); }
  Updates(const Updates&) = delete;
  Updates& operator=(const Updates&) = delete;

  void add(const StoredLsa& lsa) {
    const uint16_t age_s = age_to_send(core_, interface_, lsa);
    if (writer_.add(lsa.bytes, age_s)) return;
    send();
    (void)writer_.add(lsa.bytes, age_s);  // the first always fits
  }
  [[nodiscard]] unsigned sent() const noexcept { return sent_; }

 private:
  void send() {
    if (writer_.empty()) return;
    transmit(core_, interface_, PacketType::kUpdate, destination_, std::move(writer_).finish());
    writer_ = UpdateWriter(envelope_of(core_, interface_));
    ++sent_;
  }

  Core& core_;
  Interface& interface_;
  Ip4Addr destination_;
  UpdateWriter writer_;
  unsigned sent_ = 0;
};

// A newer instance stands behind it in the outbox, or has come from elsewhere meanwhile.
bool is_outdated(const Core& core, const StoredLsa& lsa) {
  const Lsdb::Entry* entry = core.lsdb.find(lsa.key());
  return entry && entry->lsa.get() != &lsa;
}

unsigned send_outbox(Core& core, Interface& interface, unsigned most) {
  Updates updates(core, interface, group_of(interface));
  while (!interface.outbox.empty() && updates.sent() < most) {
    if (!is_outdated(core, *interface.outbox.front())) updates.add(*interface.outbox.front());
    interface.outbox.pop_front();
  }
  return updates.sent();
}

void send_repetitions(Core& core, Interface& interface, Neighbour& neighbour) {
  const Nanos again = core.now + seconds(interface.settings.retransmit_interval_s);
  Updates updates(core, interface, address_of(interface, neighbour));
  while (updates.sent() < kUpdatesAtATime) {
    const LsaPtr lsa = neighbour.retransmissions.take_due(core.now, again);
    if (!lsa) return;
    ++core.counts.retransmitted;
    updates.add(*lsa);
  }
}

void send_acks(Core& core, Interface& interface) {
  std::span<const LsaHeader> left = interface.acks;
  while (!left.empty()) {
    Filled filled = write_ack(envelope_of(core, interface), left);
    transmit(core, interface, PacketType::kAck, group_of(interface), std::move(filled.packet));
    left = left.subspan(filled.taken);
  }
  interface.acks.clear();
  interface.acks_at = Nanos::never();
}

Nanos repetitions_due(const Interface& interface) noexcept {
  Nanos due = Nanos::never();
  for (const auto& [key, neighbour] : interface.neighbours)
    due = std::min(due, neighbour.retransmissions.next_due());
  return due;
}

}  // namespace

void send_floods(Core& core, Interface& interface) {
  if (interface.acks_at <= core.now) send_acks(core, interface);
  if (interface.outbox_at > core.now) return;
  const bool repeats = repetitions_due(interface) <= core.now;
  if (interface.outbox.empty() && !repeats) return;
  const unsigned sent = send_outbox(core, interface, kUpdatesAtATime);
  if (repeats)
    for (auto& [key, neighbour] : interface.neighbours)
      send_repetitions(core, interface, neighbour);
  if (sent >= kUpdatesAtATime || repeats) interface.outbox_at = core.now + kUpdatePause;
}

Nanos floods_due(const Interface& interface) noexcept {
  const Nanos updates = interface.outbox.empty() ? repetitions_due(interface) : Nanos{INT64_MIN};
  return std::min(interface.acks_at, std::max(updates, interface.outbox_at));
}

void send_last_floods(Core& core, Interface& interface) {
  send_outbox(core, interface, std::numeric_limits<unsigned>::max());
}

}  // namespace spanway::ospf
