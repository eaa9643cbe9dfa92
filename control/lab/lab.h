// SPDX-License-Identifier: BSD-3-Clause
// Many routers in one process on simulated wires: the test bed, and the first thing a newcomer
// runs.
//
// In real time one thread gives all workers and hosts their turns and the caller's thread is
// control for all routers. In virtual time the caller's thread does both, in a fixed order, and
// jumps the clock: the same plan and seed give the same run.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/api/server.h"
#include "control/daemon/engine.h"
#include "control/lab/guests.h"
#include "control/lab/host.h"
#include "control/lab/plan.h"
#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "drivers/sim/network.h"

namespace spanway::lab {

struct FlowResult {
  std::string name;
  uint64_t sent = 0, received = 0, reordered = 0;
  double latency_mean_us = 0, latency_max_us = 0;
};

struct Report {
  double seconds = 0;  // of traffic, on the lab's time line
  uint64_t sent = 0, received = 0;
  std::vector<FlowResult> flows;
  std::map<std::string, uint64_t> drops;        // by reason, all routers
  std::map<std::string, uint64_t> wire_losses;  // by reason, all wires; OSPF's packets among them
  uint64_t damaged = 0;                         // on wires; a host may not know them any more
  uint64_t on_wires = 0, held = 0;              // on their way, at this moment
  int64_t imbalance = 0;  // of all routers: packets that the counters do not explain; 0 is right

  [[nodiscard]] uint64_t lost() const noexcept { return sent > received ? sent - received : 0; }
  // Lost datagrams that no counter of a router or wire can be: 0 is right. Exact while no thread
  // is at work.
  [[nodiscard]] uint64_t unexplained() const noexcept;
};

class Lab {
 public:
  // Builds everything: wires, routers with their configs applied, hosts, guests. `run_dir` gets one
  // control socket a router; empty: none.
  static Result<std::unique_ptr<Lab>> create(Plan plan, const BufferSource& buffers,
                                             const std::string& run_dir);
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  // Lets time pass, until `stop` says so or, in virtual time, until `until`. Traffic flows while
  // on.
  void run(Nanos span, const std::function<bool()>& stop = nullptr);
  void traffic(bool on) noexcept { sending_.set(on ? 1 : 0); }
  // Every port of every router has its link and every address is usable.
  [[nodiscard]] bool ready();
  [[nodiscard]] Report report() const;

  [[nodiscard]] Nanos now() const noexcept { return clock_->now(); }
  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }
  [[nodiscard]] sim::Network& network() noexcept { return network_; }
  [[nodiscard]] daemon::Engine* router(const std::string& name) noexcept;
  [[nodiscard]] const Guests& guests() const noexcept { return *guests_; }
  // Routers and the sockets on which they answer.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> sockets() const;

 private:
  Lab(Plan plan, const BufferSource& buffers, const std::string& run_dir);
  Status build();
  Status build_router(const RouterPlan& plan);
  Status build_host(const HostPlan& plan);
  Status build_flow(const FlowPlan& plan);
  unsigned worker_turns(Nanos now) noexcept;
  Nanos control_steps(Nanos now);
  void run_real(Nanos span, const std::function<bool()>& stop);
  void run_virtual(Nanos span, const std::function<bool()>& stop);

  struct Router {
    std::string name;
    std::unique_ptr<daemon::Engine> engine;
    std::unique_ptr<api::Server> server;
    std::string socket;
  };

  Plan plan_;
  BufferSource buffers_;
  std::string run_dir_;
  std::unique_ptr<Clock> clock_;
  VirtualClock* virtual_clock_ = nullptr;  // clock_, when time is virtual
  MonotonicClock wall_clock_;  // of the control sockets: their clients never live in virtual time
  sim::Network network_;
  std::vector<Router> routers_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::unique_ptr<Flow>> flows_;
  std::unique_ptr<Guests> guests_;
  seam::Counter sending_;  // written by control, read by the worker thread
};

}  // namespace spanway::lab
