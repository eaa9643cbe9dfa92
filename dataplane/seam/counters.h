// SPDX-License-Identifier: BSD-3-Clause
// What a worker counts. Written by one worker, read by control at any time, never reset.
//
// Conservation, over all workers of an engine, while none is in a turn and their output is flushed:
//
//   rx + injected + originated = tx + local + punted + held + sum of drops + frames in handover
//
// rx: frames from ports, counted by the worker that walks (or loses) them. injected: packets taken
// from control. originated: packets that a worker made beside those: an ICMP error; an echo reply
// (its request ends as local); every fragment but the first, which is the packet itself, cut short.
// local: packets that ended here because they were for us. punted: packets given to control; a
// kUnresolved question carries none and does not count. A packet whose sender is told of its end by
// an ICMP error is a drop under its own reason; the error is a new packet.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "dataplane/base/cache_line.h"
#include "dataplane/base/ids.h"
#include "dataplane/packet/drop_reason.h"

namespace spanway::seam {

// A count with one writer: a plain add, published by a relaxed store.
class Counter {
 public:
  void add(uint64_t n) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void set(uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  [[nodiscard]] uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// The steps a packet can take; their names in traces, counters and the CLI. One file in stage/
// each, except rx, fused (the road of plain packets) and tx.
enum class Stage : uint8_t {
  kRx,
  kFused,
  kLinkInput,
  kIp4Input,
  kIp6Input,
  kRoute,
  kIpForward,
  kResolve,
  kHold,
  kIcmpError,
  kLocalDemux,
  kPunt,
  kLinkOutput,
  kTx,
  kDrop,
  kCount
};
inline constexpr size_t kStages = static_cast<size_t>(Stage::kCount);
inline constexpr std::array<std::string_view, kStages> kStageNames = {
    "rx",          "fused",      "link_input",  "ip4_input", "ip6_input",
    "route",       "ip_forward", "resolve",     "hold",      "icmp_error",
    "local_demux", "punt",       "link_output", "tx",        "drop",
};

struct StageCount {
  Counter packets, calls, cycles;  // cycles are TSC, measured only while stage timing is on
};

struct InterfaceCount {
  Counter rx_packets, rx_bytes, tx_packets, tx_bytes, drops;
};

inline constexpr size_t kMaxInterfaces = 256;

struct alignas(kCacheLine) WorkerCounters {
  Counter turns, busy_turns, busy_cycles, idle_cycles;
  Counter rx, tx, local, punted, injected, originated, held;  // held is a level, not a sum
  Counter handed_out, handed_in;                              // software steering between workers
  Counter heartbeat_ns;                                       // engine time of the last turn
  std::array<Counter, kDropReasons> drops;
  std::array<StageCount, kStages> stages;
  std::array<InterfaceCount, kMaxInterfaces> interfaces;
};

}  // namespace spanway::seam
