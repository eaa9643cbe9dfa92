// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/ospf_sender.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "control/local/fragment.h"
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/headers.h"

namespace spanway::daemon {
namespace {

constexpr uint8_t kInternetworkControl = 0xc0;  // RFC 2328 appendix A.1
constexpr uint8_t kOneHop = 1;
// The longest IP packet that control can hand to a worker.
constexpr size_t kMostPacketBytes = tuning::kBufferBytes - sizeof(EtherHeader);

std::vector<uint8_t> with_header(Ip4Addr source, Ip4Addr destination, uint16_t id,
                                 std::span<const uint8_t> packet) {
  Ip4Header ip{};
  ip.version_ihl = 0x45;
  ip.dscp_ecn = kInternetworkControl;
  ip.total_length = Be16(static_cast<uint16_t>(sizeof ip + packet.size()));
  ip.id = Be16(id);
  ip.ttl = kOneHop;
  ip.protocol = ip_proto::kOspf;
  ip.source = Ip4Wire::of(source);
  ip.destination = Ip4Wire::of(destination);
  ip4_checksum_fill(ip);
  std::vector<uint8_t> out(sizeof ip + packet.size());
  std::memcpy(out.data(), &ip, sizeof ip);
  std::memcpy(out.data() + sizeof ip, packet.data(), packet.size());
  return out;
}

}  // namespace

EtherAddr group_mac(Ip4Addr group) {
  const uint32_t low = group.value() & 0x7f'ffff;
  return EtherAddr{{0x01, 0x00, 0x5e, static_cast<uint8_t>(low >> 16),
                    static_cast<uint8_t>(low >> 8), static_cast<uint8_t>(low)}};
}

std::optional<IpWithLength> first_ip4(const NamedInterface& interface) {
  for (const IpWithLength& own : interface.configured)
    if (own.addr.is4())
      return interface.ready.contains(own.addr) ? std::optional(own) : std::nullopt;
  return std::nullopt;
}

void OspfSender::send(IfIndex index, Ip4Addr destination, std::span<const uint8_t> packet,
                      Nanos now) {
  const NamedInterface* interface = interfaces_.find(index);
  const auto source = interface == nullptr ? std::nullopt : first_ip4(*interface);
  if (!source || packet.size() > UINT16_MAX - sizeof(Ip4Header)) {
    ++lost_;
    return;
  }
  std::vector<uint8_t> ip = with_header(source->addr.v4(), destination, next_id_++, packet);
  if (destination.is_multicast()) return queue(*interface, group_mac(destination), ip);
  if (const auto mac = neighbours_.mac_of(index, destination)) return queue(*interface, *mac, ip);
  if (unresolved_.size() == kMostUnresolved) {
    ++lost_;
    return;
  }
  unresolved_.push_back({index, destination, std::move(ip)});
  // Ends in resolved() or failed(), perhaps within this call.
  neighbours_.on_unresolved(index, destination, now);
}

void OspfSender::prepare(IfIndex interface, Ip4Addr neighbour, Nanos now) {
  if (!neighbours_.mac_of(interface, neighbour) && questions_.take(now))
    neighbours_.on_unresolved(interface, neighbour, now);
}

void OspfSender::queue(const NamedInterface& interface, const EtherAddr& to,
                       std::span<const uint8_t> ip_packet) {
  if (queued_bytes_ + ip_packet.size() > kMostQueuedBytes) {
    ++lost_;
    return;
  }
  const EtherHeader ether{to, interfaces_.mac_of(interface), Be16(ether_type::kIp4)};
  const Ip4Header& ip = *reinterpret_cast<const Ip4Header*>(ip_packet.data());
  const size_t most = std::min<size_t>(interface.mtu, kMostPacketBytes);
  for (const auto& piece : local::cut(ip_packet, most, ip.id.host())) {
    Frame frame{interface.index, std::vector<uint8_t>(sizeof ether + piece.size())};
    std::memcpy(frame.bytes.data(), &ether, sizeof ether);
    std::memcpy(frame.bytes.data() + sizeof ether, piece.data(), piece.size());
    queued_bytes_ += frame.bytes.size();
    queue_.push_back(std::move(frame));
  }
  ++sent_;
}

void OspfSender::resolved(IfIndex interface, const IpAddr& neighbour, const EtherAddr& mac) {
  if (unresolved_.empty() || !neighbour.is4()) return;
  const NamedInterface* out = interfaces_.find(interface);
  const auto waits = [&](const Unresolved& one) {
    return one.interface == interface && one.neighbour == neighbour.v4();
  };
  for (const Unresolved& one : unresolved_)
    if (out != nullptr && waits(one)) queue(*out, mac, one.packet);
  std::erase_if(unresolved_, waits);
}

void OspfSender::failed(IfIndex interface, const IpAddr& neighbour) {
  if (!neighbour.is4()) return;
  lost_ += std::erase_if(unresolved_, [&](const Unresolved& one) {
    return one.interface == interface && one.neighbour == neighbour.v4();
  });
}

void OspfSender::forget(IfIndex interface) {
  lost_ +=
      std::erase_if(unresolved_, [&](const Unresolved& one) { return one.interface == interface; });
  std::erase_if(queue_, [&](const Frame& one) {
    if (one.interface != interface) return false;
    queued_bytes_ -= one.bytes.size();
    return true;
  });
}

bool OspfSender::pump() {
  size_t room = io_.room();
  for (; room > 0 && !queue_.empty(); --room) {
    const Frame& frame = queue_.front();
    if (!io_.send_frame(frame.interface, frame.bytes)) break;
    queued_bytes_ -= frame.bytes.size();
    queue_.pop_front();
  }
  return !queue_.empty();
}

}  // namespace spanway::daemon
