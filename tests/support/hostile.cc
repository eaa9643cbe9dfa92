// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/hostile.h"

#include <algorithm>

namespace spanway::test {
namespace {

using table::NextHopKind;

std::vector<Bytes> make_valid() {
  const Ether in{Road::kLeftMac, Road::kLeftPeer};
  const Ether group{mac_of("33:33:00:00:00:01"), Road::kLeftPeer};
  const Ether ospf{mac_of("01:00:5e:00:00:05"), Road::kLeftPeer};
  const Ip4 through{ip4_of("10.0.1.2"), ip4_of("10.0.2.2")};
  const Ip4 to_us{through.from, ip4_of("10.0.1.1")};
  const Ip6 through6{ip6_of("2001:db8:1::2"), ip6_of("2001:db8:2::2")};
  const Ip6 to_us6{through6.from, ip6_of("2001:db8:1::1")};
  const auto next = [](Ip6 ip, uint8_t header, uint8_t limit = 64) {
    ip.next = header;
    ip.hop_limit = limit;
    return ip;
  };
  Ip4 options = through, unresolved = through, piece = through, echo = to_us;
  options.options = {7, 7, 4, 0, 0, 0, 0, 1, 148, 4, 0, 0};
  unresolved.to = ip4_of("10.0.2.99");
  piece.fragment = 0x2000;
  echo.protocol = 1;
  Ip4 hello{to_us.from, ip4_of("224.0.0.5"), 89, 1};
  const Ip6 all{ip6_of("fe80::2"), ip6_of("ff02::1"), 58};
  const Ip6 solicit = next({through6.from, ip6_of("ff02::1:ff00:1")}, 58, 255);
  const Bytes pad = {1, 4, 0, 0, 0, 0};
  const Bytes long_pad = {1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  return {
      frame4(in, packet4(through, udp(through, 1000, 2000, counting(30)))),
      frame4(in, packet4({through.from, through.to, 6}, tcp(through, 1000, 80))),
      frame4(in, packet4(options, udp(options, 1, 2, counting(9)))),
      frame4(in, packet4(unresolved, udp(unresolved, 1, 2, {}))),
      frame4(in, packet4(piece, counting(64))),
      frame4({in.to, in.from, 0}, packet4(through, udp(through, 5, 6, counting(3)))),
      frame4(in, packet4(echo, icmp4(8, 0, 0x10001, counting(56)))),
      frame4(in, packet4(echo, icmp4(0, 0, 0x10001, counting(8)))),
      frame4(in, packet4(echo, icmp4(3, 1, 0, counting(28)))),
      frame4(ospf, packet4(hello, counting(44))),
      frame6(in, packet6(through6, udp(through6, 1000, 2000, counting(30)))),
      frame6(in, packet6(next(through6, 6), tcp(through6, 1000, 80))),
      frame6(in, packet6(next(through6, 0),
                         extension(60, pad) + extension(17, long_pad) + udp(through6, 1, 2, {}))),
      frame6(in, packet6(next(through6, 43),
                         extension(44, pad) + fragment_header(17, 0, true, 5) + counting(16))),
      frame6(in, packet6(next(through6, 51), Bytes{17, 4} + Bytes(22) + udp(through6, 1, 2, {}))),
      frame6(in, packet6(next(to_us6, 58), icmp6(next(to_us6, 58), 128, 0, 1, counting(56)))),
      frame6(group, packet6(all, icmp6(all, 128, 0, 1, counting(8)))),
      frame6(group, packet6(solicit, icmp6(solicit, 135, 0, 0, counting(24)))),
      arp_request(Road::kLeftPeer, through.from, to_us.to),
  };
}

}  // namespace

const std::vector<Bytes>& valid_frames() {
  static const std::vector<Bytes> frames = make_valid();
  return frames;
}

void set_hostile_routes(Road& road) {
  road.route("10.9.0.0/16", Road::to_kind(NextHopKind::kReject));
  road.route("10.8.0.0/16", Road::to_kind(NextHopKind::kBlackhole));
  road.route("10.7.0.0/16", Road::to_kind(NextHopKind::kResolve, Road::kRight, "10.0.2.200"));
  road.route("2001:db8:7::/48", Road::to_kind(NextHopKind::kResolve, Road::kRight, "fe80::7"));
  road.route("2001:db8:9::/48", Road::to_kind(NextHopKind::kReject));
  // What random addresses meet: a narrow link for IPv4, a wide one for IPv6.
  const EtherAddr far = mac_of("02:00:00:00:02:99");
  road.route("128.0.0.0/2", road.to_neighbour(Road::kRight, far, Family::kIp4, 60));
  road.route("2000::/4", road.to_neighbour(Road::kRight, far, Family::kIp6, 1280));
}

// The IPv4 header checksum comes right again, so that the damage is looked at and not only summed.
void Hostile::mend_checksum(Bytes& bytes) {
  const size_t l3 = bytes.size() > 13 && bytes[12] == 0x81 ? 18 : 14;
  if (bytes.size() < l3 + 20 || bytes[l3 - 2] != 8 || bytes[l3 - 1] != 0) return;
  const size_t header = (bytes[l3] & 15u) * 4u;
  if (header < 20 || bytes.size() < l3 + header) return;
  bytes[l3 + 10] = bytes[l3 + 11] = 0;
  const auto at = bytes.begin() + static_cast<long>(l3);
  const uint16_t sum = plain_checksum(Bytes(at, at + static_cast<long>(header)));
  bytes[l3 + 10] = static_cast<uint8_t>(sum >> 8);
  bytes[l3 + 11] = static_cast<uint8_t>(sum);
}

void Hostile::spoil(Bytes& bytes) {
  if (bytes.empty()) return;
  switch (random_.below(8)) {
    case 0:  // one bit
      bytes[place(bytes)] ^= static_cast<uint8_t>(1u << random_.below(8));
      break;
    case 1:  // one byte near the front, where the headers are
      bytes[random_.below(std::min<size_t>(bytes.size(), 62))] = static_cast<uint8_t>(random_());
      break;
    case 2:  // a byte that lengths and types like to be
      bytes[place(bytes)] =
          Bytes{0, 1, 2, 4, 6, 17, 43, 44, 51, 58, 59, 60, 127, 128, 255}.at(random_.below(15));
      break;
    case 3:  // cut short
      bytes.resize(random_.below(bytes.size()));
      break;
    case 4:  // padded
      bytes.resize(std::min<size_t>(bytes.size() + random_.below(60), 1600), 0xa5);
      break;
    case 5: {  // the tail of another
      const Bytes& other = valid_frames()[random_.below(valid_frames().size())];
      const size_t from = place(bytes) % other.size();
      bytes.resize(place(bytes));
      bytes.insert(bytes.end(), other.begin() + static_cast<long>(from), other.end());
      break;
    }
    case 6: {  // some bytes twice
      const size_t at = place(bytes);
      const Bytes again(bytes.begin() + static_cast<long>(at), bytes.end());
      if (bytes.size() + again.size() <= 1600)
        bytes.insert(bytes.begin() + static_cast<long>(at), again.begin(), again.end());
      break;
    }
    default:  // a random destination
      for (size_t i = 30; i < 34 && i < bytes.size(); ++i)
        bytes[i] = static_cast<uint8_t>(random_());
      break;
  }
}

Bytes Hostile::spoiled(uint64_t times) {
  if (chance(2)) {
    Bytes noise(random_.below(200));
    for (uint8_t& byte : noise) byte = static_cast<uint8_t>(random_());
    return noise;
  }
  Bytes bytes = valid_frames()[random_.below(valid_frames().size())];
  for (; times != 0; --times) spoil(bytes);
  if (chance(70)) mend_checksum(bytes);
  return bytes;
}

Bytes Hostile::frame() { return spoiled(random_.below(4)); }
Bytes Hostile::malformed() { return spoiled(1 + random_.below(3)); }

void Hostile::step(Road& road) {
  const IfIndex interface = chance(50) ? Road::kLeft : Road::kRight;
  const IpAddr gateway = chance(50) ? IpAddr(ip4_of("10.0.2.99")) : IpAddr(ip4_of("10.0.2.200"));
  switch (random_.below(20)) {
    case 0:
      road.tell(seam::Message::Kind::kNeighbourResolved, interface, gateway);
      break;
    case 1:
      road.tell(seam::Message::Kind::kNeighbourFailed, interface, gateway);
      break;
    case 2:
      road.tell(seam::Message::Kind::kInterfaceGone, interface);
      break;
    case 3:
      road.advance(millis(static_cast<int64_t>(random_.below(2000))));
      road.expire();
      break;
    case 4:
      road.card_sums = chance(50) ? uint16_t{Meta::kOpenSums} : uint16_t{0};
      road.inject(chance(50) ? seam::Inject::How::kRouted : seam::Inject::How::kFrame, interface,
                  frame(), chance(50) ? uint16_t{Meta::kOpenSums} : uint16_t{0});
      break;
    case 5:
      road.punted();
      break;
    default: {
      std::vector<Packet*> packets;
      for (uint64_t count = 1 + random_.below(40); count != 0; --count)
        packets.push_back(chance(50) ? packet_of(frame()) : exact_packet_of(frame()));
      road.receive(chance(90) ? Road::kLeftPort : Road::kRightPort, packets);
      break;
    }
  }
  road.sent();
}

}  // namespace spanway::test
