// SPDX-License-Identifier: BSD-3-Clause
// Workers with tables of every kind of next hop, and what they counted. One thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/packet/headers.h"
#include "dataplane/worker/worker.h"
#include "tests/unit/worker/test_port.h"

namespace spanway::test {

inline constexpr EtherAddr kOurMac{{0x02, 0, 0, 0, 0, 0x01}};
inline constexpr EtherAddr kTheirMac{{0x02, 0, 0, 0, 0, 0x02}};

// Slots of the next-hop table that every TestRouter has.
enum Hop : uint16_t {
  kOut1 = 1,    // out of port 1
  kOut1Other,   // out of port 1, another MAC
  kOut2,        // out of port 2
  kTagged,      // out of port 2 with a VLAN tag
  kNarrow,      // out of port 1, MTU 100
  kPoliced,     // out of port 1, with a feature that the fused road does not know
  kUnresolved,  // gateway not resolved
  kSubnet,      // glean
  kOurs,        // local
  kHole,        // blackhole
  kRefused,     // reject
  kBogus,       // martian
  kSpread,      // group of kOut1, kOut2 and kUnresolved
};

class TestRouter {
 public:
  static constexpr unsigned kPorts = 3;

  explicit TestRouter(worker::KernelChoice kernel, uint16_t workers = 1);
  ~TestRouter();

  // Frames received on one port, in bursts of at most `burst`; runs until none is left.
  void receive(PortId port, const std::vector<Arrival>& frames, unsigned burst = 32);
  // One turn of every worker.
  void turn();
  void turn(unsigned worker);
  void publish_plan(unsigned worker, worker::Plan plan);
  [[nodiscard]] worker::Plan plan(unsigned worker) const;
  void stop() { workers.clear(); }

  // Sums over all workers, by name; zero counts are left out.
  [[nodiscard]] std::map<std::string, uint64_t> counts() const;
  [[nodiscard]] uint64_t count(const std::string& name) const;
  // What conservation asks to be 0.
  [[nodiscard]] int64_t unaccounted() const;

  TestPort ports[kPorts];
  seam::Qsbr qsbr{4};
  seam::Graveyard graveyard{qsbr};
  table::Tables tables{graveyard};
  worker::Handover handover;
  Nanos now = seconds(1);
  struct PerWorker {
    seam::Published<worker::Plan> plan;
    seam::WorkerCounters counters;
    seam::Channels channels;
  };
  std::vector<std::unique_ptr<PerWorker>> per_worker;
  std::vector<std::unique_ptr<worker::Worker>> workers;

 private:
  void fill_interfaces();
  void fill_hops();
  void fill_routes();
  void set(Hop slot, table::NextHop hop);
  void drain_punts();
};

// A hop out of `port` to a neighbour whose MAC ends in `last`.
[[nodiscard]] table::NextHop hop_out(uint16_t port, uint8_t last, bool six = false);

}  // namespace spanway::test
