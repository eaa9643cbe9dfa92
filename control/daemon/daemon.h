// SPDX-License-Identifier: BSD-3-Clause
// One router as a process: EAL, buffers, an Engine, its worker threads and its control socket.
// Everything here belongs to the control thread, which is the caller's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/api/server.h"
#include "control/attach/server.h"
#include "control/config/schema.h"
#include "control/daemon/engine.h"
#include "control/daemon/metrics.h"
#include "control/http/server.h"
#include "control/publish/build_crew.h"
#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "dataplane/worker/loop.h"
#include "drivers/dpdk/buffer_pool.h"

namespace spanway::daemon {

struct DaemonOptions {
  std::string config_path;  // may be empty or not exist yet: an empty config
  std::string socket;       // instead of the config's, when not empty
  bool verbose = false;     // DPDK's own log on stderr
  std::string ospf_record;  // file for all that OSPF is told and does; empty: none
};

class Daemon {
 public:
  // Birth order is the order of the members below; death is its reverse.
  static Result<std::unique_ptr<Daemon>> start(const DaemonOptions& options);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Control's loop, until `stop` says so or daemon.stop comes.
  void run(const std::function<bool()>& stop);

  [[nodiscard]] Engine& engine() noexcept { return *engine_; }
  [[nodiscard]] const std::string& socket() const noexcept { return socket_; }
  // Where pages are served; empty when nowhere.
  [[nodiscard]] std::string url() const { return http_ ? http_->url() : std::string{}; }

 private:
  Daemon() = default;
  Status bring_up(const DaemonOptions& options);
  Status start_packets(const config::Config& config, bool verbose);
  Status start_workers(const config::Config& config);
  Status start_server(const config::Config& config);
  Status start_attach(const config::Config& config);
  Status start_http(const config::Config& config);

  MonotonicClock clock_;
  std::unique_ptr<drivers::BufferPool> pool_;
  std::unique_ptr<publish::BuildCrew> crew_;
  std::unique_ptr<Engine> engine_;
  std::vector<std::unique_ptr<worker::Loop>> loops_;
  std::unique_ptr<api::Server> server_;
  std::unique_ptr<attach::Server> attach_;
  http::Desk desk_;  // control answers http_'s threads here
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<http::Server> http_;
  std::string socket_;
  bool stopping_ = false;
};

// EAL and one pool for a config, or for the sum of several (the lab).
Result<std::unique_ptr<drivers::BufferPool>> start_packet_memory(
    const config::Daemon& wanted, const std::vector<std::string>& pci, bool verbose);

}  // namespace spanway::daemon
