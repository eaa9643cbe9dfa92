// SPDX-License-Identifier: BSD-3-Clause
// The simulated wires of one process, by name. Each has two ends, "NAME.a" and "NAME.b" (or
// ".left" and ".right"), that SimPorts plug into.
//
// Any control thread may call it; a mutex keeps them apart. Workers never come here: they meet in
// the wires' rings. It outlives every port that it opened.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "drivers/port.h"
#include "drivers/sim/lane.h"

namespace spanway::sim {

struct WireOptions {
  LaneOptions a_to_b, b_to_a;
  uint64_t seed = 1;  // of all that is random; mixed with the wire's name and the direction
  // The same both ways.
  static WireOptions both(const LaneOptions& lane, uint64_t seed = 1) { return {lane, lane, seed}; }
};

enum class End : uint8_t { kA, kB };

struct WireState {
  std::string name;
  bool cut = false;
  std::array<bool, 2> plugged{}, listening{};  // by End: a port is open there; it is started
  WireOptions options;
  LaneStats a_to_b, b_to_a;
};

class SimPort;

class Network {
 public:
  Network();
  ~Network();

  // kExists when there is one of that name; kInvalid when an option makes no sense.
  Status add(const std::string& name, const WireOptions& options = {});
  // kExists while a port is plugged in.
  Status remove(const std::string& name);
  // What is in flight on a cut wire is lost, and so is what is sent into it.
  Status cut(const std::string& name);
  Status mend(const std::string& name);
  // Changes what befalls the frames that `from` sends, from its next frame on. Refused when the
  // other end trusts the wire (PortOptions::trust_checksums) and `what` would corrupt frames.
  Status impair(const std::string& name, End from, const Impairment& what);

  [[nodiscard]] Result<WireState> state(const std::string& name) const;
  [[nodiscard]] std::vector<WireState> wires() const;  // in order of name

  // Plugs a port into "WIRE.END", or into the first free end of "WIRE".
  Result<std::unique_ptr<drivers::Port>> open(const std::string& port_name, const std::string& end,
                                              const drivers::PortOptions& options);

  // When the next frame arrives anywhere; Nanos::never() when all wires are silent. Only where one
  // thread runs all workers and control: a scheduler of virtual time may then jump there.
  Nanos next_event();

 private:
  friend class SimPort;
  struct Wire;
  Wire* find(const std::string& name) const;
  [[nodiscard]] Error unknown(const std::string& name) const;
  static WireState state_of(const std::string& name, const Wire& wire);

  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Wire>> wires_;
};

}  // namespace spanway::sim
