// SPDX-License-Identifier: BSD-3-Clause
// All pings and traceroutes of one router, by number: what the API starts, polls and stops.
//
// Control thread; time is passed in. Bounded: kMaxSessions at once, and one that nobody polls for
// kUnpolled is stopped, later forgotten.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>

#include "control/ping/pinger.h"
#include "control/ping/tracer.h"
#include "dataplane/base/random.h"
#include "dataplane/base/result.h"

namespace spanway::ping {

class Sessions {
 public:
  static constexpr size_t kMaxSessions = 32;
  static constexpr Nanos kUnpolled = seconds(10);

  // `outlet` outlives this object. max_packet_bytes: the largest IP packet that it can send.
  Sessions(Outlet& outlet, uint64_t seed, size_t max_packet_bytes);

  // The number to poll with, from 1, never used twice. The first packets go out at the next step.
  Result<uint32_t> start_ping(const PingOptions& options, Nanos now);
  Result<uint32_t> start_trace(const TraceOptions& options, Nanos now);
  // nullptr when there is no such ping (traceroute); good until the next call. Counts as a poll.
  const Pinger* poll_ping(uint32_t number, Nanos now);
  const Tracer* poll_trace(uint32_t number, Nanos now);
  // False when there is no such session. It can still be polled for a while.
  bool stop(uint32_t number, Nanos now);

  // An echo reply or an ICMP error that was addressed to us, from the IP header on; `received` is
  // when it came in. Anything may be in it. True when it belonged to a session.
  bool on_packet(std::span<const uint8_t> packet, Nanos received);

  Nanos step(Nanos now);
  [[nodiscard]] Nanos next_deadline() const;
  [[nodiscard]] size_t size() const noexcept { return sessions_.size(); }

 private:
  struct Session {  // one of the two
    std::unique_ptr<Pinger> ping{};
    std::unique_ptr<Tracer> trace{};
    Nanos polled{};
    [[nodiscard]] bool done() const { return ping ? ping->done() : trace->done(); }
    [[nodiscard]] Nanos next_deadline() const {
      return ping ? ping->next_deadline() : trace->next_deadline();
    }
    void stop() { ping ? ping->stop() : trace->stop(); }
  };
  Status admit(const IpAddr& address, const std::optional<IpAddr>& source, Nanos timeout) const;
  uint16_t free_id();
  Session* poll(uint32_t number, Nanos now);

  Outlet& outlet_;
  Random random_;
  size_t max_packet_bytes_;
  std::map<uint32_t, Session> sessions_;
  uint32_t last_number_ = 0;
};

}  // namespace spanway::ping
