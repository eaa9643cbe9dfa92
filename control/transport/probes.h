// SPDX-License-Identifier: BSD-3-Clause
// Measurements over the message protocol: `transport ping` and `transport perf`, and the port that
// answers them. Control thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "control/transport/host.h"
#include "dataplane/transport/probe/client.h"
#include "dataplane/transport/probe/job.h"
#include "dataplane/transport/probe/server.h"

namespace spanway::transport {

// Their halves on the workers. Born before the workers and the host.
struct ProbeApps {
  explicit ProbeApps(uint16_t workers) : clients(workers), servers(workers) {}
  std::vector<ProbeClient> clients;
  std::vector<ProbeServer> servers;
};

class Probes {
 public:
  static constexpr size_t kMost = 64;                    // at the same time
  static constexpr Nanos kForgottenAfter = seconds(60);  // since anybody asked, when it is over

  static constexpr Params kParams{.packet_bytes = 1'472,
                                  .streams = 1,
                                  .window_bytes = 4u << 20,
                                  .window_messages = 1'024,
                                  .idle_ms = 10'000};

  // Of a message: a connection takes no longer ones.
  static constexpr uint32_t kMostBytes = kParams.window_bytes / 4;
  static_assert(kMostBytes == kMostGivenBytes);

  // Both outlive it.
  Probes(Host& host, ProbeApps& apps) : host_(host), apps_(apps), server_(*this), client_(*this) {}

  Status listen(uint16_t port) { return host_.listen(port, server_); }
  void unlisten(uint16_t port) { host_.unlisten(port); }

  // What was done in one second of it.
  struct Interval {
    uint64_t number = 0;  // from 1
    Nanos began, ended;
    uint64_t messages = 0;
    uint64_t retransmissions = 0;
    uint64_t srtt_ns = 0, window_bytes = 0;  // at its end
  };
  struct Probe {
    Peer peer;
    std::unique_ptr<ProbeJob> job;
    std::optional<Error> failed;
    bool alive = true;  // its session may still touch the job
    Nanos asked_at;
    std::vector<Interval> intervals{};           // one a second, at most kMostIntervals
    uint64_t messages = 0, retransmissions = 0;  // up to the last one
    Nanos noted_at{};
  };
  static constexpr size_t kMostIntervals = 3600;
  // `options` within their limits (job.h).
  Result<uint32_t> start(const Peer& peer, std::optional<IpAddr> source,
                         const ProbeOptions& options, Nanos now);
  // nullptr: there is none of this number.
  Probe* poll(uint32_t number, Nanos now);
  // Sends no more; what is on its way still counts.
  void stop(uint32_t number);

  Nanos step(Nanos now);

 private:
  struct Server final : Owner {
    explicit Server(Probes& of) : probes(of) {}
    App& app(WorkerId worker) override { return probes.apps_.servers[worker.value]; }
    [[nodiscard]] Params params() const override { return kParams; }
    std::optional<Seat> admit(uint32_t number, const Path& path) override;
    void connected(uint32_t) override {}
    void failed(uint32_t, const Error&) override {}
    void buried(uint32_t number, uint64_t context) override;
    Probes& probes;
  };
  struct Client final : Owner {
    explicit Client(Probes& of) : probes(of) {}
    App& app(WorkerId worker) override { return probes.apps_.clients[worker.value]; }
    [[nodiscard]] Params params() const override { return kParams; }
    std::optional<Seat> admit(uint32_t, const Path&) override { return std::nullopt; }
    void connected(uint32_t) override {}
    void failed(uint32_t number, const Error& why) override;
    void buried(uint32_t number, uint64_t context) override;
    Probes& probes;
  };

  // Ends an interval when its second is over, or when all is.
  void note(uint32_t number, Probe& probe, Nanos now);

  Host& host_;
  ProbeApps& apps_;
  Server server_;
  Client client_;
  std::map<uint32_t, Probe> probes_;
  std::map<uint32_t, std::unique_ptr<EchoRoom>> rooms_;
};

}  // namespace spanway::transport
