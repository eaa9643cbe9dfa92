// SPDX-License-Identifier: BSD-3-Clause
#include "bench/forward/frames.h"

#include <cstring>
#include <fstream>

#include "bench/forward/routes.h"
#include "bench/micro/addresses.h"
#include "dataplane/base/random.h"
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/headers.h"

namespace spanway::bench {
namespace {

template <class T>
T& at(Frame& frame, size_t offset) {
  return *reinterpret_cast<T*>(frame.data() + offset);
}

constexpr size_t kL3 = sizeof(EtherHeader);

Frame ether_frame(uint16_t type) {
  Frame frame(kFrameBytes);
  auto& ether = at<EtherHeader>(frame, 0);
  ether.destination = kRouterMac;
  ether.source = EtherAddr{{0x02, 0, 0, 0, 0, 0x02}};
  ether.type = Be16(type);
  return frame;
}

void fill_udp(Frame& frame, size_t offset, Random& random) {
  auto& udp = at<UdpHeader>(frame, offset);
  udp.source_port = Be16(static_cast<uint16_t>(1024 + random.below(60000)));
  udp.destination_port = Be16(static_cast<uint16_t>(1024 + random.below(60000)));
  udp.length = Be16(static_cast<uint16_t>(frame.size() - offset));
}

Frame frame4(const Prefix4& route, Random& random) {
  Frame frame = ether_frame(ether_type::kIp4);
  auto& ip = at<Ip4Header>(frame, kL3);
  ip.version_ihl = 0x45;
  ip.total_length = Be16(kFrameBytes - kL3);
  ip.id = Be16(static_cast<uint16_t>(random.below(65536)));
  ip.ttl = 64;
  ip.protocol = ip_proto::kUdp;
  ip.source = Ip4Wire::of(Ip4Addr(198, 18, static_cast<uint8_t>(random.below(256)),
                                  static_cast<uint8_t>(1 + random.below(254))));
  ip.destination = Ip4Wire::of(random_in(route, random));
  fill_udp(frame, kL3 + sizeof(Ip4Header), random);
  ip4_checksum_fill(ip);
  return frame;
}

Frame frame6(const Prefix6& route, Random& random) {
  Frame frame = ether_frame(ether_type::kIp6);
  auto& ip = at<Ip6Header>(frame, kL3);
  ip.version_class_flow = Be32(uint32_t{6} << 28 | static_cast<uint32_t>(random.below(1 << 20)));
  ip.payload_length = Be16(kFrameBytes - kL3 - sizeof(Ip6Header));
  ip.next_header = ip_proto::kUdp;
  ip.hop_limit = 64;
  ip.source = Ip6Addr::from_halves(0x2001'0db8'ffff'0000, random());
  ip.destination = random_in(route, random);
  fill_udp(frame, kL3 + sizeof(Ip6Header), random);
  return frame;
}

// One of six faults, each of which RFC 1812 or RFC 8200 tells a router to find; none is answered.
void spoil4(Frame& frame, Random& random) {
  auto& ip = at<Ip4Header>(frame, kL3);
  switch (random.below(6)) {
    case 0:
      at<EtherHeader>(frame, 0).destination.bytes[5] ^= 0x55;
      return;
    case 1:
      ip.checksum = Be16::from_raw(static_cast<uint16_t>(ip.checksum.raw() ^ 0x0101));
      return;
    case 2:
      ip.version_ihl = 0x55;
      break;
    case 3:
      ip.version_ihl = 0x44;
      break;
    case 4:
      ip.total_length = Be16(kFrameBytes);
      break;
    default:
      ip.source = Ip4Wire::of(Ip4Addr(127, 0, 0, 1));
  }
  ip.checksum = Be16();
  ip.checksum = checksum_of({frame.data() + kL3, sizeof(Ip4Header)});
}

void spoil6(Frame& frame, Random& random) {
  auto& ip = at<Ip6Header>(frame, kL3);
  switch (random.below(4)) {
    case 0:
      at<EtherHeader>(frame, 0).destination.bytes[5] ^= 0x55;
      return;
    case 1:
      ip.version_class_flow = Be32(uint32_t{5} << 28);
      return;
    case 2:
      ip.payload_length = Be16(kFrameBytes);
      return;
    default:
      ip.source.bytes[0] = 0xff;
  }
}

}  // namespace

std::vector<Frame> make_frames(const Traffic& traffic, const RouteTable& table) {
  Random random(traffic.seed);
  std::vector<Frame> frames;
  for (unsigned i = 0; i < traffic.frames; ++i) {
    const size_t route = random.below(traffic.six ? table.six.size() : table.four.size());
    Frame frame = traffic.six ? frame6(table.six[route].prefix, random)
                              : frame4(table.four[route].prefix, random);
    if (random.below(100) < traffic.bad_percent)
      traffic.six ? spoil6(frame, random) : spoil4(frame, random);
    frames.push_back(std::move(frame));
  }
  return frames;
}

bool write_pcap(const std::string& path, const std::vector<Frame>& frames) {
  std::ofstream out(path, std::ios::binary);
  const auto put = [&out](uint32_t word) {
    out.write(reinterpret_cast<const char*>(&word), sizeof word);
  };
  put(0xa1b2c3d4);             // magic of microsecond stamps, our byte order
  put(uint32_t{4} << 16 | 2);  // version 2.4
  put(0), put(0), put(65535);  // zone, accuracy, longest frame
  put(1);                      // Ethernet
  for (const Frame& frame : frames) {
    put(0), put(0);  // no time
    put(static_cast<uint32_t>(frame.size())), put(static_cast<uint32_t>(frame.size()));
    out.write(reinterpret_cast<const char*>(frame.data()),
              static_cast<std::streamsize>(frame.size()));
  }
  out.close();
  return out.good();
}

}  // namespace spanway::bench
