// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/fused.h"

#include <array>
#include <bit>
#include <cstring>

#include "dataplane/packet/flow_key.h"
#include "dataplane/packet/headers.h"
#include "dataplane/worker/fused_fault.h"
#include "dataplane/worker/fused_plain.h"

namespace spanway::worker {
namespace {

using table::NextHop;
using table::NextHopKind;

// The set bits of `among`, counted from the lowest, whose numbers are set in `chosen`.
uint64_t spread(uint64_t chosen, uint64_t among) noexcept {
  uint64_t spread = 0;
  for (; chosen != 0; chosen >>= 1) {
    const uint64_t lowest = among & -among;
    if ((chosen & 1) != 0) spread |= lowest;
    among ^= lowest;
  }
  return spread;
}

bool watched(const seam::Watch* watch) noexcept {
  return watch != nullptr && (watch->trace_id != 0 || watch->capture_id != 0);
}

// A plain Ethernet header goes in front, and nothing else is asked of the egress.
bool is_simple(const NextHop& hop) noexcept {
  return hop.kind == NextHopKind::kForward && hop.features == 0 &&
         hop.rewrite_bytes == sizeof(EtherHeader) && hop.interface.value < seam::kMaxInterfaces;
}

// Bytes 16 to 31 of a hop: all that a burst must share, besides the MACs, to leave as one array.
using HopWords = uint64_t __attribute__((vector_size(16)));
static_assert(offsetof(NextHop, rewrite_bytes) == 18 && offsetof(NextHop, kind) == 19 &&
              offsetof(NextHop, port) == 20 && offsetof(NextHop, interface) == 22 &&
              offsetof(NextHop, mtu) == 24 && offsetof(NextHop, features) == 26);
constexpr HopWords kShared = {0xffffffffffff0000, 0xffffffff};

HopWords words_of(const NextHop& hop) noexcept {
  HopWords words;
  std::memcpy(&words, reinterpret_cast<const uint8_t*>(&hop) + 16, sizeof words);
  return words;
}

// The flow hash of stage/route: ports only of an unfragmented TCP or UDP packet that has them.
uint32_t ports_of(uint8_t protocol, const void* transport, size_t bytes) noexcept {
  uint32_t ports = 0;
  const bool has_ports = protocol == ip_proto::kTcp || protocol == ip_proto::kUdp;
  if (has_ports && bytes >= sizeof ports) std::memcpy(&ports, transport, sizeof ports);
  return ports;
}

// What differs between the families in forward_family().
struct Four {
  static constexpr bool kIs4 = true;
  static uint32_t hash(const Packet* packet) noexcept {
    const auto& ip = *reinterpret_cast<const Ip4Header*>(data(packet) + sizeof(EtherHeader));
    constexpr uint16_t kPieces = Ip4Header::kMoreFragments | Ip4Header::kOffsetMask;
    if ((ip.fragment.host() & kPieces) != 0) return flow_hash(ip, 0);
    return flow_hash(ip, ports_of(ip.protocol, &ip + 1, ip.total_length.host() - sizeof ip));
  }
};
struct Six {
  static constexpr bool kIs4 = false;
  static uint32_t hash(const Packet* packet) noexcept {
    const auto& ip = *reinterpret_cast<const Ip6Header*>(data(packet) + sizeof(EtherHeader));
    return flow_hash(ip, ip.next_header,
                     ports_of(ip.next_header, &ip + 1, ip.payload_length.host()));
  }
};

}  // namespace

// What is the same for the whole burst.
struct FusedRoad::Run {
  stage::Context& context;
  TxOutput& output;
  const table::Interface& in;
};

// The plain packets of a burst, side by side, and the hop of each.
struct FusedRoad::Chosen {
  Packet** packets;
  unsigned count;
  std::array<const NextHop*, kFusedBurst> hops;
};

unsigned FusedRoad::forward(stage::Context& context, TxOutput& output, PortId port,
                            Packet** packets, unsigned count) noexcept {
  if (kernel_ == nullptr || count == 0 || context.timing || watched(context.watch)) return count;
  const table::Interface* in = context.interfaces->find(port, 0);
  if (in == nullptr || !in->up || in->features != 0 || in->index.value >= seam::kMaxInterfaces)
    return count;
  Run run{context, output, *in};
  // Most bursts are of one family: begin with that of the first packet.
  const bool six_first =
      packets[0]->data_len >= sizeof(EtherHeader) &&
      reinterpret_cast<const EtherHeader*>(data(packets[0]))->type == Be16(ether_type::kIp6);
  count = six_first ? forward_family<Six>(run, packets, count)
                    : forward_family<Four>(run, packets, count);
  if (count == 0) [[likely]]
    return 0;
  return six_first ? forward_family<Four>(run, packets, count)
                   : forward_family<Six>(run, packets, count);
}

template <class Family>
unsigned FusedRoad::forward_family(Run& run, Packet** packets, unsigned count) noexcept {
  const uint64_t plain = validate<Family>(run, packets, count);
  const uint64_t everything = all_of(count);
  Chosen chosen;
  if (plain == everything) [[likely]] {
    chosen.packets = packets;
    chosen.count = count;
    if (look_up<Family>(run, chosen) && send_alike<Family>(run, chosen)) [[likely]]
      return 0;
    return keep(packets, everything & ~send_each<Family>(run, chosen));
  }

  const uint64_t faulty = burst_.faulty;
  uint64_t rest = everything & ~plain & ~faulty;
  std::array<Packet*, kFusedBurst> gathered, dropped;
  kernel_->pick(packets, plain, gathered.data());
  gather<Family>(plain);
  // Here, because the lookup would only wait for what gathering has just stored.
  if (faulty != 0) {
    kernel_->pick(packets, faulty, dropped.data());
    drop_faulty(run, dropped.data(), static_cast<unsigned>(std::popcount(faulty)));
  }
  if (plain != 0) {
    chosen.packets = gathered.data();
    chosen.count = static_cast<unsigned>(std::popcount(plain));
    if (!look_up<Family>(run, chosen) || !send_alike<Family>(run, chosen))
      rest |= spread(all_of(chosen.count) & ~send_each<Family>(run, chosen), plain);
  }
  return keep(packets, rest);
}

// Ends what the stages would drop without an answer.
void FusedRoad::drop_faulty(const Run& run, Packet** packets, unsigned count) noexcept {
  uint64_t bytes = 0;
  for (unsigned i = 0; i < count; ++i) bytes += length(packets[i]);
  seam::WorkerCounters& counters = run.context.counters;
  for (const DropReason reason : kSilentFaults) {
    const auto at = static_cast<size_t>(reason);
    counters.drops[at].add(burst_.faults[at]);
  }
  counters.rx.add(count);
  seam::InterfaceCount& in = counters.interfaces[run.in.index.value];
  in.rx_packets.add(count);
  in.rx_bytes.add(bytes);
  in.drops.add(count);
  seam::StageCount& stage = counters.stages[static_cast<size_t>(seam::Stage::kDrop)];
  stage.packets.add(count);
  stage.calls.add(1);
  release_burst(packets, count);
}

template <class Family>
uint64_t FusedRoad::validate(const Run& run, Packet* const* packets, unsigned count) noexcept {
  if constexpr (Family::kIs4)
    return kernel_->plain4(packets, count, run.in.mac, burst_);
  else
    return kernel_->plain6(packets, count, run.in.mac, burst_);
}

// Moves what validation learnt of the plain packets together.
template <class Family>
void FusedRoad::gather(uint64_t plain) noexcept {
  if constexpr (Family::kIs4)
    kernel_->gather4(plain, burst_);
  else
    kernel_->gather6(plain, burst_);
}

// Finds every hop. True when all go the same simple way and fit.
template <class Family>
bool FusedRoad::look_up(const Run& run, Chosen& chosen) noexcept {
  std::array<NextHopId, kFusedBurst> ids;
  const table::Tables& tables = run.context.tables;
  if constexpr (Family::kIs4)
    tables.fib4.lookup(burst_.destination4.data(), ids.data(), chosen.count, recent4_);
  else
    tables.fib6.lookup(burst_.destination6.data(), ids.data(), chosen.count, recent6_);
  const table::NextHopTable& next_hops = tables.next_hops;
  const NextHop* first = next_hops.get(ids[0]);
  const HopWords wanted = words_of(*first);
  HopWords differ{};
  const NextHop** hops = chosen.hops.data();
  for (unsigned i = 0, count = chosen.count; i < count; ++i) {
    const NextHop* hop = next_hops.get(ids[i]);
    hops[i] = hop;
    differ |= words_of(*hop) ^ wanted;
  }
  differ &= kShared;
  return (differ[0] | differ[1]) == 0 && is_simple(*first) && burst_.longest <= first->mtu;
}

// The whole burst leaves by one port: one pass, one count, one array. False when a packet carries
// padding, which must be cut.
template <class Family>
bool FusedRoad::send_alike(Run& run, Chosen& chosen) noexcept {
  if (burst_.padded) [[unlikely]]
    return false;
  if constexpr (Family::kIs4)
    kernel_->rewrite4(burst_.frame.data(), chosen.hops.data(), burst_.ttl_word.data(),
                      chosen.count);
  else
    kernel_->rewrite6(burst_.frame.data(), chosen.hops.data(), chosen.count);
  const NextHop& hop = *chosen.hops[0];
  seam::InterfaceCount& out = run.context.counters.interfaces[hop.interface.value];
  out.tx_packets.add(chosen.count);
  out.tx_bytes.add(burst_.bytes);
  count_received(run, chosen.count, burst_.bytes);
  run.output.send(hop.port, chosen.packets, chosen.count);
  return true;
}

// Each its own way. Bit i of the answer: packet i is gone; the others are untouched.
template <class Family>
uint64_t FusedRoad::send_each(Run& run, Chosen& chosen) noexcept {
  uint64_t sent = 0, received_bytes = 0;
  for (unsigned i = 0; i < chosen.count; ++i) {
    Packet* packet = chosen.packets[i];
    const NextHop* hop = chosen.hops[i];
    if (hop->kind == NextHopKind::kGroup)
      hop = run.context.tables.next_hops.resolve(hop, Family::hash(packet));
    if (!is_simple(*hop) || burst_.l3_bytes[i] > hop->mtu) continue;
    received_bytes += length(packet);
    const uint32_t frame_bytes = burst_.l3_bytes[i] + uint32_t{sizeof(EtherHeader)};
    if (length(packet) != frame_bytes)
      trim_back(packet, static_cast<uint16_t>(length(packet) - frame_bytes));
    if constexpr (Family::kIs4)
      kernel_->rewrite4(&burst_.frame[i], &hop, &burst_.ttl_word[i], 1);
    else
      kernel_->rewrite6(&burst_.frame[i], &hop, 1);
    seam::InterfaceCount& out = run.context.counters.interfaces[hop->interface.value];
    out.tx_packets.add(1);
    out.tx_bytes.add(frame_bytes);
    run.output.add(hop->port, packet);
    sent |= uint64_t{1} << i;
  }
  count_received(run, static_cast<unsigned>(std::popcount(sent)), received_bytes);
  return sent;
}

void FusedRoad::count_received(const Run& run, unsigned packets, uint64_t bytes) noexcept {
  if (packets == 0) return;
  seam::WorkerCounters& counters = run.context.counters;
  counters.rx.add(packets);
  seam::InterfaceCount& in = counters.interfaces[run.in.index.value];
  in.rx_packets.add(packets);
  in.rx_bytes.add(bytes);
  seam::StageCount& stage = counters.stages[static_cast<size_t>(seam::Stage::kFused)];
  stage.packets.add(packets);
  stage.calls.add(1);
}

// Moves the packets at the places of `rest` to the front; returns how many.
unsigned FusedRoad::keep(Packet** packets, uint64_t rest) noexcept {
  unsigned count = 0;
  while (rest != 0) packets[count++] = packets[next_place(rest)];
  return count;
}

}  // namespace spanway::worker
