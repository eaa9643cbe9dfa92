// SPDX-License-Identifier: BSD-3-Clause
// Keeps a few packets for each neighbour that is not resolved yet, and asks control for it.
//
// One worker's own. All memory is taken at birth; both bounds are in tuning.h. counters.held is the
// number of packets in here, at any time.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dataplane/base/ids.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/base/tuning.h"
#include "dataplane/packet/packet.h"
#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

struct NeighbourKey {
  IfIndex interface = kNoInterface;
  IpAddr address{};
  bool operator==(const NeighbourKey&) const noexcept = default;
};

class Hold {
 public:
  Hold();
  // Releases what is still in here, uncounted; end the packets with drop_all first.
  ~Hold();
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

  // Takes the packet. With the neighbour's room full its oldest packet makes way (RFC 1122 section
  // 2.3.2.2 asks to save the latest); with the worker's room full the new one is dropped.
  void add(Context& context, Packet* p, const NeighbourKey& key) noexcept;
  // Moves the neighbour's packets out, oldest first, and forgets it.
  void take(Context& context, const NeighbourKey& key, Batch& out) noexcept;
  // The same, but remembers when control was last asked, so that it is not asked again at once.
  void take_failed(Context& context, const NeighbourKey& key, Batch& out) noexcept;
  // Drops packets older than tuning::kHoldLifetime and forgets neighbours that nothing waits for.
  void expire(Context& context) noexcept;
  // Drops what is held for one interface, or (kNoInterface) for all.
  void drop_all(Context& context, IfIndex interface, DropReason reason) noexcept;

  [[nodiscard]] size_t packets() const noexcept { return packets_; }

 private:
  static constexpr uint16_t kNone = 0xffff;
  static constexpr size_t kEntries = tuning::kHoldPerWorker;
  static constexpr size_t kChains = kEntries;

  struct Held {
    Packet* packet = nullptr;
    Nanos since{};
  };
  struct Entry {
    NeighbourKey key{};
    Nanos asked{};
    uint16_t next = kNone;  // in its hash chain, or in the free list
    uint8_t count = 0;
    bool used = false;
    bool ever_asked = false;
    std::array<Held, tuning::kHoldPerNeighbour> held{};  // oldest first
  };

  [[nodiscard]] static size_t chain_of(const NeighbourKey& key) noexcept;
  Entry* find(const NeighbourKey& key) noexcept;
  Entry* make(const NeighbourKey& key) noexcept;
  void forget(Entry& entry) noexcept;
  void ask(Context& context, Entry& entry) noexcept;
  Packet* pop_oldest(Context& context, Entry& entry) noexcept;
  void set_level(Context& context, size_t packets) noexcept;

  std::vector<Entry> entries_;
  std::vector<uint16_t> chains_;
  uint16_t free_ = 0;
  size_t packets_ = 0;
  size_t used_ = 0;  // entries in use
  Nanos next_scan_{};
};

// The stage: one packet into the hold.
void hold(Context& context, Packet* p, const NeighbourKey& key) noexcept;

}  // namespace spanway::stage
