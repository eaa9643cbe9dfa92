// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/packet_io.h"

#include <array>
#include <cstring>

#include "dataplane/packet/headers.h"

namespace spanway::daemon {
namespace {

constexpr unsigned kPerPoll = 256;  // punts served before timers get their turn

// Closes the gap of the tag, in the packet itself: it is ours now.
void remove_tag(Packet* packet) noexcept {
  uint8_t* from = data(packet);
  std::memmove(from + sizeof(VlanTag), from, 2 * sizeof(EtherAddr));
  trim_front(packet, sizeof(VlanTag));
  meta(packet).l3 = static_cast<uint16_t>(meta(packet).l3 - sizeof(VlanTag));
  if (meta(packet).l4 != 0)
    meta(packet).l4 = static_cast<uint16_t>(meta(packet).l4 - sizeof(VlanTag));
}

}  // namespace

bool PacketIo::poll(const Receiver& receive) {
  bool more = false;
  for (size_t w = 0; w < channels_.size(); ++w) {
    const auto& channel = channels_[w];
    seam::Punt punt;
    unsigned served = 0;
    while (served < kPerPoll && channel->punt.pop(punt)) {
      ++served;
      Punted given{punt.reason, WorkerId(static_cast<uint16_t>(w)), punt.interface, punt.address,
                   punt.time};
      if (punt.packet != nullptr) {
        if ((meta(punt.packet).flags & Meta::kVlanTagged) != 0) remove_tag(punt.packet);
        given.frame = {data(punt.packet), length(punt.packet)};
        given.l3 = meta(punt.packet).l3;
        given.l4 = meta(punt.packet).l4;
      }
      receive(given);
      if (punt.packet != nullptr) release(punt.packet);
    }
    more = more || served == kPerPoll;
  }
  return more;
}

bool PacketIo::inject(seam::Inject what, std::span<const uint8_t> bytes, uint16_t room_before) {
  Packet* packet = buffers_.allocate();
  uint8_t* room = packet == nullptr || bytes.size() + room_before > UINT16_MAX
                      ? nullptr
                      : append(packet, static_cast<uint16_t>(bytes.size() + room_before));
  if (room == nullptr) {
    if (packet != nullptr) release(packet);
    ++lost_;
    return false;
  }
  std::memset(room, 0, room_before);
  std::memcpy(room + room_before, bytes.data(), bytes.size());
  // One worker sends all that control says, so that it leaves in order.
  what.packet = packet;
  if (channels_.front()->inject.push(what)) return true;
  release(packet);
  ++lost_;
  return false;
}

bool PacketIo::send_frame(IfIndex interface, std::span<const uint8_t> frame, uint16_t open_sums) {
  return inject({.how = seam::Inject::How::kFrame, .interface = interface, .open_sums = open_sums},
                frame, 0);
}

bool PacketIo::send_routed(std::span<const uint8_t> ip_packet) {
  return inject({.how = seam::Inject::How::kRouted, .open_sums = Meta::kOpenSums}, ip_packet,
                sizeof(EtherHeader));
}

bool PacketIo::send_refused(IfIndex interface, std::span<const uint8_t> frame, DropReason reason,
                            uint8_t icmp_error, uint32_t icmp_value) {
  return inject({.how = seam::Inject::How::kRefused,
                 .interface = interface,
                 .reason = reason,
                 .icmp_error = icmp_error,
                 .icmp_value = icmp_value},
                frame, 0);
}

size_t PacketIo::room() const noexcept {
  const auto& ring = channels_.front()->inject;
  const size_t most = ring.capacity() / 2, used = ring.size();
  return used < most ? most - used : 0;
}

void PacketIo::tell_all(const seam::Message& message) {
  for (const auto& channel : channels_)
    if (!channel->mailbox.push(message)) ++lost_;
}

}  // namespace spanway::daemon
