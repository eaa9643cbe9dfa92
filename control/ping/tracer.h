// SPDX-License-Identifier: BSD-3-Clause
// One traceroute: all probes of a hop at once, the next hop when each is answered or timed out.
//
// Control thread; time is passed in.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "control/ping/pinger.h"

namespace spanway::ping {

struct TraceOptions {
  IpAddr address;
  IfIndex link = kNoInterface;  // where a link-local address is; else as routed
  std::optional<IpAddr> source{};
  uint8_t max_hops = 30;
  unsigned probes = 3;  // for each hop
  Nanos timeout = seconds(1);
  bool udp = false;  // UDP to high ports instead of echo requests
};

struct TraceProbe {
  std::optional<IpAddr> from{};  // nobody: timed out, or could not be sent
  Nanos rtt{};
  std::string_view note{};  // "", or "!H" host, "!N" network, "!P" protocol or port, "!X"
                            // prohibited, "!F" too big
};

struct TraceHop {
  uint8_t ttl = 0;
  std::vector<TraceProbe> probes;
};

class Tracer {
 public:
  // `id` is the echo identifier, or decides the UDP source port; of no other session.
  Tracer(const TraceOptions& options, uint16_t id, Outlet& outlet, Nanos now);

  void step(Nanos now);
  [[nodiscard]] Nanos next_deadline() const;
  bool on_answer(const Answer& answer, Nanos now);
  void stop();

  [[nodiscard]] bool done() const noexcept { return done_; }
  // The address itself answered.
  [[nodiscard]] bool reached() const noexcept { return reached_; }
  [[nodiscard]] const TraceOptions& options() const noexcept { return options_; }
  [[nodiscard]] uint16_t id() const noexcept { return id_; }
  // Complete hops with a greater ttl.
  [[nodiscard]] std::vector<TraceHop> hops_after(unsigned ttl) const;

 private:
  void start_hop(Nanos now);
  void end_hop(Nanos now);
  [[nodiscard]] Mark mark(unsigned probe) const;
  std::optional<unsigned> probe_of(const Mark& mark) const;

  TraceOptions options_;
  uint16_t id_;
  Outlet& outlet_;
  std::vector<TraceHop> hops_;  // the last one is under way unless done_
  IpAddr source_;
  Nanos hop_sent_{};
  unsigned open_ = 0;
  std::vector<bool> waiting_;
  bool reached_ = false, refused_ = false, started_ = false, done_ = false;
};

}  // namespace spanway::ping
