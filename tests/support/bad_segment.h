// SPDX-License-Identifier: BSD-3-Clause
// An Ethernet segment in virtual time that loses frames singly and in bursts, repeats, delays,
// spoils, lets them overtake each other, goes dark, and takes packets of changing size. All of it
// follows from the seed. Every frame that is put ends in one of the counts. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <queue>
#include <vector>

#include "dataplane/base/random.h"
#include "tests/support/transport_node.h"

namespace spanway::test {

struct Weather {
  double loss = 0, copies = 0, overtakes = 0;
  double spoils = 0;  // one bit is turned
  double swaps = 0;   // two 16-bit words change places, which the Internet checksum does not see
  // Bursts (Gilbert-Elliott): how long it is good and bad, on average; never: always good.
  Nanos good = Nanos::never(), bad = millis(5);
  double loss_when_bad = 0.8;
  // A copy of something long past: of a handshake within kOldGhost, else within kGhost.
  double ghosts = 0;
  static constexpr Nanos kOldGhost = seconds(12), kGhost = seconds(3);
  Nanos delay = micros(50), jitter = micros(5);
  Nanos byte_time{8};  // 1 Gbit/s
  Nanos queue = millis(5);
  // From when on IP packets of what size pass; before the first: all.
  struct Size {
    Nanos from;
    size_t bytes;
  };
  std::vector<Size> sizes{};
  // Nothing of what `from` sends passes; kMost: of nobody's.
  struct Dark {
    Nanos begins, ends;
    unsigned from = TransportNode::kMost;
  };
  std::vector<Dark> darks{};
};

class BadSegment final : public Segment {
 public:
  struct Counts {
    uint64_t put = 0, copied = 0, arrived = 0;
    uint64_t lost = 0, too_long = 0, in_the_dark = 0, queue_full = 0, nobody = 0;
    uint64_t spoilt = 0;  // and arrived, or not
  };

  BadSegment(const Weather& first, uint64_t seed) : weather(first), random_(seed) {}

  Weather weather;
  // Whose frames arrive; null: it is away, and they are lost.
  std::array<TransportNode*, TransportNode::kMost> nodes{};
  // Frames for strangers come here when there is somebody.
  std::vector<std::vector<uint8_t>>* strangers = nullptr;

  void put(unsigned from, std::vector<uint8_t> frame, Nanos now) override;
  [[nodiscard]] Nanos next() const {
    return flights_.empty() ? Nanos::never() : flights_.top().arrives;
  }
  // What is due; a bit for each node that something came to.
  unsigned arrive(Nanos now);
  [[nodiscard]] const Counts& counts() const { return counts_; }
  // The longest that a frame put now may be on its way.
  [[nodiscard]] Nanos longest_way() const {
    return weather.queue + weather.byte_time * 4'000 + weather.delay * 2 + weather.jitter +
           (weather.ghosts > 0 ? Weather::kGhost : Nanos());
  }
  // Frames that are neither on their way nor counted.
  [[nodiscard]] int64_t imbalance() const {
    return static_cast<int64_t>(counts_.put + counts_.copied) -
           static_cast<int64_t>(counts_.arrived + counts_.lost + counts_.too_long +
                                counts_.in_the_dark + counts_.queue_full + counts_.nobody +
                                flights_.size());
  }

 private:
  struct Flight {
    Nanos arrives;
    uint64_t order;
    std::vector<uint8_t> frame;
    bool operator<(const Flight& other) const {
      return std::pair(arrives, order) > std::pair(other.arrives, other.order);
    }
  };
  struct Lane {
    Nanos busy;
    Nanos turns;  // when good becomes bad or the other way
    bool bad = false;
  };
  bool chance(double probability) { return probability > 0 && random_.unit() < probability; }
  Nanos about(Nanos mean);
  bool is_bad(Lane& lane, Nanos now);
  void spoil(std::vector<uint8_t>& frame);
  void fly(std::vector<uint8_t> frame, Nanos arrives);

  Random random_;
  std::priority_queue<Flight> flights_;
  std::array<Lane, TransportNode::kMost + 1> lanes_{};
  uint64_t order_ = 0;
  Counts counts_;
};

}  // namespace spanway::test
