// SPDX-License-Identifier: BSD-3-Clause
// Bytes of a fuzzer as a session with the local host: frames of any shape, fragments that fit
// together or nearly do, and waiting; with what must hold whatever they say. Shared by the fuzz
// target and its bounded replay.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "control/local/local_host.h"
#include "dataplane/base/check.h"
#include "dataplane/packet/headers.h"

namespace spanway::local::fuzz {

inline constexpr size_t kMtu = 1500;
inline constexpr Limits kLimits{.timeout = seconds(60),
                                .datagrams = 6,
                                .datagrams_per_source = 4,
                                .bytes = 40'000,
                                .bytes_per_source = 20'000,
                                .fragments_per_datagram = 8};

class CheckingOutlet final : public Outlet {
 public:
  bool is_ours(const IpAddr& ip) override { return ip.is6() || ip.v4().value() % 2 == 0; }
  size_t mtu_of(IfIndex) override { return kMtu; }
  bool send_packet(Bytes packet) override {
    SPANWAY_CHECK(packet.size() <= kMtu && packet.size() >= 28);
    return true;
  }
  bool send_on(IfIndex, Bytes frame) override {
    SPANWAY_CHECK(frame.size() <= kMtu + sizeof(EtherHeader));
    return true;
  }
  void complain(const Arrival& about, Complaint, uint32_t pointer) override {
    SPANWAY_CHECK(parse_fragment(about.packet()) && pointer < about.packet().size());
  }
  void on_answer(Bytes packet, Nanos) override { SPANWAY_CHECK(packet.size() <= 65535); }
};

// A frame with one fragment, made of six bytes: few datagrams, offsets that often meet.
inline std::vector<uint8_t> fragment_of(std::span<const uint8_t> from) {
  const bool four = (from[0] & 1) != 0, more = (from[0] & 2) != 0;
  const auto offset = static_cast<uint16_t>((from[0] & 4) != 0 ? from[1] * 256 : from[1] % 8);
  const size_t bytes = from[2] % 4 * size_t{8} + ((from[0] & 8) != 0 ? from[2] : 0u);
  std::vector<uint8_t> frame(sizeof(EtherHeader));
  if (four) {
    Ip4Header ip{};
    ip.version_ihl = 0x45;
    ip.total_length = Be16(static_cast<uint16_t>(sizeof ip + bytes));
    ip.id = Be16(from[3] % 4);
    ip.fragment = Be16(static_cast<uint16_t>((offset & 0x1fff) | (more ? 0x2000 : 0)));
    ip.protocol = from[4] % 32 == 0 ? ip_proto::kUdp : ip_proto::kIcmp;
    ip.source = Ip4Wire::of(Ip4Addr(10, 0, 0, from[5] % 4));
    ip.destination = Ip4Wire::of(Ip4Addr(10, 0, 0, 4));
    const auto* raw = reinterpret_cast<const uint8_t*>(&ip);
    frame.insert(frame.end(), raw, raw + sizeof ip);
  } else {
    Ip6Header ip{};
    ip.version_class_flow = Be32(6u << 28);
    ip.payload_length = Be16(static_cast<uint16_t>(8 + bytes));
    ip.next_header = ip_proto::kFragment;
    ip.source.bytes[0] = from[5] % 2 == 0 ? 0xfe : 0x20;
    ip.source.bytes[1] = 0x80;
    const auto* raw = reinterpret_cast<const uint8_t*>(&ip);
    frame.insert(frame.end(), raw, raw + sizeof ip);
    const uint16_t field = static_cast<uint16_t>(offset << 3 | (more ? 1 : 0));
    frame.insert(frame.end(), {ip_proto::kIcmp6, 0, static_cast<uint8_t>(field >> 8),
                               static_cast<uint8_t>(field), 0, 0, 0, from[3]});
  }
  // An echo request whose sum is right when all else is zero.
  std::vector<uint8_t> payload(bytes, (from[4] & 1) != 0 ? from[4] : uint8_t{0});
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

inline void check_books(const LocalHost& host) {
  const ReassemblyCounts& counts = host.reassembly();
  uint64_t sum = counts.joined + counts.waiting;
  for (const uint64_t one : counts.lost) sum += one;
  SPANWAY_CHECK(counts.received == sum);
  SPANWAY_CHECK(counts.waiting <= kLimits.datagrams * kLimits.fragments_per_datagram);
  const DatagramCounts& ends = host.datagrams();
  SPANWAY_CHECK(counts.datagrams ==
                ends.answered + ends.delivered + ends.refused + ends.bad_checksum + ends.unserved);
}

// Each message: what it is, its length, its bytes.
inline void play(std::span<const uint8_t> input) {
  CheckingOutlet outlet;
  LocalHost host(outlet, 1, kLimits);
  Nanos now = seconds(1);
  while (input.size() >= 2) {
    const uint8_t what = input[0];
    const size_t bytes = std::min<size_t>(input[1], input.size() - 2);
    const std::vector<uint8_t> message(input.begin() + 2,
                                       input.begin() + 2 + static_cast<ptrdiff_t>(bytes));
    input = input.subspan(2 + bytes);
    if (what % 16 == 0) {
      now = now + seconds(what);
      host.step(now);
    } else if (what % 2 == 0 && bytes >= 6) {
      host.on_fragment(IfIndex(what / 128), fragment_of(message), sizeof(EtherHeader), now);
    } else {
      host.on_fragment(IfIndex(1), message, sizeof(EtherHeader), now);
    }
    check_books(host);
  }
  host.step(now + seconds(1000));
  check_books(host);
  SPANWAY_CHECK(host.reassembly().waiting == 0);
}

}  // namespace spanway::local::fuzz
