// SPDX-License-Identifier: BSD-3-Clause
// What a route leads to. 32,768 slots; a slot points at an immutable NextHop, or at a group of
// them.
//
// Control replaces a slot's object by one store, which moves every route that leads to the slot at
// once; workers load the slot once a packet. Slot 0 is always \"no route\".
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/base/cache_line.h"
#include "dataplane/base/ether_addr.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/seam/qsbr.h"

namespace spanway::table {

enum class NextHopKind : uint8_t {
  kNoRoute,    // drop no_route, tell the sender
  kForward,    // rewrite and send: the neighbour is known
  kResolve,    // the gateway's address is not resolved yet: hold, ask for `gateway`
  kGlean,      // a connected subnet: hold, ask for the packet's own destination
  kLocal,      // one of our addresses or a group that we listen to
  kBlackhole,  // drop without a word
  kReject,     // drop, tell the sender (administratively prohibited)
  kMartian,    // not a destination (RFC 1812 5.3.7, RFC 6890): drop
  kGroup,      // pick a member by flow hash
};

struct alignas(kCacheLine) NextHop {
  // What stands in front of the IP header: destination, source, [802.1Q tag,] ether type; the first
  // rewrite_bytes (14 or 18) count. Only for kForward.
  std::array<uint8_t, 18> rewrite{};
  uint8_t rewrite_bytes = 0;
  NextHopKind kind = NextHopKind::kNoRoute;
  PortId port{};
  IfIndex interface = kNoInterface;
  uint16_t mtu = 0;       // largest IP packet that fits, bytes
  uint16_t features = 0;  // of Interface::Feature, of the egress interface
  IpAddr gateway{};       // kForward and kResolve: whose MAC; kGlean: unused
  // kGroup: bucket b of a flow hash h is h >> (32 - bucket_bits); weights are bucket counts.
  uint8_t bucket_bits = 0;
  std::vector<NextHopId> buckets{};
};

class NextHopTable {
 public:
  static constexpr size_t kSlots = 32768;

  NextHopTable();
  ~NextHopTable();
  NextHopTable(const NextHopTable&) = delete;
  NextHopTable& operator=(const NextHopTable&) = delete;

  // Worker. Never null: an empty slot reads as \"no route\". Good until the next quiet point.
  [[nodiscard]] const NextHop* get(NextHopId id) const noexcept {
    return slots_[id.value].load(std::memory_order_acquire);
  }
  // The slot behind a group, chosen by flow hash; the slot itself when it is no group.
  [[nodiscard]] const NextHop* resolve(const NextHop* hop, uint32_t flow_hash) const noexcept {
    if (hop->kind != NextHopKind::kGroup) [[likely]]
      return hop;
    // 64 bits wide: a group of one bucket has no bucket bits, and the shift is by 32.
    return get(hop->buckets[uint64_t{flow_hash} >> (32 - hop->bucket_bits)]);
  }

  // Control thread. Makes `next` the slot's object; the old one is retired.
  void set(NextHopId id, std::unique_ptr<const NextHop> next, seam::Graveyard& graveyard);
  // Control thread. The slot reads as \"no route\" again.
  void clear(NextHopId id, seam::Graveyard& graveyard);

 private:
  // Written by control, read by workers.
  std::unique_ptr<std::atomic<const NextHop*>[]> slots_;
  NextHop no_route_;
};

}  // namespace spanway::table
