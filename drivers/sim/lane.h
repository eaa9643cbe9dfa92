// SPDX-License-Identifier: BSD-3-Clause
// One direction of a simulated wire: frames go in at one end and come out of the other in time.
//
// Three threads meet here without a lock: the sender (send), one receiver a queue (receive), and
// control (everything else). A frame taken by send() comes out of receive(), or is counted as lost
// under a name, or is still in flight: taken + duplicated = delivered + lost + in flight.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "dataplane/base/cache_line.h"
#include "dataplane/base/shared_word.h"
#include "dataplane/base/spsc_ring.h"
#include "dataplane/base/units.h"
#include "dataplane/packet/packet.h"
#include "drivers/sim/impairment.h"

namespace spanway::sim {

// What a full transmit queue does.
enum class WhenFull : uint8_t {
  kRefuse,  // as a card whose descriptors are all taken: the frame stays with the sender
  kDrop,    // as a switch in the middle: the frame is lost (tail drop)
};

struct LaneOptions {
  uint64_t rate_bps = 10'000'000'000;  // 0: frames take no time
  Nanos delay{};                       // from the last bit sent to the last bit received
  // Frames, and bytes of them, that may wait to be sent, the one being sent included. 0: no bound
  // of that kind; what is in flight is always bounded by `flight`.
  uint32_t queue_frames = 1024;
  uint64_t queue_bytes = 0;
  uint32_t flight = 4096;  // frames on the wire or not yet fetched, for each receive queue
  uint16_t queues = 4;     // receive queues that the far end may have
  // Preamble, frame check sequence and gap of Ethernet, so that a 10 Gbit/s wire carries the 14.88
  // million smallest frames a second that a real one does.
  uint32_t overhead_bytes = 24;
  WhenFull when_full = WhenFull::kRefuse;
  Impairment impairment{};
};

enum class Loss : uint8_t {
  kRandom,     // Impairment::loss
  kBurst,      // Impairment::burst_*
  kQueueFull,  // WhenFull::kDrop
  kCut,        // the wire was cut, before or behind the frame
  kNoPeer,     // nobody listens at the other end
  kCount
};
inline constexpr size_t kLosses = static_cast<size_t>(Loss::kCount);
inline constexpr std::array<std::string_view, kLosses> kLossNames = {
    "random", "burst", "queue_full", "cut", "no_peer"};

struct LaneStats {
  uint64_t taken = 0, taken_bytes = 0;
  uint64_t delivered = 0, delivered_bytes = 0;
  uint64_t duplicated = 0, corrupted = 0, reordered = 0;
  uint64_t refused = 0;  // offers turned down (WhenFull::kRefuse); the sender still has the frame
  uint64_t in_flight = 0;
  std::array<uint64_t, kLosses> lost{};
  [[nodiscard]] uint64_t lost_total() const noexcept {
    uint64_t sum = 0;
    for (const uint64_t n : lost) sum += n;
    return sum;
  }
};

class Lane {
 public:
  // `flight` is rounded up to a power of two.
  Lane(const LaneOptions& options, uint64_t seed);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Sender. Takes frames from the front, returns how many it took.
  uint16_t send(Packet** packets, uint16_t count, Nanos now) noexcept;
  // Receiver of `queue`. Frames whose last bit has arrived by `now`, in order of arrival.
  uint16_t receive(uint16_t queue, Packet** out, uint16_t room, Nanos now) noexcept;

  // Control. The receiver's end comes up with 1 to LaneOptions::queues queues, or goes away.
  void listen(uint16_t queues) noexcept { listening_.set(queues); }
  void hang_up() noexcept { listening_.set(0); }
  [[nodiscard]] bool listening() const noexcept { return listening_.get() != 0; }
  // Control. Frees what is in flight, counted as lost to nobody. No receiver, and no sender, may be
  // at work.
  void drain() noexcept;
  // Control. Takes effect before the sender's next frame. False when eight changes already wait.
  bool impair(const Impairment& impairment) noexcept { return changes_.push(impairment); }
  void cut() noexcept { epoch_.set(epoch_.get() | 1); }
  void mend() noexcept { epoch_.set((epoch_.get() + 1) & ~uint64_t{1}); }
  [[nodiscard]] bool is_cut() const noexcept { return (epoch_.get() & 1) != 0; }
  [[nodiscard]] LaneStats stats() const noexcept;
  [[nodiscard]] const LaneOptions& options() const noexcept { return options_; }

  // When the next frame arrives; Nanos::never() when none is on its way. Only where one thread is
  // sender, receiver and caller at once: a scheduler of virtual time.
  Nanos next_arrival() noexcept;

 private:
  struct Flight {
    Packet* packet = nullptr;
    Nanos arrival{};
    uint64_t epoch : 63 = 0;  // of epoch_ when it was sent: a cut since then means it is lost
    uint64_t late : 1 = 0;    // overtaken: its arrival is not in the order of the ring
  };
  struct alignas(kCacheLine) Queue {
    explicit Queue(size_t capacity) : ring(capacity) { late.reserve(kLateRoom); }
    SpscRing<Flight> ring;
    // The receiver's own.
    std::array<Flight, 32> ahead{};  // fetched from the ring, in its order
    uint16_t ahead_first = 0, ahead_end = 0;
    std::vector<Flight> late;  // a heap, earliest on top
    SharedWord fetched;        // how many `ahead` and `late` hold
    SharedWord delivered, delivered_bytes, lost_cut;
    SharedWord drained;  // control writes
  };
  struct Waiting {
    Nanos sent_by{};  // when its last bit is out
    uint32_t bytes = 0;
  };
  static constexpr size_t kLateRoom = 1024;

  // Sender.
  bool has_room(uint32_t bytes, Nanos now, const Queue& queue) noexcept;
  Nanos serialise(uint32_t bytes, Nanos now) noexcept;
  void travel(Packet* packet, Queue& queue, Nanos sent_by, uint64_t epoch) noexcept;
  void launch(Packet* packet, Queue& queue, Nanos arrival, uint64_t epoch, bool late) noexcept;
  void lose(Packet* packet, Loss why) noexcept;
  // Receiver.
  static const Flight* earliest(Queue& queue) noexcept;
  static Flight take(Queue& queue, const Flight* which) noexcept;
  bool alive(const Flight& flight) const noexcept { return flight.epoch == epoch_.get(); }

  const LaneOptions options_;

  // Control writes, sender and receivers read.
  SharedWord listening_;  // receive queues, 0: none
  SharedWord epoch_;      // odd: cut
  std::vector<std::unique_ptr<Queue>> queues_;
  SpscRing<Impairment> changes_{8};  // control to sender

  // The sender's own.
  alignas(kCacheLine) Impairer impairer_;
  Nanos busy_until_{};
  uint64_t carry_ = 0;            // of a nanosecond, in units of 1 / rate: no rounding adds up
  std::vector<Waiting> waiting_;  // circular, `queue_frames` + 1
  size_t waiting_first_ = 0, waiting_count_ = 0;
  uint64_t waiting_bytes_ = 0;
  // The sender writes, any thread reads.
  SharedWord taken_, taken_bytes_, duplicated_, corrupted_, reordered_, refused_;
  std::array<SharedWord, kLosses> lost_;
};

}  // namespace spanway::sim
