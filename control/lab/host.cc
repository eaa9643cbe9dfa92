// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/host.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/base/tuning.h"
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/headers.h"

namespace spanway::lab {
namespace {

constexpr uint16_t kDiscardPort = 9;  // RFC 863; the low ports of the pair carry the flow's number
constexpr uint32_t kMagic = 0x53504e57;

struct Payload {
  Be32 magic;
  Be32 flow;
  Be32 sequence;
  Be64 sent_ns;
};
static_assert(sizeof(Payload) == 20);

template <class T>
T* at(Packet* packet, size_t offset) noexcept {
  return reinterpret_cast<T*>(data(packet) + offset);
}

}  // namespace

Host::Host(HostOptions options, std::unique_ptr<drivers::Port> port, const BufferSource& buffers)
    : options_(std::move(options)), port_(std::move(port)), buffers_(buffers) {}

Host::~Host() = default;

bool Host::is_ours(const IpAddr& address) const noexcept {
  return std::find(options_.addresses.begin(), options_.addresses.end(), address) !=
         options_.addresses.end();
}

unsigned Host::turn(Nanos now, bool sending) noexcept {
  unsigned met = receive(now);
  if (sending)
    for (Flow* flow : outgoing_) met += send(*flow, now);
  return met;
}

unsigned Host::receive(Nanos now) noexcept {
  std::array<Packet*, tuning::kBurst> packets;
  const unsigned count = port_->rx_burst(QueueId{0}, packets.data(), tuning::kBurst, now);
  for (unsigned i = 0; i < count; ++i) {
    Packet* packet = packets[i];
    bool answered = false;
    if (length(packet) >= sizeof(EtherHeader)) {
      const uint16_t type = at<EtherHeader>(packet, 0)->type.host();
      if (type == ether_type::kArp) {
        answered = answer_arp(packet);
      } else if (type == ether_type::kIp4) {
        constexpr size_t kPayload = sizeof(EtherHeader) + sizeof(Ip4Header) + sizeof(UdpHeader);
        if (length(packet) >= kPayload)
          deliver(data(packet) + kPayload, length(packet) - kPayload, now);
      } else if (type == ether_type::kIp6) {
        constexpr size_t kPayload = sizeof(EtherHeader) + sizeof(Ip6Header) + sizeof(UdpHeader);
        answered = answer_solicitation(packet);
        if (!answered && length(packet) >= kPayload)
          deliver(data(packet) + kPayload, length(packet) - kPayload, now);
      }
    }
    if (!answered || port_->tx_burst(QueueId{0}, &packet, 1, now) == 0) release(packet);
  }
  return count;
}

void Host::deliver(const uint8_t* payload, size_t bytes, Nanos now) noexcept {
  Payload note;
  if (bytes < sizeof note || flows_ == nullptr) return;
  std::memcpy(&note, payload, sizeof note);
  if (note.magic.host() != kMagic || note.flow.host() >= flows_->size()) return;
  Flow& flow = *(*flows_)[note.flow.host()];
  if (!is_ours(flow.destination)) return;
  flow.received.add(1);
  if (note.sequence.host() < flow.expected_sequence)
    flow.reordered.add(1);
  else
    flow.expected_sequence = note.sequence.host() + 1;
  const uint64_t latency = static_cast<uint64_t>(now.ns()) - note.sent_ns.host();
  flow.latency_sum_ns.add(latency);
  if (latency > flow.latency_max_ns.get()) flow.latency_max_ns.set(latency);
  flow.last_progress = now;
  flow.allowed = std::min(flow.allowed + 1, flow.window);
}

bool Host::answer_arp(Packet* packet) noexcept {
  if (length(packet) < sizeof(EtherHeader) + sizeof(ArpPacket)) return false;
  auto* arp = at<ArpPacket>(packet, sizeof(EtherHeader));
  if (arp->operation.host() != 1 || !is_ours(arp->target_ip.addr())) return false;
  const Ip4Wire asked = arp->target_ip;
  arp->operation = Be16(2);
  arp->target_mac = arp->sender_mac;
  arp->target_ip = arp->sender_ip;
  arp->sender_mac = port_->info().mac;
  arp->sender_ip = asked;
  auto* ether = at<EtherHeader>(packet, 0);
  ether->destination = arp->target_mac;
  ether->source = arp->sender_mac;
  return true;
}

// A neighbour solicitation with its 8-byte source option becomes the advertisement with a target
// option of the same size (RFC 4861 sections 4.3, 4.4 and 4.6.1).
bool Host::answer_solicitation(Packet* packet) noexcept {
  struct Solicitation {
    IcmpHeader icmp;
    Ip6Addr target;
    uint8_t option_type, option_words;
    EtherAddr option_mac;
  };
  constexpr size_t kFrame = sizeof(EtherHeader) + sizeof(Ip6Header) + sizeof(Solicitation);
  if (length(packet) < kFrame) return false;
  auto* ip = at<Ip6Header>(packet, sizeof(EtherHeader));
  auto* nd = at<Solicitation>(packet, sizeof(EtherHeader) + sizeof(Ip6Header));
  if (ip->next_header != ip_proto::kIcmp6 || nd->icmp.type != 135 || nd->option_type != 1 ||
      !is_ours(nd->target))
    return false;
  auto* ether = at<EtherHeader>(packet, 0);
  ether->destination = nd->option_mac;
  ether->source = port_->info().mac;
  ip->destination = ip->source;
  ip->source = nd->target;
  nd->icmp = IcmpHeader{136, 0, Be16(), Be32(0x60000000)};  // solicited, override
  nd->option_type = 2;
  nd->option_mac = port_->info().mac;
  const std::span<const uint8_t> body(reinterpret_cast<const uint8_t*>(nd), sizeof *nd);
  nd->icmp.checksum = Be16::from_raw(
      checksum_finish(checksum_add(pseudo_sum(*ip, ip_proto::kIcmp6, sizeof *nd), body)));
  return true;
}

unsigned Host::send(Flow& flow, Nanos now) noexcept {
  // A straggler that was written off already makes the difference negative.
  const uint64_t accounted = flow.received.get() + flow.lost.get();
  uint64_t under_way = flow.sent.get() > accounted ? flow.sent.get() - accounted : 0;
  if (under_way > 0 && now - flow.last_progress > flow.write_off) {
    flow.lost.add(under_way);
    under_way = 0;
    flow.allowed = 1;
  }
  if (under_way >= flow.allowed) return 0;
  const unsigned wanted =
      static_cast<unsigned>(std::min<uint64_t>(flow.allowed - under_way, tuning::kBurst));
  std::array<Packet*, tuning::kBurst> packets;
  unsigned made = 0;
  while (made < wanted && (packets[made] = make_datagram(flow, now)) != nullptr) ++made;
  const unsigned sent =
      port_->tx_burst(QueueId{0}, packets.data(), static_cast<uint16_t>(made), now);
  release_burst(packets.data() + sent, made - sent);
  // What the wire refused was never under way: its numbers are used again.
  flow.next_sequence -= made - sent;
  if (under_way == 0 && sent != 0) flow.last_progress = now;
  flow.sent.add(sent);
  return sent;
}

Packet* Host::make_datagram(Flow& flow, Nanos now) noexcept {
  Packet* packet = buffers_.allocate();
  if (packet == nullptr) return nullptr;
  const bool v4 = flow.source.is4();
  const size_t ip_bytes = v4 ? sizeof(Ip4Header) : sizeof(Ip6Header);
  const size_t least = sizeof(EtherHeader) + ip_bytes + sizeof(UdpHeader) + sizeof(Payload);
  const uint16_t frame = static_cast<uint16_t>(std::max<size_t>(flow.frame_bytes, least));
  uint8_t* bytes = append(packet, frame);
  if (bytes == nullptr) {
    release(packet);
    return nullptr;
  }
  std::memset(bytes, 0, frame);
  *at<EtherHeader>(packet, 0) = {options_.gateway, port_->info().mac,
                                 Be16(v4 ? ether_type::kIp4 : ether_type::kIp6)};
  const uint16_t ip_total = static_cast<uint16_t>(frame - sizeof(EtherHeader));
  const uint16_t udp_total = static_cast<uint16_t>(ip_total - ip_bytes);
  uint64_t pseudo = 0;
  if (v4) {
    auto* ip = at<Ip4Header>(packet, sizeof(EtherHeader));
    ip->version_ihl = 0x45;
    ip->total_length = Be16(ip_total);
    ip->ttl = 64;
    ip->protocol = ip_proto::kUdp;
    ip->source = Ip4Wire::of(flow.source.v4());
    ip->destination = Ip4Wire::of(flow.destination.v4());
    ip4_checksum_fill(*ip);
    pseudo = pseudo_sum(*ip, ip_proto::kUdp, udp_total);
  } else {
    auto* ip = at<Ip6Header>(packet, sizeof(EtherHeader));
    ip->version_class_flow = Be32(0x60000000);
    ip->payload_length = Be16(udp_total);
    ip->next_header = ip_proto::kUdp;
    ip->hop_limit = 64;
    ip->source = flow.source.v6();
    ip->destination = flow.destination.v6();
    pseudo = pseudo_sum(*ip, ip_proto::kUdp, udp_total);
  }
  auto* udp = at<UdpHeader>(packet, sizeof(EtherHeader) + ip_bytes);
  *udp = {Be16(static_cast<uint16_t>(0xc000 | (flow.id & 0x3fff))), Be16(kDiscardPort),
          Be16(udp_total), Be16()};
  const Payload note{Be32(kMagic), Be32(flow.id), Be32(flow.next_sequence++),
                     Be64(static_cast<uint64_t>(now.ns()))};
  std::memcpy(reinterpret_cast<uint8_t*>(udp) + sizeof *udp, &note, sizeof note);
  const uint16_t sum =
      checksum_finish(checksum_add(pseudo, {reinterpret_cast<const uint8_t*>(udp), udp_total}));
  udp->checksum = Be16::from_raw(sum == 0 ? 0xffff : sum);  // RFC 768: zero means none
  return packet;
}

}  // namespace spanway::lab
