// SPDX-License-Identifier: BSD-3-Clause
// One connection at its worker: the connection itself, where its packets go, whose it is, and what
// everybody may know of it. Control makes it and takes it back; in between the worker's Endpoint
// alone touches it, but for the gauges.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/base/shared_word.h"
#include "dataplane/transport/endpoint/app.h"
#include "dataplane/transport/endpoint/path.h"
#include "dataplane/transport/message/connection.h"
#include "dataplane/transport/recovery/timer_wheel.h"

namespace spanway::transport {

// Written by the worker now and then, read by anybody: each word by itself is true, all together
// only nearly of one moment.
struct SessionGauges {
  SharedWord srtt_ns, min_rtt_ns, rto_ns;
  SharedWord window_bytes, threshold_bytes;  // of congestion; threshold 0: none yet
  SharedWord in_flight_bytes, in_flight_packets;
  SharedWord packets_sent, bytes_sent, packets_received, bytes_received;
  SharedWord lost_fast, lost_timeout, probes, timeouts, spurious, episodes, marks;
  SharedWord refused;       // packets that were not what they should be
  SharedWord packet_bytes;  // of the longest that the path takes, as far as is known
  SharedWord peer_closed;
};

struct SessionParts {
  uint32_t number = 0;  // unique in the engine
  Path path;
  App* app = nullptr;    // at this worker
  uint64_t context = 0;  // the application's own
  // Where messages are put together, see Connection; outlives the session.
  std::span<uint8_t> receive_memory{};
};

class Session : public Timer {
 public:
  Session(const SessionParts& parts, const Established& established,
          const ConnectionOptions& options, Nanos now)
      : parts_(parts),
        id_(established.own),
        connection_(established, options, parts.receive_memory, now) {}

  // Any thread.
  [[nodiscard]] uint32_t number() const noexcept { return parts_.number; }
  [[nodiscard]] const Path& path() const noexcept { return parts_.path; }
  [[nodiscard]] uint64_t context() const noexcept { return parts_.context; }
  // By which the peer's packets name it.
  [[nodiscard]] ConnectionId id() const noexcept { return id_; }
  [[nodiscard]] const SessionGauges& gauges() const noexcept { return gauges_; }

  // The worker.
  [[nodiscard]] Connection& connection() noexcept { return connection_; }
  [[nodiscard]] App& app() const noexcept { return *parts_.app; }

 private:
  friend class Endpoint;
  void write_gauges() noexcept;

  SessionParts parts_;
  ConnectionId id_;
  Connection connection_;
  Session* next_busy_ = nullptr;
  bool busy_ = false;     // in the queue of those that have something to do, or being served
  bool ready_ = false;    // the application is to be told
  bool stopped_ = false;  // given up
  Nanos gauge_at_;        // not before
  uint64_t bytes_received_ = 0;
  SessionGauges gauges_;
};

}  // namespace spanway::transport
