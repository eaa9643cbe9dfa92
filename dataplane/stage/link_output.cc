// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/link_output.h"

#include <cstring>

#include "dataplane/stage/header_view.h"
#include "dataplane/stage/open_sums.h"
#include "dataplane/stage/stage_scope.h"
#include "dataplane/stage/walk.h"
#include "dataplane/stage/watch.h"

namespace spanway::stage {
namespace {

// Makes the layer-2 front `bytes` long; the IP packet stays where it is. False without headroom.
bool resize_front(Packet* p, unsigned bytes) noexcept {
  Meta& m = meta(p);
  if (m.l3 > bytes) {
    trim_front(p, static_cast<uint16_t>(m.l3 - bytes));
  } else if (m.l3 < bytes) {
    if (prepend(p, static_cast<uint16_t>(bytes - m.l3)) == nullptr) return false;
  }
  if (m.l4 != 0) m.l4 = static_cast<uint16_t>(m.l4 - m.l3 + bytes);
  m.l3 = static_cast<uint16_t>(bytes);
  return true;
}

// The frame is complete: counts it, shows it to whoever watches, hands it to the port.
void leave(Context& context, Packet* p, IfIndex interface, PortId port) noexcept {
  meta(p).out_if = interface;
  if (interface.value < seam::kMaxInterfaces) {
    seam::InterfaceCount& count = context.counters.interfaces[interface.value];
    count.tx_packets.add(1);
    count.tx_bytes.add(length(p));
  }
  const bool watched = watching(context);
  // A capture shows the bytes as they will arrive: no card is asked while somebody watches.
  if (has_open_sums(p)) [[unlikely]]
    close_sums(p, watched ? uint16_t{0} : context.output.card_sums(port));
  if (watched) [[unlikely]]
    watch_departure(context, port, p);
  if (is_set(meta(p), Meta::kTraced)) [[unlikely]]
    end_trace(context, p, DropReason::kNone);
  context.output.add(port, p);
}

bool add_tag(Packet* p, uint16_t vlan) noexcept {
  uint8_t* front = prepend(p, sizeof(VlanTag));
  if (front == nullptr) return false;
  constexpr size_t kAddresses = 2 * sizeof(EtherAddr);
  std::memmove(front, front + sizeof(VlanTag), kAddresses);
  const Be16 tag[2] = {Be16(ether_type::kVlan), Be16(vlan)};
  std::memcpy(front + kAddresses, tag, sizeof tag);
  Meta& m = meta(p);
  m.l3 = static_cast<uint16_t>(m.l3 + sizeof(VlanTag));
  if (m.l4 != 0) m.l4 = static_cast<uint16_t>(m.l4 + sizeof(VlanTag));
  m.vlan = vlan;
  return true;
}

}  // namespace

void link_output(Context& context, const RoutedBatch& in) noexcept {
  if (in.empty()) return;
  const StageScope scope(context, seam::Stage::kLinkOutput, in.all());
  for (unsigned i = 0; i < in.size(); ++i) {
    Packet* p = in[i];
    const table::NextHop& hop = in.hop(i);
    if (!resize_front(p, hop.rewrite_bytes)) {
      drop(context, p, DropReason::kNoBuffer);
      continue;
    }
    std::memcpy(data(p), hop.rewrite.data(), hop.rewrite_bytes);
    leave(context, p, hop.interface, hop.port);
  }
}

void send_frame(Context& context, Packet* p, const table::Interface& interface) noexcept {
  const StageScope scope(context, seam::Stage::kLinkOutput, {&p, 1});
  meta(p).out_if = interface.index;
  if (!interface.up) return drop(context, p, DropReason::kInterfaceDown);
  if (interface.vlan != 0 && !add_tag(p, interface.vlan))
    return drop(context, p, DropReason::kNoBuffer);
  leave(context, p, interface.index, interface.port);
}

void send_on_link(Context& context, Packet* p, IfIndex interface, const EtherAddr& peer) noexcept {
  const table::Interface* out = context.interfaces->get(interface);
  if (out == nullptr || !resize_front(p, sizeof(EtherHeader)))
    return drop(context, p, DropReason::kInterfaceDown);
  header_at<EtherHeader>(p, 0) = {peer, out->mac, Be16(ether_type::kIp6)};
  send_frame(context, p, *out);
}

}  // namespace spanway::stage
