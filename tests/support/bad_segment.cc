// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/bad_segment.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace spanway::test {
namespace {

constexpr size_t kEther = 14;

// Of the message protocol, and no Data.
bool is_handshake(const std::vector<uint8_t>& frame) {
  const size_t at = kEther + (frame[12] == 0x08 ? 28 : 48);
  return frame.size() > at && (frame[at] & 0xf) != 5;
}

}  // namespace

Nanos BadSegment::about(Nanos mean) {
  return Nanos(
      1 + static_cast<int64_t>(-std::log(1 - random_.unit()) * static_cast<double>(mean.ns())));
}

bool BadSegment::is_bad(Lane& lane, Nanos now) {
  if (weather.good == Nanos::never()) return false;
  if (lane.turns == Nanos()) lane.turns = now + about(weather.good);
  while (lane.turns <= now) {
    lane.bad = !lane.bad;
    lane.turns += about(lane.bad ? weather.bad : weather.good);
  }
  return lane.bad;
}

void BadSegment::spoil(std::vector<uint8_t>& frame) {
  const size_t words = (frame.size() - kEther) / 2;
  const auto word = [&](size_t i) { return frame.begin() + static_cast<long>(kEther + i * 2); };
  if (chance(weather.swaps)) {
    const auto a = word(random_.below(words)), b = word(random_.below(words));
    std::swap_ranges(a, a + 2, b);
    ++counts_.spoilt;
  } else if (chance(weather.spoils)) {
    const uint64_t bit = random_.below((frame.size() - kEther) * 8);
    frame[kEther + bit / 8] = static_cast<uint8_t>(frame[kEther + bit / 8] ^ 1 << bit % 8);
    ++counts_.spoilt;
  }
}

void BadSegment::put(unsigned from, std::vector<uint8_t> frame, Nanos now) {
  ++counts_.put;
  Lane& lane = lanes_[from];
  if (is_bad(lane, now) ? chance(weather.loss_when_bad) : chance(weather.loss))
    return void(++counts_.lost);
  size_t most = SIZE_MAX;
  for (const Weather::Size& size : weather.sizes)
    if (now >= size.from) most = size.bytes;
  if (frame.size() - kEther > most) return void(++counts_.too_long);
  for (const Weather::Dark& dark : weather.darks)
    if (now >= dark.begins && now < dark.ends &&
        (dark.from == TransportNode::kMost || dark.from == from))
      return void(++counts_.in_the_dark);
  // A queue in front of the path, which drops what would wait too long.
  lane.busy = std::max(lane.busy, now);
  if (lane.busy - now > weather.queue) return void(++counts_.queue_full);
  lane.busy += weather.byte_time * static_cast<int64_t>(frame.size());
  const bool twice = chance(weather.copies);
  if (twice) ++counts_.copied;
  for (int left = twice ? 2 : 1; left != 0; --left) {
    Nanos arrives = lane.busy + weather.delay;
    if (chance(weather.overtakes))
      arrives += Nanos(static_cast<int64_t>(
          random_.below(static_cast<uint64_t>(weather.delay.ns() + weather.jitter.ns()) + 1)));
    fly(frame, arrives);
  }
  const bool old = is_handshake(frame);
  if (!chance(old ? std::sqrt(weather.ghosts) : weather.ghosts)) return;
  ++counts_.copied;
  const Nanos late = old ? Weather::kOldGhost : Weather::kGhost;
  fly(std::move(frame),
      lane.busy + Nanos(static_cast<int64_t>(random_.below(static_cast<uint64_t>(late.ns())))));
}

void BadSegment::fly(std::vector<uint8_t> frame, Nanos arrives) {
  spoil(frame);
  flights_.push({arrives, ++order_, std::move(frame)});
}

unsigned BadSegment::arrive(Nanos now) {
  unsigned met = 0;
  while (!flights_.empty() && flights_.top().arrives <= now) {
    std::vector<uint8_t> frame = std::move(const_cast<Flight&>(flights_.top()).frame);
    flights_.pop();
    const unsigned to = TransportNode::target(frame);
    if (to == TransportNode::kMost && strangers != nullptr) {
      strangers->push_back(std::move(frame));
      ++counts_.arrived;
    } else if (to == TransportNode::kMost || nodes[to] == nullptr) {
      ++counts_.nobody;
    } else {
      nodes[to]->arrive(std::move(frame));
      met |= 1u << to;
      ++counts_.arrived;
    }
  }
  return met;
}

}  // namespace spanway::test
