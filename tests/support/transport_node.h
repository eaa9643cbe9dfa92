// SPDX-License-Identifier: BSD-3-Clause
// A router that is little but the message protocol: control's half of it, real workers with real
// tables, one port on an Ethernet segment in virtual time. It is born and dies with all that it
// remembers. One thread.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "control/transport/host.h"
#include "dataplane/base/random.h"
#include "dataplane/seam/channels.h"
#include "dataplane/seam/counters.h"
#include "dataplane/worker/worker.h"

namespace spanway::test {

// What joins nodes: every frame that one of them sends.
class Segment {
 public:
  virtual ~Segment() = default;
  virtual void put(unsigned from, std::vector<uint8_t> frame, Nanos now) = 0;
};

struct NodeOptions {
  unsigned index = 0;  // below TransportNode::kMost; its addresses follow from it
  transport::HostOptions host{};
  transport::Security security{};
  std::vector<transport::App*> apps{};  // one for each worker
  // The card has one queue and the workers spread flows themselves; else a queue for each worker.
  bool steered = false;
  uint64_t secret = 1;  // where cookies, ids and keys come from
  Nanos born{};
};

class TransportNode final : public transport::Outlet {
 public:
  static constexpr unsigned kMost = 3;
  // 10.0.0.1 and 2001:db8::1 is the first one's; all other addresses are strangers', behind one
  // neighbour.
  static IpAddr address(unsigned index, Family family);
  // To whom a frame goes: an index, kMost for the strangers' neighbour.
  static unsigned target(std::span<const uint8_t> frame);

  TransportNode(const NodeOptions& options, Segment& segment);
  ~TransportNode() override;
  TransportNode(const TransportNode&) = delete;
  TransportNode& operator=(const TransportNode&) = delete;

  // A frame lies in the queue that its flow has.
  void arrive(std::vector<uint8_t> frame);
  // The card spreads flows in another way from now on.
  void spread_anew() { ++spread_; }
  // One turn of every worker; how much there was to do.
  unsigned turn(Nanos now);
  // Whether workers have left something for control.
  [[nodiscard]] bool punts_wait() const { return punts_wait_; }
  // A step of control; when it wants the next.
  Nanos control(Nanos now);

  [[nodiscard]] transport::Host& host() noexcept { return *host_; }
  [[nodiscard]] const seam::WorkerCounters& counters(uint16_t worker) const {
    return per_worker_[worker]->counters;
  }
  [[nodiscard]] uint64_t drops(DropReason reason) const;
  // Frames that other workers' queues got and that were handed to the connection's.
  [[nodiscard]] uint64_t handed() const;
  // The workers' last turn is over: packets in but not out, by their counters, and what lies in no
  // ring any more. 0: all is accounted for.
  int64_t stop();

  // transport::Outlet
  bool send_datagram(std::span<const uint8_t> packet) override;
  std::optional<IpAddr> source_towards(const IpAddr& to) override;

 private:
  class Card;
  struct PerWorker {
    seam::Published<worker::Plan> plan;
    seam::WorkerCounters counters;
    seam::Channels channels;
  };
  void on_punt(uint16_t worker, const seam::Punt& punt, Nanos now);

  NodeOptions options_;
  Random secrets_;
  std::unique_ptr<transport::Host> host_;
  std::unique_ptr<Card> card_;
  std::vector<std::unique_ptr<PerWorker>> per_worker_;
  worker::Handover handover_;
  std::vector<worker::TransportParts> parts_;
  std::vector<std::unique_ptr<worker::Worker>> workers_;
  uint64_t spread_ = 0;
  bool punts_wait_ = false;
};

}  // namespace spanway::test
