// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/transmit.h"

#include <algorithm>
#include <utility>

namespace spanway::ospf {

Envelope envelope_of(const Core& core, const Interface& interface) {
  return {.router = core.settings.router,
          .area = core.settings.area,
          .room_bytes = room_in(interface.link.mtu_bytes,
                                interface.settings.authenticator.max_digest_bytes())};
}

Ip4Addr group_of(const Interface& interface) {
  return !interface.is_broadcast() || interface.leads() ? kAllSpfRouters : kAllDRouters;
}

Ip4Addr address_of(const Interface& interface, const Neighbour& neighbour) {
  return interface.is_broadcast() ? neighbour.address : kAllSpfRouters;
}

uint16_t age_to_send(const Core& core, const Interface& interface, const StoredLsa& lsa) {
  const unsigned age_s = lsa.age_s(core.now) + interface.settings.transmit_delay_s;
  return static_cast<uint16_t>(std::min<unsigned>(age_s, kMaxAgeS));
}

namespace {

// Never less than what the clock says, so that whoever takes the clock's number at the next start
// is ahead of what was used before.
uint32_t next_cryptographic_sequence(Core& core) {
  const int64_t seconds_on = (core.now - core.born).ns() / seconds(1).ns();
  const uint32_t by_clock = core.settings.first_cryptographic_sequence +
                            static_cast<uint32_t>(seconds_on) * kCryptographicNumbersASecond;
  core.cryptographic_sequence = std::max(core.cryptographic_sequence + 1, by_clock);
  return core.cryptographic_sequence;
}

}  // namespace

void transmit(Core& core, Interface& interface, PacketType type, Ip4Addr destination,
              std::vector<uint8_t> packet) {
  if (auto signed_one = interface.settings.authenticator.sign(
          packet, next_cryptographic_sequence(core), core.now);
      !signed_one) {
    core.outlet.event("error", "ospf.authentication", interface.address().to_string(),
                      signed_one.error().message);
    return;
  }
  ++interface.sent[static_cast<size_t>(type)];
  core.outlet.send(interface.index, destination, packet);
}

}  // namespace spanway::ospf
