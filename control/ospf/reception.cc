// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/reception.h"

#include "control/ospf/exchange.h"
#include "control/ospf/flooding.h"
#include "control/ospf/hello_protocol.h"
#include "control/ospf/packet.h"

namespace spanway::ospf {
namespace {

std::optional<Refusal> judge(const Core& core, const Interface& interface, const Packet& packet) {
  if (!interface.speaks()) return Refusal::kInterfaceDown;
  if (packet.area != core.settings.area) return Refusal::kWrongArea;
  if (packet.router == core.settings.router) return Refusal::kOwnRouterId;
  return std::nullopt;
}

}  // namespace

void receive_packet(Core& core, Interface& interface, Ip4Addr source,
                    std::span<const uint8_t> bytes) {
  const auto packet = parse_packet(bytes);
  if (!packet) {
    ++interface.received[0];
    return core.refuse(interface, packet.refusal());
  }
  ++interface.received[static_cast<size_t>(packet->type)];
  if (const auto why = judge(core, interface, *packet)) return core.refuse(interface, *why);
  const auto proof = interface.settings.authenticator.verify(*packet, core.now);
  if (!proof) return core.refuse(interface, proof.refusal());

  Neighbour* neighbour = find_neighbour(interface, source, packet->router);
  if (neighbour && proof->sequence) {
    // Appendix D.5. What is replayed is as good as what was heard, so it has no say at all.
    if (neighbour->cryptographic_sequence > proof->sequence)
      return core.refuse(interface, Refusal::kReplayed);
    neighbour->cryptographic_sequence = proof->sequence;
  }
  if (packet->type == PacketType::kHello) {
    receive_hello(core, interface, source, *packet);
    if (!neighbour && proof->sequence)
      if ((neighbour = find_neighbour(interface, source, packet->router)))
        neighbour->cryptographic_sequence = proof->sequence;
    return;
  }
  if (!neighbour) return core.refuse(interface, Refusal::kUnknownNeighbour);
  switch (packet->type) {
    case PacketType::kHello:
      return;
    case PacketType::kDescription:
      return receive_description(core, interface, *neighbour, *packet);
    case PacketType::kRequest:
      return receive_request(core, interface, *neighbour, *packet);
    case PacketType::kUpdate:
      return receive_update(core, interface, *neighbour, *packet);
    case PacketType::kAck:
      return receive_ack(core, interface, *neighbour, *packet);
  }
}

}  // namespace spanway::ospf
