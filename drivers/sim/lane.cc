// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/sim/lane.h"

#include <algorithm>
#include <bit>

#include "drivers/sim/spread.h"

namespace spanway::sim {
namespace {

// The shortest frame of Ethernet, its check sequence aside.
constexpr uint32_t kShortestFrame = 60;

constexpr size_t index(Loss loss) noexcept { return static_cast<size_t>(loss); }

// What a sender asked of its card, or a card said to its receiver, means nothing at the other end.
void forget(Packet* packet) noexcept {
  packet->ol_flags &= RTE_MBUF_F_EXTERNAL | RTE_MBUF_F_INDIRECT;
}

}  // namespace

Lane::Lane(const LaneOptions& options, uint64_t seed) : options_(options), impairer_(seed) {
  const size_t capacity = std::bit_ceil(std::max<size_t>(options.flight, 4));
  for (uint16_t i = 0; i < std::max<uint16_t>(options.queues, 1); ++i)
    queues_.push_back(std::make_unique<Queue>(capacity));
  impairer_.set(options.impairment);
  // Every waiting frame is in flight too, so this many slots always suffice.
  waiting_.resize(capacity * queues_.size() + options.queue_frames + 1);
}

Lane::~Lane() { drain(); }

uint16_t Lane::send(Packet** packets, uint16_t count, Nanos now) noexcept {
  for (Impairment changed; changes_.pop(changed);) impairer_.set(changed);
  const uint64_t epoch = epoch_.get();
  const uint64_t listeners = listening_.get();
  uint64_t bytes_taken = 0;
  uint16_t taken = 0;
  for (; taken < count; ++taken) {
    Packet* packet = packets[taken];
    const uint32_t bytes = length(packet);
    if ((epoch & 1) != 0 || listeners == 0) {
      lose(packet, (epoch & 1) != 0 ? Loss::kCut : Loss::kNoPeer);
    } else {
      Queue& queue = *queues_[listeners == 1 ? 0 : spread(packet) % listeners];
      if (has_room(bytes, now, queue)) {
        travel(packet, queue, serialise(bytes, now), epoch);
      } else if (options_.when_full == WhenFull::kDrop) {
        lose(packet, Loss::kQueueFull);
      } else {
        refused_.add(count - taken);
        break;
      }
    }
    bytes_taken += bytes;
  }
  taken_.add(taken);
  taken_bytes_.add(bytes_taken);
  return taken;
}

bool Lane::has_room(uint32_t bytes, Nanos now, const Queue& queue) noexcept {
  while (waiting_count_ != 0 && waiting_[waiting_first_].sent_by <= now) {
    waiting_bytes_ -= waiting_[waiting_first_].bytes;
    waiting_first_ = waiting_first_ + 1 == waiting_.size() ? 0 : waiting_first_ + 1;
    --waiting_count_;
  }
  if (options_.queue_frames != 0 && waiting_count_ >= options_.queue_frames) return false;
  // A frame longer than the whole queue may still pass an empty one.
  if (options_.queue_bytes != 0 && waiting_count_ != 0 &&
      waiting_bytes_ + bytes > options_.queue_bytes)
    return false;
  if (waiting_count_ == waiting_.size()) return false;
  return queue.ring.size() + 2 <= queue.ring.capacity();  // the frame, and a duplicate of it
}

Nanos Lane::serialise(uint32_t bytes, Nanos now) noexcept {
  if (options_.rate_bps == 0) return now;
  if (busy_until_ <= now && !(busy_until_ == now && carry_ != 0)) {
    busy_until_ = now;
    carry_ = 0;
  }
  const uint64_t bits = (std::max(bytes, kShortestFrame) + uint64_t{options_.overhead_bytes}) * 8;
  const uint64_t work = bits * 1'000'000'000 + carry_;
  busy_until_ += Nanos(static_cast<int64_t>(work / options_.rate_bps));
  carry_ = work % options_.rate_bps;
  size_t slot = waiting_first_ + waiting_count_;
  if (slot >= waiting_.size()) slot -= waiting_.size();
  waiting_[slot] = {busy_until_, bytes};
  ++waiting_count_;
  waiting_bytes_ += bytes;
  return busy_until_;
}

// The frame is on the wire: whatever becomes of it, it has taken its time.
void Lane::travel(Packet* packet, Queue& queue, Nanos sent_by, uint64_t epoch) noexcept {
  const Fate fate = impairer_.next();
  if (fate.loss != Fate::Loss::kNo) {
    lose(packet, fate.loss == Fate::Loss::kBurst ? Loss::kBurst : Loss::kRandom);
    return;
  }
  if (fate.corrupt && length(packet) != 0) {
    const uint64_t bit = impairer_.bit_below(uint64_t{length(packet)} * 8);
    data(packet)[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    corrupted_.add(1);
  }
  Nanos arrival = sent_by + options_.delay;
  if (fate.reorder) {
    arrival += impairer_.what().reorder_delay;
    reordered_.add(1);
  }
  forget(packet);
  Packet* copy = fate.duplicate ? rte_pktmbuf_copy(packet, packet->pool, 0, UINT32_MAX) : nullptr;
  launch(packet, queue, arrival, epoch, fate.reorder);
  if (copy != nullptr) {
    duplicated_.add(1);
    launch(copy, queue, arrival, epoch, fate.reorder);
  }
}

void Lane::launch(Packet* packet, Queue& queue, Nanos arrival, uint64_t epoch, bool late) noexcept {
  const bool pushed = queue.ring.push(Flight{packet, arrival, epoch, late ? 1u : 0u});
  if (!pushed) lose(packet, Loss::kQueueFull);  // has_room() saw to it that this never happens
}

void Lane::lose(Packet* packet, Loss why) noexcept {
  lost_[index(why)].add(1);
  release(packet);
}

// Fetches from the ring until a frame in its order stands first in `ahead`, then compares it with
// the overtaken ones. Nothing behind that frame can be earlier: the overtaken come later still.
const Lane::Flight* Lane::earliest(Queue& queue) noexcept {
  const auto later = [](const Flight& a, const Flight& b) { return a.arrival > b.arrival; };
  while (true) {
    if (queue.ahead_first == queue.ahead_end) {
      queue.ahead_first = 0;
      queue.ahead_end = static_cast<uint16_t>(queue.ring.pop_burst(queue.ahead));
      if (queue.ahead_end == 0) return queue.late.empty() ? nullptr : &queue.late.front();
    }
    const Flight& first = queue.ahead[queue.ahead_first];
    if (first.late == 0 || queue.late.size() == kLateRoom) {
      if (!queue.late.empty() && later(first, queue.late.front())) return &queue.late.front();
      return &first;
    }
    queue.late.push_back(first);  // within the reserve
    std::push_heap(queue.late.begin(), queue.late.end(), later);
    ++queue.ahead_first;
  }
}

Lane::Flight Lane::take(Queue& queue, const Flight* which) noexcept {
  const Flight flight = *which;
  if (!queue.late.empty() && which == &queue.late.front()) {
    std::pop_heap(queue.late.begin(), queue.late.end(),
                  [](const Flight& a, const Flight& b) { return a.arrival > b.arrival; });
    queue.late.pop_back();
  } else {
    ++queue.ahead_first;
  }
  return flight;
}

uint16_t Lane::receive(uint16_t number, Packet** out, uint16_t room, Nanos now) noexcept {
  Queue& queue = *queues_[number];
  uint16_t count = 0;
  uint64_t bytes = 0;
  while (count < room) {
    const Flight* first = earliest(queue);
    if (first == nullptr) break;
    if (!alive(*first)) {
      release(take(queue, first).packet);
      queue.lost_cut.add(1);
      continue;
    }
    if (first->arrival > now) break;
    out[count] = take(queue, first).packet;
    bytes += length(out[count]);
    ++count;
  }
  queue.fetched.set(queue.late.size() + queue.ahead_end - queue.ahead_first);
  if (count != 0) {
    queue.delivered.add(count);
    queue.delivered_bytes.add(bytes);
  }
  return count;
}

void Lane::drain() noexcept {
  for (auto& queue : queues_) {
    while (const Flight* first = earliest(*queue)) {
      release(take(*queue, first).packet);
      queue->drained.add(1);
    }
    queue->fetched.set(0);
  }
}

Nanos Lane::next_arrival() noexcept {
  Nanos next = Nanos::never();
  for (auto& queue : queues_) {
    if (const Flight* first = earliest(*queue)) next = std::min(next, first->arrival);
    queue->fetched.set(queue->late.size() + queue->ahead_end - queue->ahead_first);
  }
  return next;
}

LaneStats Lane::stats() const noexcept {
  LaneStats s;
  s.taken = taken_.get();
  s.taken_bytes = taken_bytes_.get();
  s.duplicated = duplicated_.get();
  s.corrupted = corrupted_.get();
  s.reordered = reordered_.get();
  s.refused = refused_.get();
  for (size_t i = 0; i < kLosses; ++i) s.lost[i] = lost_[i].get();
  for (const auto& queue : queues_) {
    s.delivered += queue->delivered.get();
    s.delivered_bytes += queue->delivered_bytes.get();
    s.lost[index(Loss::kCut)] += queue->lost_cut.get();
    s.lost[index(Loss::kNoPeer)] += queue->drained.get();
    s.in_flight += queue->ring.size() + queue->fetched.get();
  }
  return s;
}

}  // namespace spanway::sim
