// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/fused.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "dataplane/packet/flow_key.h"
#include "dataplane/packet/headers.h"

namespace spanway::worker {
namespace {

using table::NextHop;
using table::NextHopKind;

constexpr uint64_t all_of(unsigned count) noexcept {
  return count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}

bool watched(const seam::Watch* watch) noexcept {
  return watch != nullptr && (watch->trace_id != 0 || watch->capture_id != 0);
}

uint32_t ports_at(const uint8_t* l4) noexcept {
  uint32_t ports;
  std::memcpy(&ports, l4, sizeof ports);
  return ports;
}

bool has_ports(uint8_t protocol) noexcept {
  return protocol == ip_proto::kTcp || protocol == ip_proto::kUdp;
}

// A plain Ethernet header of 14 bytes goes in front, and nothing else is asked of the egress.
bool simple(const NextHop& hop) noexcept {
  return hop.kind == NextHopKind::kForward && hop.features == 0 &&
         hop.rewrite_bytes == sizeof(EtherHeader);
}

}  // namespace

// What is the same for the whole burst.
struct FusedRoad::Run {
  stage::Context& context;
  TxOutput& output;
  const table::Interface& in;
};

namespace {

// The two families, as forward_family() sees them.
struct Four {
  static constexpr uint16_t kType = ether_type::kIp4;
  // The slow road hashes ports only of an unfragmented TCP or UDP packet.
  static uint32_t hash(const Packet* packet) noexcept {
    const uint8_t* l3 = data(packet) + sizeof(EtherHeader);
    const auto& ip = *reinterpret_cast<const Ip4Header*>(l3);
    constexpr uint16_t kPieces = Ip4Header::kMoreFragments | Ip4Header::kOffsetMask;
    const bool ports = has_ports(ip.protocol) && (ip.fragment.host() & kPieces) == 0 &&
                       ip.total_length.host() >= sizeof(Ip4Header) + 4;
    return flow_hash(ip, ports ? ports_at(l3 + sizeof(Ip4Header)) : 0);
  }
};
struct Six {
  static constexpr uint16_t kType = ether_type::kIp6;
  // Only for packets whose first next header is the transport; others are not hashed here.
  static uint32_t hash(const Packet* packet) noexcept {
    const uint8_t* l3 = data(packet) + sizeof(EtherHeader);
    const auto& ip = *reinterpret_cast<const Ip6Header*>(l3);
    const bool ports = has_ports(ip.next_header) && ip.payload_length.host() >= 4;
    return flow_hash(ip, ip.next_header, ports ? ports_at(l3 + sizeof(Ip6Header)) : 0);
  }
};

}  // namespace

unsigned FusedRoad::forward(stage::Context& context, TxOutput& output, PortId port,
                            Packet** packets, unsigned count) noexcept {
  if (kernel_ == nullptr || count == 0 || context.timing || watched(context.watch)) return count;
  const table::Interface* in = context.interfaces->find(port, 0);
  if (in == nullptr || !in->up || in->features != 0) return count;
  Run run{context, output, *in};
  // Most bursts are of one family: begin with that of the first packet.
  const bool six_first =
      packets[0]->data_len >= sizeof(EtherHeader) &&
      reinterpret_cast<const EtherHeader*>(data(packets[0]))->type == Be16(ether_type::kIp6);
  if (six_first) {
    count = forward_family<Six>(run, packets, count);
    return count == 0 ? 0 : forward_family<Four>(run, packets, count);
  }
  count = forward_family<Four>(run, packets, count);
  return count == 0 ? 0 : forward_family<Six>(run, packets, count);
}

template <class Family>
unsigned FusedRoad::forward_family(Run& run, Packet** packets, unsigned count) noexcept {
  constexpr bool kFour = Family::kType == ether_type::kIp4;
  auto& plain = [this]() -> auto& {
    if constexpr (kFour)
      return plain4_;
    else
      return plain6_;
  }
  ();
  uint64_t mask;
  if constexpr (kFour)
    mask = kernel_->plain4(packets, count, run.in.mac, plain);
  else
    mask = kernel_->plain6(packets, count, run.in.mac, plain);
  if (mask == 0) return count;

  // The plain ones, side by side.
  std::array<Packet*, kFusedBurst> gathered;
  std::array<uint8_t, kFusedBurst> place;
  Packet** chosen = packets;
  unsigned number = count;
  const bool all = mask == all_of(count);
  if (!all) {
    number = 0;
    for (uint64_t left = mask; left != 0; left &= left - 1) {
      const auto at = static_cast<unsigned>(std::countr_zero(left));
      gathered[number] = packets[at];
      place[number] = static_cast<uint8_t>(at);
      plain.destination[number] = plain.destination[at];
      plain.l3_bytes[number] = plain.l3_bytes[at];
      if constexpr (kFour) plain.ttl_word[number] = plain.ttl_word[at];
      ++number;
    }
    chosen = gathered.data();
  }

  std::array<NextHopId, kFusedBurst> ids;
  const table::Tables& tables = run.context.tables;
  if constexpr (kFour)
    tables.fib4.lookup(plain.destination.data(), ids.data(), number);
  else
    tables.fib6.lookup(plain.destination.data(), ids.data(), number);

  std::array<const NextHop*, kFusedBurst> hops;
  uint64_t taken = 0;  // by place in `chosen`
  for (unsigned i = 0; i < number; ++i) {
    const NextHop* hop = tables.next_hops.get(ids[i]);
    if (hop->kind == NextHopKind::kGroup)
      hop = tables.next_hops.resolve(hop, Family::hash(chosen[i]));
    hops[i] = hop;
    taken |= uint64_t{simple(*hop) && plain.l3_bytes[i] <= hop->mtu} << i;
  }

  seam::WorkerCounters& counters = run.context.counters;
  uint64_t bytes = 0;
  unsigned forwarded = 0;
  for (uint64_t left = taken; left != 0; left &= left - 1) {
    const auto i = static_cast<unsigned>(std::countr_zero(left));
    Packet* packet = chosen[i];
    const uint32_t frame_bytes = length(packet);
    bytes += frame_bytes;
    ++forwarded;
    if constexpr (kFour)
      kernel_->rewrite4(&chosen[i], &hops[i], &plain.ttl_word[i], 1);
    else
      kernel_->rewrite6(&chosen[i], &hops[i], 1);
    auto& out = counters.interfaces[hops[i]->interface.value];
    out.tx_packets.add(1);
    out.tx_bytes.add(frame_bytes);
    run.output.add(hops[i]->port, packet);
  }
  counters.rx.add(forwarded);
  auto& in = counters.interfaces[run.in.index.value];
  in.rx_packets.add(forwarded);
  in.rx_bytes.add(bytes);
  auto& stage = counters.stages[static_cast<size_t>(seam::Stage::kFused)];
  stage.packets.add(forwarded);
  stage.calls.add(1);

  // What was not taken moves to the front, in its order.
  uint64_t gone = taken;
  if (!all) {
    gone = 0;
    for (uint64_t left = taken; left != 0; left &= left - 1)
      gone |= uint64_t{1} << place[static_cast<unsigned>(std::countr_zero(left))];
  }
  unsigned rest = 0;
  for (uint64_t left = all_of(count) & ~gone; left != 0; left &= left - 1)
    packets[rest++] = packets[static_cast<unsigned>(std::countr_zero(left))];
  return rest;
}

}  // namespace spanway::worker
