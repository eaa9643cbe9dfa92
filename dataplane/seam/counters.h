// SPDX-License-Identifier: BSD-3-Clause
// What a worker counts. Written by one worker, read by control at any time, never reset.
//
// Conservation, per engine, once the workers stand still:
//   rx + originated + injected = tx + local + punted + held + handed_over_in_flight + sum of drops
// where `originated` are packets that a worker made (ICMP errors, echo replies as a new life of the
// request do not count twice: a reply is the request turned round), extra fragments included.
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
  kAclFilter,
  kPolice,
  kRoute,
  kIpForward,
  kResolve,
  kHold,
  kIcmpError,
  kLocalDemux,
  kLinkOutput,
  kTx,
  kDrop,
  kCount
};
inline constexpr size_t kStages = static_cast<size_t>(Stage::kCount);
inline constexpr std::array<std::string_view, kStages> kStageNames = {
    "rx",          "fused",       "link_input", "ip4_input", "ip6_input", "acl_filter",
    "police",      "route",       "ip_forward", "resolve",   "hold",      "icmp_error",
    "local_demux", "link_output", "tx",         "drop",
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
  Counter table_version;                                      // last seen, for `show workers`
  Counter heartbeat_ns;                                       // engine time of the last turn
  std::array<Counter, kDropReasons> drops;
  std::array<StageCount, kStages> stages;
  std::array<InterfaceCount, kMaxInterfaces> interfaces;
};

}  // namespace spanway::seam
