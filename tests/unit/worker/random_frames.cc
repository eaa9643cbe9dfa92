// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/worker/random_frames.h"

#include <algorithm>

#include "dataplane/packet/checksum.h"
#include "dataplane/packet/headers.h"
#include "tests/unit/worker/test_router.h"

namespace spanway::test {
namespace {

constexpr size_t kL3 = sizeof(EtherHeader);

template <class T>
T& at(Frame& frame, size_t offset) {
  return *reinterpret_cast<T*>(frame.data() + offset);
}

uint8_t byte(Random& random) { return static_cast<uint8_t>(random.below(256)); }

void fill4(Frame& frame, uint8_t slot, Random& random) {
  auto& ip = at<Ip4Header>(frame, kL3);
  ip.version_ihl = 0x45;
  ip.dscp_ecn = byte(random);
  ip.total_length = Be16(static_cast<uint16_t>(frame.size() - kL3));
  ip.id = Be16(static_cast<uint16_t>(random()));
  ip.ttl = static_cast<uint8_t>(2 + random.below(254));
  ip.protocol = ip_proto::kUdp;
  ip.source = Ip4Wire::of(Ip4Addr(10, 255, 0, static_cast<uint8_t>(2 + random.below(200))));
  ip.destination = Ip4Wire::of(Ip4Addr(10, slot, byte(random), byte(random)));
  ip4_checksum_fill(ip);
}

void fill6(Frame& frame, uint8_t slot, Random& random) {
  auto& ip = at<Ip6Header>(frame, kL3);
  ip.version_class_flow = Be32(uint32_t{6} << 28 | static_cast<uint32_t>(random() >> 36));
  ip.payload_length = Be16(static_cast<uint16_t>(frame.size() - kL3 - sizeof ip));
  ip.next_header = ip_proto::kUdp;
  ip.hop_limit = static_cast<uint8_t>(2 + random.below(254));
  ip.source = Ip6Addr::from_halves(0x2001'0db8'ffff'0000, 2 + random.below(200));
  ip.destination = Ip6Addr::from_halves(0x2001'0db8'0000'0000 | uint64_t{slot} << 16, random());
}

void fill_udp(Frame& frame, size_t offset, Random& random) {
  auto& udp = at<UdpHeader>(frame, offset);
  udp.source_port = Be16(static_cast<uint16_t>(random()));
  udp.destination_port = Be16(static_cast<uint16_t>(random()));
  udp.length = Be16(static_cast<uint16_t>(frame.size() - offset));
}

void mend4(Frame& frame) {
  if (frame.size() < kL3 + sizeof(Ip4Header)) return;
  auto& ip = at<Ip4Header>(frame, kL3);
  ip.checksum = Be16();
  ip.checksum = checksum_of({frame.data() + kL3, sizeof ip});
}

// Faults of either family, of the frame or the card.
void spoil(Arrival& arrival, bool six, Random& random) {
  Frame& frame = arrival.frame;
  auto& ether = at<EtherHeader>(frame, 0);
  switch (random.below(12)) {
    case 0:
      ether.destination.bytes[random.below(6)] ^= byte(random);
      break;
    case 1:
      ether.destination = EtherAddr::broadcast();
      break;
    case 2:
      ether.type = Be16(six ? ether_type::kIp4 : ether_type::kIp6);
      break;
    case 3:
      ether.type = Be16(static_cast<uint16_t>(random()));
      break;
    case 4:
      frame.resize(random.below(frame.size()));
      break;
    case 5:  // padding, as a card adds to short frames
      frame.resize(frame.size() + 1 + random.below(40));
      break;
    case 6:  // any one bit of what stands in front
      frame[random.below(std::min(frame.size(), kL3 + 40))] ^=
          static_cast<uint8_t>(1u << random.below(8));
      break;
    case 7: {  // an 802.1Q tag
      const VlanTag tag{Be16(static_cast<uint16_t>(random.below(9))), ether.type};
      ether.type = Be16(ether_type::kVlan);
      const auto* bytes = reinterpret_cast<const uint8_t*>(&tag);
      frame.insert(frame.begin() + kL3, bytes, bytes + sizeof tag);
      break;
    }
    case 8:
      arrival.offload_flags = RTE_MBUF_F_RX_IP_CKSUM_BAD;
      break;
    case 9:
      arrival.offload_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD;
      if (!six) at<Ip4Header>(frame, kL3).checksum = Be16(static_cast<uint16_t>(random()));
      break;
    case 10:
      arrival.offload_flags = RTE_MBUF_F_RX_IP_CKSUM_NONE;
      break;
    default:
      for (size_t i = kL3; i < frame.size(); ++i) frame[i] = byte(random);
  }
}

void vary4(Frame& frame, Random& random) {
  auto& ip = at<Ip4Header>(frame, kL3);
  switch (random.below(9)) {
    case 0:
      ip.ttl = static_cast<uint8_t>(random.below(3));
      break;
    case 1:
      ip.version_ihl = byte(random);
      break;
    case 2:
      ip.version_ihl = static_cast<uint8_t>(0x40 | random.below(16));
      break;
    case 3:
      ip.total_length = Be16(static_cast<uint16_t>(random.below(frame.size() + 10)));
      break;
    case 4:
      ip.fragment = Be16(static_cast<uint16_t>(random()));
      break;
    case 5:
      ip.protocol = byte(random);
      break;
    case 6:
      ip.source.bits = Be32(static_cast<uint32_t>(random()));
      break;
    case 7:
      ip.destination.bits = Be32(static_cast<uint32_t>(random()));
      break;
    default:  // the carry of the mended checksum, either way round
      ip.id = Be16(static_cast<uint16_t>(random() & 3));
      ip.checksum = Be16();
      ip.id = Be16::from_raw(checksum_finish(checksum_add(0, {frame.data() + kL3, sizeof ip}) +
                                             0xffff - (random() & 3)));
  }
  mend4(frame);
}

void vary6(Frame& frame, Random& random) {
  auto& ip = at<Ip6Header>(frame, kL3);
  switch (random.below(7)) {
    case 0:
      ip.hop_limit = static_cast<uint8_t>(random.below(3));
      break;
    case 1:
      ip.payload_length = Be16(static_cast<uint16_t>(random.below(frame.size() + 10)));
      break;
    case 2:
      ip.next_header = byte(random);
      break;
    case 3: {
      const uint8_t known[] = {0, 6, 17, 43, 44, 51, 58, 59, 60};
      ip.next_header = known[random.below(std::size(known))];
      break;
    }
    case 4:
      ip.source.bytes[0] = static_cast<uint8_t>(random.below(2) * 0xff);
      break;
    case 5:
      ip.source.bytes = {0xfe, 0x80, 1};
      break;
    default:
      ip.destination.bytes[0] = static_cast<uint8_t>(0xfd + random.below(3));
      ip.destination.bytes[1] = byte(random);
  }
}

}  // namespace

Frame good_frame(bool six, uint8_t slot, unsigned payload, Random& random) {
  const size_t l3_header = six ? sizeof(Ip6Header) : sizeof(Ip4Header);
  Frame frame(kL3 + l3_header + sizeof(UdpHeader) + payload);
  auto& ether = at<EtherHeader>(frame, 0);
  ether.destination = kOurMac;
  ether.source = kTheirMac;
  ether.type = Be16(six ? ether_type::kIp6 : ether_type::kIp4);
  if (six)
    fill6(frame, slot, random);
  else
    fill4(frame, slot, random);
  fill_udp(frame, kL3 + l3_header, random);
  return frame;
}

std::vector<Arrival> random_frames(unsigned count, Random& random) {
  std::vector<Arrival> frames;
  // Runs of one family and one slot happen, so that whole bursts are alike now and then.
  bool six = false;
  uint8_t slot = kOut1;
  while (frames.size() < count) {
    if (random.below(20) == 0) six = !six;
    if (random.below(4) == 0) slot = static_cast<uint8_t>(random.below(kSpread + 3));
    if (random.below(8) == 0) slot = kOut1;
    const auto payload = static_cast<unsigned>(random.below(random.below(10) == 0 ? 1500 : 80));
    Arrival one{good_frame(six, slot, payload, random)};
    if (random.below(4) == 0) six ? vary6(one.frame, random) : vary4(one.frame, random);
    // Now and then more than one fault, so that their order counts.
    for (unsigned chance = 6; random.below(chance) == 0; chance = 3)
      if (one.frame.size() >= kL3 + 40) spoil(one, six, random);
    frames.push_back(std::move(one));
  }
  return frames;
}

}  // namespace spanway::test
