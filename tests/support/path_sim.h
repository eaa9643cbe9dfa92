// SPDX-License-Identifier: BSD-3-Clause
// Flows over one bottleneck in virtual time: a link of some rate, a queue of some bytes, a delay
// each way. What is lost, marked or held up is said by functions of the packet's count. Everything
// follows from the options, so a run repeats to the nanosecond. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "dataplane/transport/recovery/receive_log.h"
#include "dataplane/transport/recovery/sender.h"

namespace spanway::transport::test {

struct PathOptions {
  Nanos delay = millis(50);           // one way
  uint64_t bytes_per_second = 0;      // 0: without end
  uint64_t queue_bytes = UINT64_MAX;  // before the link
  uint64_t mark_bytes = UINT64_MAX;   // a longer queue marks "congestion experienced"
  // Of the packet that enters as the count-th, from 1: is it lost; how much later does it come?
  std::function<bool(uint64_t count, Nanos now)> lost{};
  std::function<Nanos(uint64_t count, Nanos now)> held{};
  std::function<bool(uint64_t count, Nanos now)> ack_lost{};
};

struct FlowOptions {
  SenderOptions sender{};
  AckPolicy acks{};
  uint32_t bytes = 1200;          // of every packet
  uint64_t items = UINT64_MAX;    // to be delivered, one a packet
  uint64_t items_per_second = 0;  // what the application writes; 0: everything at once
  uint32_t first_number = 0;
  Nanos starts;
};

// One sender, its receiver, and which item each transmission carried.
class Flow {
 public:
  explicit Flow(const FlowOptions& options);

  const FlowOptions options;  // the two below refer to it
  Sender sender;
  ReceiveLog log;

  [[nodiscard]] bool done() const { return items_delivered_ == options.items; }
  [[nodiscard]] uint64_t items_delivered() const { return items_delivered_; }
  // Packets that left only because something was told lost or probed.
  [[nodiscard]] uint64_t repeated() const { return repeated_; }
  // What the receiver saw for the first time.
  [[nodiscard]] uint64_t items_arrived() const { return items_arrived_; }
  // The mean of the window over the time in congestion avoidance since start_mean(), in packets.
  // The models that give a mean from a loss rate know no recovery: there the window falls at once.
  [[nodiscard]] double mean_window() const;
  void start_mean(Nanos now);
  // The longest time between two arrivals of new items.
  [[nodiscard]] Nanos longest_stall() const { return longest_stall_; }
  // The longest time from when an item was written until it arrived, of items_per_second.
  [[nodiscard]] Nanos longest_wait() const { return longest_wait_; }
  // When each timeout came.
  std::vector<Nanos> timeouts;

  // Settlement.
  void delivered(PacketNumber n) noexcept;
  void lost(PacketNumber n) noexcept;
  void late(PacketNumber n) noexcept { delivered(n); }

 private:
  friend class PathSim;
  bool take_item(Nanos now, uint64_t& item);
  uint64_t written(Nanos now) const;
  Nanos written_at(uint64_t item) const;
  void note_window(Nanos now);
  uint64_t& item_of(PacketNumber n) {
    return carried_[n.value() & (sender.scoreboard().capacity() - 1)];
  }

  std::vector<uint64_t> carried_;
  std::vector<bool> known_;    // items acknowledged, counted from base_
  std::vector<bool> arrived_;  // items at the receiver
  std::deque<uint64_t> again_;
  uint64_t next_item_ = 0;
  uint64_t items_delivered_ = 0;
  uint64_t items_arrived_ = 0;
  uint64_t repeated_ = 0;
  Nanos last_arrival_;
  Nanos longest_stall_;
  Nanos longest_wait_;
  double window_seconds_ = 0;
  double seconds_ = 0;
  Nanos noted_;
};

class PathSim {
 public:
  explicit PathSim(PathOptions options) : options_(std::move(options)) {}
  Flow& add(const FlowOptions& options);

  [[nodiscard]] Nanos now() const { return now_; }
  // Until `end`, or until every flow is done or `stop` says so; false when nothing can happen any
  // more.
  bool run(Nanos end, const std::function<bool()>& stop = {});
  PathOptions& options() { return options_; }
  [[nodiscard]] uint64_t entered() const { return entered_; }

 private:
  struct Data {
    Nanos at;
    Flow* flow = nullptr;
    PacketNumber n;
    uint64_t item = 0;
    bool marked = false;
  };
  struct Answer {
    Nanos at;
    Flow* flow = nullptr;
    AckWords words;
    Nanos delay;
    uint32_t ce_count = 0;
  };
  void send(Flow& flow);
  void transmit(Flow& flow, uint64_t item);
  void arrive(const Data& data);
  void answer(Flow& flow);
  void settle(const Answer& answer);
  void timer(Flow& flow);
  [[nodiscard]] Nanos wake_of(const Flow& flow) const;

  PathOptions options_;
  std::vector<std::unique_ptr<Flow>> flows_;
  std::deque<Data> data_;       // sorted by time
  std::deque<Answer> answers_;  // sorted by time
  Nanos now_;
  Nanos link_free_;
  uint64_t entered_ = 0;
  uint64_t answered_ = 0;
};

}  // namespace spanway::transport::test
