// SPDX-License-Identifier: BSD-3-Clause
// The packets that go through a stage together. On one worker's stack, for one turn.
//
// Room suffices by construction: a walk starts with at most Batch::kRoom packets, and every one of
// them is in at most one batch, or has been replaced by at most one packet made in its stead.
#pragma once

#include <array>
#include <span>

#include "dataplane/base/tuning.h"
#include "dataplane/packet/packet.h"
#include "dataplane/table/next_hop.h"

namespace spanway::stage {

class Batch {
 public:
  static constexpr unsigned kRoom = 2u * tuning::kBurst;

  void add(Packet* p) noexcept { packets_[count_++] = p; }
  void clear() noexcept { count_ = 0; }
  [[nodiscard]] unsigned size() const noexcept { return count_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] bool full() const noexcept { return count_ == kRoom; }
  Packet* operator[](unsigned i) const noexcept { return packets_[i]; }
  [[nodiscard]] std::span<Packet* const> all() const noexcept { return {packets_.data(), count_}; }

 private:
  unsigned count_ = 0;
  std::array<Packet*, kRoom> packets_;
};

// Packets with the next hop that route chose for each. The hop is kept here because its slot may
// get a new object at any moment; the one that was loaded stays valid for this turn.
class RoutedBatch {
 public:
  void add(Packet* p, const table::NextHop* hop) noexcept {
    hops_[packets_.size()] = hop;
    packets_.add(p);
  }
  void clear() noexcept { packets_.clear(); }
  [[nodiscard]] unsigned size() const noexcept { return packets_.size(); }
  [[nodiscard]] bool empty() const noexcept { return packets_.empty(); }
  [[nodiscard]] bool full() const noexcept { return packets_.full(); }
  Packet* operator[](unsigned i) const noexcept { return packets_[i]; }
  [[nodiscard]] const table::NextHop& hop(unsigned i) const noexcept { return *hops_[i]; }
  [[nodiscard]] std::span<Packet* const> all() const noexcept { return packets_.all(); }

 private:
  Batch packets_;
  std::array<const table::NextHop*, Batch::kRoom> hops_;
};

}  // namespace spanway::stage
