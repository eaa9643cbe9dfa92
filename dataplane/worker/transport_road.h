// SPDX-License-Identifier: BSD-3-Clause
// Between the walk of packets and the message protocol: takes UDP packets that are for it off the
// road, and puts its own ones on it, to be routed like any other. One worker.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/base/token_bucket.h"
#include "dataplane/base/tuning.h"
#include "dataplane/stage/context.h"
#include "dataplane/stage/listener.h"
#include "dataplane/transport/endpoint/endpoint.h"
#include "dataplane/transport/endpoint/listening.h"
#include "dataplane/transport/endpoint/owners.h"
#include "dataplane/transport/message/gate.h"
#include "dataplane/worker/handover.h"
#include "dataplane/worker/source_shares.h"

namespace spanway::worker {

// What a worker needs to speak the message protocol; all of it outlives the worker.
struct TransportParts {
  const transport::Listening& listening;
  const transport::Owners& owners;
  const transport::Gate& gate;
  transport::SessionRings& rings;
  size_t most_sessions;               // a power of two, at this worker
  std::vector<transport::App*> apps;  // that live on this worker
  int bell = -1;                      // an epoll that ends the worker's sleep
};

class TransportRoad final : public stage::Listener, private transport::PacketSink {
 public:
  // Without parts nothing is listened to. `handover` outlives it.
  TransportRoad(const TransportParts* parts, WorkerId self, Handover& handover, Nanos now);
  ~TransportRoad() override;

  [[nodiscard]] bool listens(uint16_t port) const noexcept override {
    return parts_ != nullptr && parts_->listening.has(port);
  }
  void take(stage::Context& context, Packet* p, stage::Batch& made) noexcept override;

  // What another worker's road found to be for a connection of this one.
  void take_handed(stage::Context& context, Packet* p) noexcept;

  // Once a turn, when all that arrived has walked. How much there was to do.
  unsigned serve(stage::Context& context) noexcept;

  // Around a sleep of the worker; see transport::App.
  bool lie_down() noexcept { return endpoint_ == nullptr || endpoint_->lie_down(); }
  void get_up() noexcept {
    if (endpoint_ != nullptr) endpoint_->get_up();
  }
  [[nodiscard]] int bell() const noexcept { return parts_ != nullptr ? parts_->bell : -1; }

 private:
  void take_data(stage::Context& context, Packet* p, std::span<uint8_t> payload,
                 bool may_hand_on) noexcept;
  // True: another worker has it now.
  bool hand_on(stage::Context& context, Packet* p, std::span<const uint8_t> payload) noexcept;
  void take_hello(stage::Context& context, Packet* p, std::span<const uint8_t> payload,
                  stage::Batch& made) noexcept;
  void take_open(stage::Context& context, Packet* p, std::span<const uint8_t> payload) noexcept;
  bool is_fair(uint64_t source, Nanos now) noexcept;

  // transport::PacketSink
  std::span<uint8_t> room(const transport::Session& session) noexcept override;
  void send(const transport::Session& session, size_t bytes) noexcept override;
  void flush() noexcept;

  const TransportParts* parts_;
  WorkerId self_;
  Handover& handover_;
  std::unique_ptr<transport::Endpoint> endpoint_;
  SourceShares shares_;  // of opens_
  TokenBucket opens_{tuning::kTransportOpensPerSecond, tuning::kTransportOpenBurst};
  TokenBucket answers_{tuning::kTransportOpensPerSecond, tuning::kTransportOpenBurst};
  stage::Context* context_ = nullptr;  // of this turn, while the endpoint serves
  Packet* blank_ = nullptr;            // where the next packet is written
  stage::Batch written_;
};

}  // namespace spanway::worker
