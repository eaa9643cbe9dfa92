// SPDX-License-Identifier: BSD-3-Clause
// What a lab is made of: routers with their configs, wires between them, hosts at the edge. Values
// only; made from a lab file (parse.h) or from a shape (shape.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/config/schema.h"
#include "dataplane/base/prefix.h"
#include "dataplane/base/units.h"
#include "drivers/sim/lane.h"

namespace spanway::lab {

// Where the IPv4 routes of a shape come from; those of IPv6 are static always.
enum class Routing : uint8_t { kStatic, kOspf };

struct RouterPlan {
  std::string name;
  config::Config config;
  // For pictures: what people call it, and where it stands, x to the right and y upwards.
  std::string label{};
  std::optional<std::pair<double, double>> place{};
};

// The ends are known to ports as "sim:NAME.a" and "sim:NAME.b".
struct WirePlan {
  std::string name;
  std::string end_a, end_b;  // "r1:p0", or "h1" for a host; for display
  sim::LaneOptions lane;
};

// A simulated host on end b of `wire`; `router` is on end a.
struct HostPlan {
  std::string name;
  std::string wire;
  std::string router, port;
  std::vector<IpAddr> addresses;
};

// A Linux host: a network namespace that holds the TAP `device` of `router`.
struct GuestPlan {
  std::string name;
  std::string router, port;
  std::string device;  // name of the TAP
  std::vector<IpWithLength> addresses;
  std::vector<IpAddr> gateways;
};

// Numbered datagrams from one simulated host to another, in one family.
struct FlowPlan {
  std::string from, to;
  Family family = Family::kIp4;
};

// Something that befalls a wire while traffic flows.
struct EventPlan {
  enum class What : uint8_t { kCut, kMend } what = What::kCut;
  Nanos at{};  // of traffic
  std::string wire;
};

struct Plan {
  std::string name = "lab";
  uint64_t seed = 1;
  bool virtual_time = false;
  Nanos duration = seconds(5);  // of traffic
  uint16_t frame_bytes = 64;
  uint32_t window = 256;          // datagrams under way, each flow
  Nanos write_off = millis(500);  // without news for so long, those under way count as lost
  std::vector<RouterPlan> routers;
  std::vector<WirePlan> wires;
  std::vector<HostPlan> hosts;
  std::vector<GuestPlan> guests;
  std::vector<FlowPlan> flows;
  std::vector<EventPlan> events;  // in order of time
  // What the plan left out of the topology that it was made from, and why; for the reader.
  std::vector<std::string> remarks;
};

}  // namespace spanway::lab
