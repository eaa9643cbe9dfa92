// SPDX-License-Identifier: BSD-3-Clause
// The configuration as plain values: what the operator wants, nothing about what is.
//
// Control thread; values only, copied and compared freely. A default-constructed Config is valid:
// one worker, no ports. docs/config.md is the same list for the operator; parse.h reads it from
// TOML, write.h gives it back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "control/config/ospf.h"
#include "dataplane/base/ether_addr.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/base/prefix.h"
#include "dataplane/base/tuning.h"

namespace spanway::config {

// Bounds of the schema; the device and the tables may be stricter.
inline constexpr uint16_t kMinMtu = 68;       // RFC 791
inline constexpr uint16_t kMinMtu6 = 1280;    // RFC 8200 section 5: with an IPv6 address
inline constexpr uint16_t kMaxMtu = 9216;     // bytes of IP packet
inline constexpr uint16_t kMaxVlanId = 4094;  // IEEE 802.1Q: 0 and 4095 are reserved
inline constexpr uint16_t kMaxCpu = 1023;
inline constexpr uint16_t kMaxQueues = 64;
inline constexpr uint32_t kMostRateMbps = 400'000;
inline constexpr size_t kMaxPorts = 256;
inline constexpr size_t kMaxVlans = 4096;
inline constexpr size_t kMaxWorkers = 64;
inline constexpr size_t kMaxAddressesPerInterface = 64;
inline constexpr size_t kMaxRoutes = 4'000'000;
inline constexpr size_t kMaxViaPerRoute = 64;
inline constexpr size_t kMaxNeighbours = 65536;
inline constexpr size_t kMaxPortName = 31;  // characters
inline constexpr size_t kMaxName = 40;      // of a VLAN: p0.100

enum class Memory : uint8_t {
  kAuto,       // hugepages if present, else none
  kNone,       // ordinary pages: neither root nor a set-up machine is needed
  kHugepages,  // hugepages, or refuse to start
};

enum class Idle : uint8_t {
  kSleep,  // an idle worker backs off, at most 50 us a time
  kSpin,   // an idle worker polls at full speed
};

// [daemon]: read at start; a change waits for the next one.
struct Daemon {
  std::vector<uint16_t> workers;  // a CPU each; empty: one worker, pinned to none
  Memory memory = Memory::kAuto;
  uint32_t memory_mib = 0;  // of packet memory; 0: as much as the buffers need
  uint32_t buffers = tuning::kPoolBuffers;
  Idle idle = Idle::kSleep;
  bool operator==(const Daemon&) const = default;
};

// [control]: read at start; a change waits for the next one.
struct Control {
  std::string socket = "/run/spanway/api.sock";
  std::string socket_group;    // may do everything; empty: root and the daemon's user alone
  std::string readonly_group;  // may look; empty: nobody else
  std::string attach;          // socket where applications attach; empty: none
  std::string http;            // "127.0.0.1:9140", see forms.h; empty: off
  uint16_t max_clients = 64;
  uint16_t max_message_mib = 64;  // of one request
  bool operator==(const Control&) const = default;
};

// [[port]]
struct Port {
  std::string name;
  std::string device;                   // see drivers/factory.h
  std::vector<IpWithLength> addresses;  // the first of a family is the source of our own packets
  uint16_t mtu = 1500;                  // bytes of IP packet
  uint16_t queues = 0;                  // receive queues; 0: one a worker, if the device has them
  std::optional<EtherAddr> mac;         // absent: the device's own
  bool up = true;
  bool promiscuous = false;
  bool checksum_offload = true;  // false: checksums in software even if the card could
  bool operator==(const Port&) const = default;
};

// [[vlan]] or [[port.vlan]]: tagged frames of one port as an interface of its own.
struct Vlan {
  std::string name;  // "p0.100" when the file does not say
  std::string port;
  uint16_t id = 0;  // 1..4094
  std::vector<IpWithLength> addresses;
  uint16_t mtu = 0;  // bytes of IP packet, at most the port's; 0: the port's
  bool up = true;
  bool operator==(const Vlan&) const = default;
};

// One gateway of a route.
struct Via {
  IpAddr ip;
  std::string port;     // interface to leave by; needed for link-local gateways only
  uint16_t weight = 1;  // 1..256, share of the flows
  bool operator==(const Via&) const = default;
};

enum class RouteKind : uint8_t {
  kVia,
  kBlackhole,  // drop without a word
  kReject,     // drop and tell the sender
};

// [[route]]: known by its prefix and preference.
struct Route {
  Prefix prefix;
  RouteKind kind = RouteKind::kVia;
  std::vector<Via> via;    // 1..64 for kVia, else none; one family with the prefix
  uint8_t preference = 1;  // among sources of the same prefix the lowest wins; 1..255
  bool operator==(const Route&) const = default;
};

// [[neighbour]]: never asked for, never aged.
struct Neighbour {
  std::string interface;  // a port or VLAN
  IpAddr ip;
  EtherAddr mac;
  bool operator==(const Neighbour&) const = default;
};

// [icmp]: RFC 1812 section 4.3.2.8, RFC 4443 section 2.4(f).
struct Icmp {
  uint32_t errors_per_second = tuning::kIcmpErrorsPerSecond;  // of each worker; 0: none are sent
  uint32_t error_burst = tuning::kIcmpErrorBurst;             // at least 1
  bool operator==(const Icmp&) const = default;
};

// [transport]: the message protocol, docs/transport.md.
struct Transport {
  uint16_t probe_port = 0;  // UDP port that answers `transport ping` and `transport perf`; 0: none
  uint32_t rate_limit_mbps = 0;  // of what each connection sends; 0: none
  std::string key;               // hexadecimal digits, two a byte; empty: CRC-32C, no secrets
  bool operator==(const Transport&) const = default;
};

struct Config {
  Daemon daemon;
  Control control;
  std::vector<Port> ports;
  std::vector<Vlan> vlans;
  std::vector<Route> routes;
  std::vector<Neighbour> neighbours;
  Icmp icmp;
  Transport transport;
  Ospf ospf;
  bool operator==(const Config&) const = default;
};

}  // namespace spanway::config
