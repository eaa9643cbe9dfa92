// SPDX-License-Identifier: BSD-3-Clause
// The fused road: plain unicast IPv4 and IPv6 packets for somewhere else, in a few passes.
//
// It takes only what needs no thought: untagged, for our MAC, a sound header without options, a
// next hop that is resolved, small enough, nobody watching. It also drops what is plainly faulty.
// All else is left for stage/, which gives the same result for what is taken here, too;
// tests/unit/worker proves it. One worker.
#pragma once

#include <cstdint>

#include "dataplane/base/ids.h"
#include "dataplane/packet/packet.h"
#include "dataplane/stage/context.h"
#include "dataplane/table/recent4.h"
#include "dataplane/table/recent6.h"
#include "dataplane/worker/fused_kernel.h"
#include "dataplane/worker/tx.h"

namespace spanway::worker {

class FusedRoad {
 public:
  explicit FusedRoad(KernelChoice choice = KernelChoice::kBest) noexcept
      : kernel_(fused_kernel(choice)) {}

  // Forwards the plain ones among frames received on `port`, drops the faulty ones. The others stay
  // in `packets`, from its front, in their order; returns how many. count is at most kFusedBurst.
  unsigned forward(stage::Context& context, TxOutput& output, PortId port, Packet** packets,
                   unsigned count) noexcept;

 private:
  struct Run;
  struct Chosen;
  template <class Family>
  unsigned forward_family(Run& run, Packet** packets, unsigned count) noexcept;
  template <class Family>
  uint64_t validate(const Run& run, Packet* const* packets, unsigned count) noexcept;
  template <class Family>
  void gather(uint64_t plain) noexcept;
  template <class Family>
  bool look_up(const Run& run, Chosen& chosen) noexcept;
  template <class Family>
  bool send_alike(Run& run, Chosen& chosen) noexcept;
  template <class Family>
  uint64_t send_each(Run& run, Chosen& chosen) noexcept;
  void drop_faulty(const Run& run, Packet** packets, unsigned count) noexcept;
  static void count_received(const Run& run, unsigned packets, uint64_t bytes) noexcept;
  static unsigned keep(Packet** packets, uint64_t rest) noexcept;

  const FusedKernel* kernel_;  // null: everything takes the slow road
  PlainBurst burst_;           // scratch of one call
  table::Recent4 recent4_;     // of the tables that this road looks up in
  table::Recent6 recent6_;
};

}  // namespace spanway::worker
