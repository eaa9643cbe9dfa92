// SPDX-License-Identifier: BSD-3-Clause
// The side that measures: runs the jobs of its worker's connections, each the context of its
// session. One worker.
#pragma once

#include "dataplane/transport/endpoint/endpoint.h"
#include "dataplane/transport/probe/job.h"

namespace spanway::transport {

class ProbeClient final : public App {
 public:
  void on_open(Endpoint& endpoint, Session& session, Nanos now) noexcept override;
  void on_ready(Endpoint& endpoint, Session& session, Nanos now) noexcept override;
  void on_end(Endpoint& endpoint, Session& session, End why, Nanos now) noexcept override;
  unsigned serve(Endpoint& endpoint, Nanos now) noexcept override;

 private:
  ProbeJob* first_ = nullptr;  // those that run
};

}  // namespace spanway::transport
