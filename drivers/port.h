// SPDX-License-Identifier: BSD-3-Clause
// Port: the one face of every device that moves frames, be it a card or a simulated wire.
//
// rx_burst and tx_burst belong to the worker that owns the queue and never block. Everything else
// belongs to the control thread. A packet is owned by whoever holds it: rx_burst hands packets to
// the caller, tx_burst takes the first N and leaves the rest with the caller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "dataplane/base/ether_addr.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/result.h"
#include "dataplane/base/units.h"
#include "dataplane/packet/packet.h"

namespace spanway::drivers {

// How one checksum task is done on one port.
enum class OffloadMode : uint8_t {
  kSoftware,  // by us
  kHardware,  // by the card
  kTrusted,   // not at all: the link can not damage a frame (shared memory); receive side only
};

struct Offloads {
  OffloadMode rx_ip = OffloadMode::kSoftware;
  OffloadMode rx_l4 = OffloadMode::kSoftware;
  OffloadMode tx_ip = OffloadMode::kSoftware;
  OffloadMode tx_l4 = OffloadMode::kSoftware;
  bool rss = false;  // the device spreads flows over its receive queues
};

struct PortInfo {
  std::string name;    // the operator's
  std::string device;  // the specification it was opened with: "tap:t0", "0000:3b:00.0"
  std::string driver;  // "net_tap", "sim", ...
  EtherAddr mac;
  uint16_t rx_queues = 1;
  uint16_t tx_queues = 1;
  uint16_t min_mtu = 68;
  uint16_t max_mtu = 9000;
  Offloads offloads;
};

struct LinkState {
  bool up = false;
  uint64_t speed_bps = 0;  // 0: unknown
  bool full_duplex = true;
};

// The device's own counts; the engine's are in seam/counters.h. A device that can not count says 0.
struct PortStats {
  uint64_t rx_packets = 0, rx_bytes = 0, rx_errors = 0;
  uint64_t rx_missed = 0;  // lost by the device because nobody fetched them in time
  uint64_t rx_no_buffer = 0;
  uint64_t tx_packets = 0, tx_bytes = 0, tx_errors = 0;
};

struct PortOptions {
  uint16_t rx_queues = 1;  // asked for; PortInfo says what the device gave
  uint16_t tx_queues = 1;
  uint16_t mtu = 1500;
  uint16_t queue_depth = 0;        // descriptors; 0: tuning::kQueueDepth
  std::optional<EtherAddr> mac{};  // absent: the device's own
  bool promiscuous = false;
  bool checksum_offload = true;  // false: everything in software
  // Receive checksums need no look where the link can not damage a frame (shared memory, a
  // simulated wire that does not corrupt). Elsewhere this changes nothing.
  bool trust_checksums = false;
};

class Port {
 public:
  virtual ~Port() = default;

  // Worker that owns the queue. `now` is the turn's time, for ports that live in virtual time.
  virtual uint16_t rx_burst(QueueId queue, Packet** out, uint16_t room, Nanos now) noexcept = 0;
  virtual uint16_t tx_burst(QueueId queue, Packet** packets, uint16_t count,
                            Nanos now) noexcept = 0;

  // Control thread.
  [[nodiscard]] virtual const PortInfo& info() const noexcept = 0;
  [[nodiscard]] virtual LinkState link() const = 0;
  [[nodiscard]] virtual PortStats stats() const = 0;
  virtual Status start() = 0;
  // Stops the device and frees what its queues hold. No worker uses the port any more.
  virtual void stop() = 0;
  virtual Status set_mtu(uint16_t mtu) = 0;
  virtual Status set_promiscuous(bool on) = 0;
  // Accept frames for one more group address; ports that can not filter accept all and say ok.
  virtual Status join_group(const EtherAddr& group) = 0;
};

}  // namespace spanway::drivers
