// SPDX-License-Identifier: BSD-3-Clause
// The frames of the forwarding marks, made from a seed, and the routes that they need.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/base/ether_addr.h"

namespace spanway::bench {

inline constexpr EtherAddr kRouterMac{{0x02, 0, 0, 0, 0, 0x01}};
inline constexpr unsigned kFrameBytes = 64;  // without the frame check sequence

struct Traffic {
  bool six = false;
  unsigned routes = 16;      // destinations are spread evenly over them
  unsigned frames = 512;     // different ones, sent over and over
  unsigned bad_percent = 0;  // wrong in one of the ways that a router must find out
  uint64_t seed = 1;
  // Empty: routes of /16 or /48; "made": like the Internet's; else a file with real ones, of which
  // the first `routes` (0: all) are taken.
  std::string prefixes{};
};

struct RouteTable;

using Frame = std::vector<uint8_t>;
[[nodiscard]] std::vector<Frame> make_frames(const Traffic& traffic, const RouteTable& table);
// Writes a classic pcap file; false when the file can not be written.
[[nodiscard]] bool write_pcap(const std::string& path, const std::vector<Frame>& frames);

}  // namespace spanway::bench
