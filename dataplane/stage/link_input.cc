// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/link_input.h"

#include "dataplane/stage/punt.h"
#include "dataplane/stage/stage_scope.h"
#include "dataplane/stage/walk.h"

namespace spanway::stage {
namespace {

// Fills meta.in_if and counts the frame for its interface.
DropReason find_interface(Context& context, Packet* p) noexcept {
  Meta& m = meta(p);
  if (m.drop == DropReason::kFrameTruncated) return m.drop;
  // A tag with VLAN 0 carries a priority only (IEEE 802.1Q 9.6): the frame counts as untagged.
  const table::Interface* interface = context.interfaces->find(m.in_port, m.vlan);
  if (interface == nullptr) return DropReason::kUnknownVlan;
  m.in_if = interface->index;
  if (m.in_if.value < seam::kMaxInterfaces) {
    seam::InterfaceCount& count = context.counters.interfaces[m.in_if.value];
    count.rx_packets.add(1);
    count.rx_bytes.add(length(p));
  }
  if (interface->admin_down) return DropReason::kInterfaceDown;
  const EtherAddr& to = header_at<EtherHeader>(p, 0).destination;
  if (to != interface->mac && !to.is_group()) return DropReason::kNotOurMac;
  return DropReason::kNone;
}

// RFC 826, for Ethernet and IPv4; parse has seen that 28 bytes are there.
bool is_sane_arp(Packet* p) noexcept {
  const auto& arp = header_at<ArpPacket>(p, meta(p).l3);
  return arp.hardware.host() == 1 && arp.protocol.host() == ether_type::kIp4 &&
         arp.hardware_bytes == 6 && arp.protocol_bytes == 4;
}

void sort_by_type(Context& context, Packet* p, Batch& to_ip4, Batch& to_ip6) noexcept {
  const Meta& m = meta(p);
  // ip4_input answers bad options, after it has looked at the checksum.
  if (m.drop != DropReason::kNone && m.drop != DropReason::kIp4BadOptions)
    return drop(context, p, m.drop);
  switch (m.ether_type) {
    case ether_type::kIp4:
      return to_ip4.add(p);
    case ether_type::kIp6:
      return to_ip6.add(p);
    case ether_type::kArp:
      if (!is_sane_arp(p)) return drop(context, p, DropReason::kArpMalformed);
      return punt(context, p, seam::PuntReason::kArp);
    default:
      return drop(context, p, DropReason::kUnknownEtherType);
  }
}

}  // namespace

void link_input(Context& context, const Batch& in, Batch& to_ip4, Batch& to_ip6) noexcept {
  const StageScope scope(context, seam::Stage::kLinkInput, in.all());
  for (Packet* p : in.all()) {
    const DropReason why = find_interface(context, p);
    if (why != DropReason::kNone)
      drop(context, p, why);
    else
      sort_by_type(context, p, to_ip4, to_ip6);
  }
}

}  // namespace spanway::stage
