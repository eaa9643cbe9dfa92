// SPDX-License-Identifier: BSD-3-Clause
// The rings between one worker and the control thread: what each may say to the other.
//
// Every ring is bounded, single producer, single consumer; a full ring loses the message under a
// named count and never makes anyone wait.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/ids.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/base/spsc_ring.h"
#include "dataplane/base/tuning.h"
#include "dataplane/base/units.h"
#include "dataplane/packet/drop_reason.h"
#include "dataplane/packet/packet.h"
#include "dataplane/seam/counters.h"

namespace spanway::seam {

// Why a packet goes to control.
enum class PuntReason : uint8_t {
  kArp,         // frame, ARP addressed to us or broadcast
  kNd,          // ICMPv6 133-137 for us or a group that we joined
  kUnresolved,  // no packet: please resolve `address` on `interface`
  kOspf,
  kEchoReply,  // ICMP or ICMPv6 echo reply, for ping
  kIcmpError,  // an ICMP error addressed to us, for ping and traceroute
  kFragment,   // an IP fragment for us, to be put together with its others
  kTransport,  // of the message protocol's handshake
  kCount
};

// worker -> control. The packet, when there is one, now belongs to control; Meta is filled.
struct Punt {
  PuntReason reason{};
  IfIndex interface = kNoInterface;
  Packet* packet = nullptr;
  IpAddr address{};
  Nanos time{};
};

// control -> worker: a packet that the worker now owns.
struct Inject {
  enum class How : uint8_t {
    kFrame,  // a whole Ethernet frame (VLAN tag not yet there), to be sent out of `interface` as it
             // is
    kRouted,   // an IP packet with 14 bytes of Ethernet header space, to be routed like one of ours
    kRefused,  // a frame that came in on `interface` and was punted: its sender is to be told
  };
  How how = How::kFrame;
  IfIndex interface = kNoInterface;
  Packet* packet = nullptr;
  // Of Meta::kOpenSums: what control has not summed. The worker does, or the card.
  uint16_t open_sums = 0;
  // Of a kRefused frame: the reason under which it ends, and what to tell: a stage::IcmpError and
  // its value (for a parameter problem, the offset of the bad byte from the IP header).
  DropReason reason = DropReason::kNone;
  uint8_t icmp_error = 0;
  uint32_t icmp_value = 0;
};

// control -> worker.
struct Message {
  enum class Kind : uint8_t {
    kNeighbourResolved,  // send what is held for `address` on `interface`
    kNeighbourFailed,    // drop it and tell the senders (host unreachable)
    kInterfaceGone,      // drop whatever is held for `interface`
    kFlags,              // `value` = new WorkerFlags
    kIcmpRate,           // `value` = ICMP errors a second << 32 | burst
  };
  Kind kind{};
  IfIndex interface = kNoInterface;
  IpAddr address{};
  uint64_t value = 0;
};

// Switches of a worker, delivered by Message::kFlags.
enum WorkerFlag : uint64_t {
  kStageTiming = 1 << 0,  // take the slow road with cycle counts for every stage
};

// A packet filter for trace and capture: zero fields match anything. Published to workers.
struct Match {
  uint16_t port = 0xffff;  // PortId, 0xffff any
  uint8_t family = 0;      // 4, 6
  uint8_t protocol = 0;
  uint16_t source_port = 0, destination_port = 0;
  uint8_t source_bits = 0, destination_bits = 0;  // prefix lengths; 0 any
  Ip6Addr source{}, destination{};                // IPv4 in the first four bytes
};

// What control asks of every worker on every turn; one immutable object, replaced as a whole.
struct Watch {
  uint32_t trace_id = 0;  // 0: no trace
  Match trace_match{};
  uint64_t trace_limit = 0;  // packets, over all workers approximately
  uint32_t capture_id = 0;   // 0: no capture
  Match capture_match{};
  uint16_t snap_bytes = 0;
};

// worker -> control: the life of one traced packet.
struct TraceRecord {
  uint32_t trace_id = 0;
  uint32_t path = 0;    // one bit a Stage
  uint32_t cycles = 0;  // TSC spent on it, when timing is on
  DropReason drop = DropReason::kNone;
  uint8_t family = 0, protocol = 0, ttl = 0;
  PortId in_port{};
  IfIndex in_if = kNoInterface, out_if = kNoInterface;
  uint16_t source_port = 0, destination_port = 0;
  uint16_t length = 0;
  NextHopId next_hop{};
  Nanos time{};
  Ip6Addr source{}, destination{};  // IPv4 in the first four bytes
};

// worker -> control: a copy of the front of a frame.
struct CaptureRecord {
  static constexpr size_t kSnap = 232;
  Nanos time{};
  uint32_t capture_id = 0;
  uint16_t port = 0;
  uint16_t original_bytes = 0;
  uint16_t bytes = 0;
  bool outbound = false;
  std::array<uint8_t, kSnap> data{};
};

// All rings of one worker. Worker side: push punt, trace, capture; pop inject, mailbox.
struct Channels {
  SpscRing<Punt> punt{tuning::kPuntRing};
  SpscRing<Inject> inject{tuning::kInjectRing};
  SpscRing<Message> mailbox{tuning::kMailbox};
  SpscRing<TraceRecord> trace{tuning::kTraceRing};
  SpscRing<CaptureRecord> capture{tuning::kCaptureRing};
  Counter trace_lost, capture_lost;  // written by the worker
  // The worker's own: which trace it is marking packets for, and how many it has marked.
  uint32_t traced_id = 0;
  uint64_t traced = 0;
};

}  // namespace spanway::seam
