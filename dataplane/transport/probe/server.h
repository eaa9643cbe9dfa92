// SPDX-License-Identifier: BSD-3-Clause
// The side that is measured: sends echoes back, takes what is streamed to it and streams what it is
// asked for. One worker.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/transport/endpoint/endpoint.h"
#include "dataplane/transport/probe/job.h"

namespace spanway::transport {

// Where answers of one connection lie until they have arrived: the context of its session. Without
// a free place the client waits.
struct EchoRoom {
  static constexpr uint32_t kPlaces = 64;
  std::array<std::array<uint8_t, kMostEchoBytes>, kPlaces> places;
  uint64_t free = ~uint64_t{0};  // a bit for each
  // Messages of so many bytes may be on their way, and are.
  uint32_t given_bytes = 0, most_given = 0, given = 0;
};

class ProbeServer final : public App {
 public:
  void on_open(Endpoint&, Session&, Nanos) noexcept override {}
  void on_ready(Endpoint& endpoint, Session& session, Nanos now) noexcept override;
  void on_end(Endpoint&, Session&, End, Nanos) noexcept override {}
};

}  // namespace spanway::transport
