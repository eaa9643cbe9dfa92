// SPDX-License-Identifier: BSD-3-Clause
// One fragment of a datagram, as RFC 791 section 3.2 and RFC 8200 section 4.5 write it, and the
// cutting of a datagram of ours into such. Pure functions; control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/base/ip_addr.h"

namespace spanway::local {

using Bytes = std::span<const uint8_t>;

struct Fragment {
  IpAddr source, destination;
  uint32_t id = 0;
  uint8_t protocol = 0;  // of the whole payload; IPv6: the header behind the fragment header
  unsigned offset = 0;   // of `payload` in the whole payload, bytes
  bool more = false;
  // What the whole datagram begins with: the IPv4 header with its options, or the IPv6 headers in
  // front of the fragment header.
  Bytes front{};
  size_t next_at = 0;  // IPv6: where in `front` the fragment header is named
  Bytes payload{};
};

// nullopt when the packet is none, or its headers do not fit. Looks at headers only: what offsets
// and lengths mean together is for Reassembly to judge.
std::optional<Fragment> parse_fragment(Bytes packet);

// The pieces of an IP packet without options or extension headers, in order, each of at most `mtu`
// bytes (at least 68). A packet that fits is its own only piece. `id` becomes the identification.
std::vector<std::vector<uint8_t>> cut(Bytes packet, size_t mtu, uint32_t id);

}  // namespace spanway::local
