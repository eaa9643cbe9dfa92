// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/hello_protocol.h"

#include <algorithm>

#include "control/ospf/hello.h"
#include "control/ospf/interface_fsm.h"
#include "control/ospf/neighbour_fsm.h"
#include "control/ospf/transmit.h"

namespace spanway::ospf {
namespace {

// Between Hellos out of turn, which news of the link ask for; after some quiet, kHelloBurst may
// follow each other at once: up, met, heard.
constexpr Nanos kHelloDistance = millis(100);
constexpr int64_t kHelloBurst = 3;

uint32_t key_of(const Interface& interface, Ip4Addr source, RouterId router) {
  return interface.is_broadcast() ? source.value() : router.value;
}

Hello make_hello(const Interface& interface) {
  return {.mask = Ip4Addr(mask4(interface.length())),
          .hello_interval_s = interface.settings.hello_interval_s,
          .options = options::kExternal,
          .priority = interface.settings.priority,
          .dead_interval_s = interface.settings.dead_interval_s,
          .designated = interface.designated,
          .backup = interface.backup,
          .neighbours = {}};
}

std::optional<Refusal> judge(const Interface& interface, const Hello& hello) {
  if (interface.is_broadcast() && hello.mask != Ip4Addr(mask4(interface.length())))
    return Refusal::kWrongMask;
  if (hello.hello_interval_s != interface.settings.hello_interval_s)
    return Refusal::kWrongHelloInterval;
  if (hello.dead_interval_s != interface.settings.dead_interval_s)
    return Refusal::kWrongDeadInterval;
  if ((hello.options & options::kExternal) == 0) return Refusal::kWrongOptions;
  return std::nullopt;
}

// Takes away whom a newcomer replaces; false where there is no room for it.
bool make_room(Core& core, Interface& interface, Ip4Addr source, Refusal& why) {
  auto& all = interface.neighbours;
  if (!interface.is_broadcast()) {
    if (all.empty()) return true;
    // The same machine with another identifier need not wait until its old one is dead.
    why = Refusal::kSecondNeighbour;
    if (all.begin()->second.address != source) return false;
    bury(core, interface, all.begin()->second, "it has another router ID now");
    all.clear();
    return true;
  }
  if (all.size() < kMaxNeighbours) return true;
  why = Refusal::kTooManyNeighbours;
  const auto stranger = std::ranges::find_if(
      all, [](const auto& entry) { return !entry.second.reached(NeighbourState::kTwoWay); });
  if (stranger == all.end()) return false;
  all.erase(stranger);
  return true;
}

Neighbour* meet(Core& core, Interface& interface, Ip4Addr source, RouterId router) {
  const auto at = interface.neighbours.find(key_of(interface, source, router));
  if (at != interface.neighbours.end()) {
    Neighbour& known = at->second;
    if (known.router == router) return &known;
    // On a network an address names the neighbour, which may come back as another router.
    bury(core, interface, known, "it has another router ID now");
    interface.neighbours.erase(at);
  }
  Refusal why{};
  if (!make_room(core, interface, source, why)) {
    core.refuse(interface, why);
    return nullptr;
  }
  Neighbour& made = interface.neighbours[key_of(interface, source, router)];
  made.router = router;
  made.since = core.now;
  made.next_description_sequence = static_cast<uint32_t>(core.random());
  made.state = NeighbourState::kInit;
  interface.hello_at = core.now;  // it need not wait to see that it is heard
  return &made;
}

// What a neighbour says that elections look at.
struct Claims {
  uint8_t priority;
  bool designated, backup;  // of itself
  bool operator==(const Claims&) const = default;
};

Claims claims_of(const Neighbour& neighbour) {
  return {neighbour.priority, neighbour.designated == neighbour.address,
          neighbour.backup == neighbour.address};
}

// The end of section 10.5. The neighbour hears us.
void note_claims(Interface& interface, const Neighbour& neighbour, const Claims& before) {
  const Claims now = claims_of(neighbour);
  if (interface.state == InterfaceState::kWaiting) {
    if (!now.backup && !(now.designated && neighbour.backup.is_zero())) return;
    interface.wait_until = Nanos::never();  // BackupSeen
    interface.election_due = true;
  } else if (now != before) {
    interface.election_due = true;
  }
}

void send(Core& core, Interface& interface, const Hello& hello) {
  transmit(core, interface, PacketType::kHello, kAllSpfRouters,
           write_hello(envelope_of(core, interface), hello));
}

}  // namespace

bool hello_due(const Core& core, const Interface& interface) noexcept {
  return interface.hello_at <= core.now && interface.hello_not_before <= core.now;
}

void send_hello(Core& core, Interface& interface) {
  Hello hello = make_hello(interface);
  for (const auto& [key, neighbour] : interface.neighbours)
    hello.neighbours.push_back(neighbour.router);
  interface.hello_at = core.now + seconds(interface.settings.hello_interval_s);
  interface.hello_not_before =
      std::max(interface.hello_not_before, core.now - kHelloDistance * (kHelloBurst - 1)) +
      kHelloDistance;
  send(core, interface, hello);
}

void send_farewell(Core& core, Interface& interface) {
  send(core, interface, make_hello(interface));
}

Neighbour* find_neighbour(Interface& interface, Ip4Addr source, RouterId router) {
  const auto at = interface.neighbours.find(key_of(interface, source, router));
  if (at == interface.neighbours.end() || at->second.router != router) return nullptr;
  return &at->second;
}

void receive_hello(Core& core, Interface& interface, Ip4Addr source, const Packet& packet) {
  const auto hello = parse_hello(packet.body);
  if (!hello) return core.refuse(interface, hello.refusal());
  if (const auto why = judge(interface, *hello)) return core.refuse(interface, *why);
  Neighbour* met_one = find_neighbour(interface, source, packet.router);
  if (!met_one) met_one = meet(core, interface, source, packet.router);
  if (!met_one) return;
  Neighbour& neighbour = *met_one;
  const Claims before = claims_of(neighbour);
  neighbour.address = source;
  neighbour.dies_at = core.now + seconds(interface.settings.dead_interval_s);
  neighbour.priority = hello->priority;
  neighbour.options = hello->options;
  neighbour.designated = hello->designated;
  neighbour.backup = hello->backup;
  if (std::ranges::find(hello->neighbours, core.settings.router) == hello->neighbours.end())
    return hears_us_no_more(core, interface, neighbour);
  hears_us(core, interface, neighbour);
  if (interface.is_broadcast()) note_claims(interface, neighbour, before);
}

}  // namespace spanway::ospf
