// SPDX-License-Identifier: BSD-3-Clause
// Bytes of a fuzzer as a session with the neighbour tables: frames, questions and waiting, with
// what must hold whatever they say. Shared by the fuzz targets and their bounded replay.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "control/neighbour/nd_message.h"
#include "control/neighbour/neighbours.h"
#include "dataplane/base/check.h"
#include "dataplane/packet/checksum.h"

namespace spanway::neighbour::fuzz {

inline const IfIndex kIf{3};
inline const EtherAddr kMac{{2, 0, 0, 0, 0, 1}};

class CheckingOutlet final : public Outlet {
 public:
  void send_frame(IfIndex interface, std::span<const uint8_t> frame) override {
    SPANWAY_CHECK(interface == kIf && frame.size() >= 60 && frame.size() <= 1514);
    SPANWAY_CHECK(std::memcmp(frame.data() + 6, kMac.bytes.data(), 6) == 0);
  }
  void resolved(IfIndex, const IpAddr& ip, const EtherAddr& mac) override {
    SPANWAY_CHECK(is_unicast(ip) && !mac.is_group() && !mac.is_zero() && mac != kMac);
  }
  void failed(IfIndex, const IpAddr&) override {}
  void gone(IfIndex, const IpAddr&) override {}
  void duplicate_address(IfIndex, const IpAddr&, const EtherAddr&) override {}
  void address_ready(IfIndex, const IpAddr&) override {}
};

// Gives a changed ND frame the checksum that it needs to get past the first check.
inline void mend_checksum(std::span<uint8_t> frame) {
  constexpr size_t kStart = sizeof(EtherHeader) + sizeof(Ip6Header);
  if (frame.size() < kStart + 4) return;
  Ip6Header ip;
  std::memcpy(&ip, frame.data() + sizeof(EtherHeader), sizeof ip);
  std::span<uint8_t> icmp = frame.subspan(kStart);
  if (icmp.size() < ip.payload_length.host() || ip.payload_length.host() < 4) return;
  icmp = icmp.first(ip.payload_length.host());
  icmp[2] = icmp[3] = 0;
  const uint64_t sum = pseudo_sum(ip, ip_proto::kIcmp6, static_cast<uint32_t>(icmp.size()));
  const Be16 checksum = Be16::from_raw(checksum_finish(checksum_add(sum, icmp)));
  std::memcpy(icmp.data() + 2, &checksum, 2);
}

// Steps of: one byte of kind, one byte of length, that many bytes.
inline void play(std::span<const uint8_t> input, bool nd) {
  Settings settings;
  settings.max_neighbours = 16;
  settings.max_questions = 16;
  CheckingOutlet outlet;
  Neighbours tables(outlet, 7, settings);
  const InterfaceConfig config{
      .index = kIf,
      .mac = kMac,
      .up = true,
      .addresses = {*IpWithLength::parse("10.0.0.1/24"), *IpWithLength::parse("2001:db8::1/64")}};
  Nanos now = seconds(1);
  tables.set_interfaces({&config, 1}, now);
  while (input.size() >= 2) {
    const uint8_t kind = input[0];
    const size_t bytes = std::min<size_t>(input[1], input.size() - 2);
    // A copy of exact size, so that reading one byte too many is seen.
    std::vector<uint8_t> frame(input.begin() + 2,
                               input.begin() + static_cast<ptrdiff_t>(2 + bytes));
    frame.shrink_to_fit();
    input = input.subspan(2 + bytes);
    if (nd && (kind & 1) != 0) mend_checksum(frame);
    if (nd)
      tables.on_nd(kIf, frame, now);
    else
      tables.on_arp(kIf, frame, now);
    if ((kind & 2) != 0) now += millis(int64_t{kind} * 8);
    if ((kind & 4) != 0)
      tables.on_unresolved(kIf, nd ? IpAddr(*IpAddr::parse("2001:db8::2")) : Ip4Addr(10, 0, 0, 2),
                           now);
    SPANWAY_CHECK(tables.step(now) > now);
    SPANWAY_CHECK(tables.list(now).size() <= 32);
  }
}

}  // namespace spanway::neighbour::fuzz
