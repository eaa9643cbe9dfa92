// SPDX-License-Identifier: BSD-3-Clause
// What the stages note about one packet: one cache line, valid from parse until the packet leaves.
//
// Written by the worker that owns the packet. The fused road of a plain packet never touches it.
#pragma once

#include <cstdint>

#include "dataplane/base/cache_line.h"
#include "dataplane/base/ids.h"
#include "dataplane/packet/drop_reason.h"

namespace spanway {

struct alignas(kCacheLine) Meta {
  enum Flag : uint16_t {
    kVlanTagged = 1 << 0,  // an 802.1Q tag stands between the addresses and the ether type
    kFragment = 1 << 1,    // not the first fragment, or more follow: no whole transport header
    kOptions = 1 << 2,     // IPv4 options, or IPv6 hop-by-hop options
    kFromLocal = 1 << 3,   // made by this router: the hop limit is not lowered
    kGroupMac = 1 << 4,    // the destination MAC was broadcast or multicast
    kTraced = 1 << 5,      // leaves a trace record at its end
    kIsError = 1 << 6,     // an ICMP error: none is ever sent about it (RFC 1812 4.3.2.7)
    kRouterAlert = 1 << 7,
    kForUs = 1 << 8,           // the destination is one of our own unicast addresses
    kSourceRoute = 1 << 9,     // an IPv4 source-route option is there
    kLaterFragment = 1 << 10,  // a fragment other than the first
    kBadChain = 1 << 11,       // an IPv6 extension header does not fit: refused if it is for us
    // Sums of a packet of ours that are still to be written, stage/open_sums.h.
    kOpenIp4Sum = 1 << 12,
    kOpenL4Sum = 1 << 13,
    kOpenSums = kOpenIp4Sum | kOpenL4Sum,
    kMayCut = 1 << 14,  // an IPv6 packet of ours that may leave in fragments
  };

  uint16_t l3 = 0;          // bytes from the frame's start to the IP header
  uint16_t l4 = 0;          // bytes from the frame's start to the transport header; 0: not in reach
  uint16_t l3_bytes = 0;    // length of the IP packet, header included, as the header claims
  uint16_t ether_type = 0;  // host order, behind any VLAN tag
  uint16_t vlan = 0;        // VLAN id, 0 when untagged
  uint16_t flags = 0;       // of Flag
  uint8_t family = 0;       // 4, 6 or 0
  uint8_t protocol = 0;     // transport protocol, IPv6 extensions skipped
  DropReason drop = DropReason::kNone;
  uint8_t icmp_error =
      0;  // stage/icmp_error.h, what to tell the sender before the drop; 0: nothing
  PortId in_port{};
  IfIndex in_if = kNoInterface;
  IfIndex out_if = kNoInterface;
  NextHopId next_hop{};
  uint32_t flow_hash = 0;
  uint32_t icmp_value = 0;  // MTU of a too-big error, pointer of a parameter problem
  uint64_t rx_time_ns = 0;  // the turn in which it arrived, engine time
  uint32_t trace_id = 0;    // of the trace that it matched
  uint32_t trace_path = 0;  // one bit a stage passed, by Stage number
  uint64_t rx_cycles = 0;   // TSC at its arrival, when stages are timed; else 0
};
static_assert(sizeof(Meta) == kCacheLine);

}  // namespace spanway
