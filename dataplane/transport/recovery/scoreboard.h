// SPDX-License-Identifier: BSD-3-Clause
// What was sent and what became of it: a ring of 16 bytes a transmission and two bits for each, one
// "in flight", one "declared lost". Numbers are given in the order of sending, so the ring is also
// sorted by time. A lost one is remembered until the ring comes around: if it is acknowledged
// after all, that is told ("late"). The worker that owns the connection.
//
// Always: first() <= every number in flight < next(), and < first() + capacity; bytes and packets
// in flight are the sums over the set bits. Silent ones may be further ahead: they are not kept.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <memory>

#include "dataplane/base/units.h"
#include "dataplane/transport/recovery/ack.h"
#include "dataplane/transport/recovery/packet_number.h"

namespace spanway::transport {

enum class Cargo : uint8_t {
  kData,       // in flight until it is acknowledged or lost
  kPathProbe,  // the same, but its loss says that it was too big, not that a queue ran over
  kSilent,     // an acknowledgement alone: takes a number, nobody waits for it
};

struct Transmission {
  Nanos sent;
  uint32_t bytes = 0;
  Cargo cargo = Cargo::kData;
};
static_assert(sizeof(Transmission) == 16);

// Who is told, number by number, what became of transmissions. `late`: it was told lost before.
template <class T>
concept Settlement = requires(T& told, PacketNumber number) {
  { told.delivered(number) }
  noexcept;
  { told.lost(number) }
  noexcept;
  { told.late(number) }
  noexcept;
};

// What one acknowledgement brought.
struct Newly {
  uint64_t bytes = 0;
  uint32_t packets = 0;
  uint32_t late = 0;
  PacketNumber newest;  // of those delivered, when there is one
  PacketNumber oldest;
  PacketNumber newest_late;  // of those late, when there is one
};

class Scoreboard {
 public:
  // Room for `capacity` transmissions, rounded up to a power of two, at least 64. The only
  // allocation.
  Scoreboard(uint32_t capacity, PacketNumber first);

  [[nodiscard]] PacketNumber next() const noexcept { return next_; }
  // The oldest in flight; next() when nothing is.
  [[nodiscard]] PacketNumber first() const noexcept { return first_; }
  [[nodiscard]] uint32_t capacity() const noexcept { return mask_ + 1; }
  [[nodiscard]] bool full() const noexcept { return static_cast<uint32_t>(next_ - first_) > mask_; }
  [[nodiscard]] uint64_t bytes_in_flight() const noexcept { return bytes_; }
  [[nodiscard]] uint32_t packets_in_flight() const noexcept { return packets_; }
  // Lost ones that may still turn out to be late.
  [[nodiscard]] uint32_t remembered() const noexcept { return lost_; }
  // Of one of the last capacity() numbers.
  [[nodiscard]] const Transmission& at(PacketNumber n) const noexcept {
    return ring_[n.value() & mask_];
  }
  [[nodiscard]] bool in_flight(PacketNumber n) const noexcept {
    return n >= first_ && n < next_ && (word(open_bits(), n) >> (n.value() & 63) & 1) != 0;
  }

  // Takes the next number. Not while full(), but for the silent: of them nothing is kept.
  PacketNumber sent(uint32_t bytes, Cargo cargo, Nanos now) noexcept {
    const PacketNumber n = next_;
    if (lost_ != 0) forget(n);
    ++next_;
    if (cargo == Cargo::kSilent) {
      if (packets_ == 0) first_ = next_;
      return n;
    }
    ring_[n.value() & mask_] = {now, bytes, cargo};
    word(open_bits(), n) |= uint64_t{1} << (n.value() & 63);
    bytes_ += bytes;
    ++packets_;
    return n;
  }

  // The usual acknowledgement in few instructions: a range from the oldest in flight or before it,
  // that ends in the same word of bits, while no lost one is remembered. False: not that, nothing
  // was done. Leaves first() where it belongs.
  template <Settlement T>
  bool acknowledge_in_order(AckRange range, T& told, Newly& newly) noexcept {
    const uint32_t bit = first_.value() & 63;
    const auto more = static_cast<uint32_t>(range.last - first_);  // huge when it is before it
    if (lost_ != 0 || range.first > first_ || more > 63 - bit) [[unlikely]]
      return false;
    uint64_t& open = word(open_bits(), first_);
    uint64_t now = open & (~uint64_t{0} >> (63 - more)) << bit;
    const uint64_t left = open ^ now;
    open = left;
    newly.oldest = newly.newest = first_;
    if (more == 0) [[likely]] {  // it is in flight, being the oldest
      newly.bytes = at(first_).bytes;
      newly.packets = 1;
      told.delivered(first_);
    } else {
      const PacketNumber base = first_ - bit;
      do {
        const PacketNumber n = base + static_cast<uint32_t>(__builtin_ctzll(now));
        newly.newest = n;
        newly.bytes += at(n).bytes;
        ++newly.packets;
        told.delivered(n);
        now &= now - 1;
      } while (now != 0);
    }
    bytes_ -= newly.bytes;
    packets_ -= newly.packets;
    const uint64_t rest = left >> bit;
    if (packets_ == 0)
      first_ = next_;
    else if (rest != 0) [[likely]]
      first_ = first_ + static_cast<uint32_t>(__builtin_ctzll(rest));
    else
      find_first();
    return true;
  }

  // Settles what a range tells, oldest first. Numbers that were never sent must not be in it; those
  // too old to be remembered are passed over. first() is stale until settle_first().
  template <Settlement T>
  void acknowledge(AckRange range, T& told, Newly& newly) noexcept {
    const PacketNumber from =
        later_of(range.first, lost_ != 0 && lost_from_ < first_ ? lost_from_ : first_);
    const PacketNumber last = std::min(range.last, first_ + mask_);
    if (from > last) return;
    uint32_t left = static_cast<uint32_t>(last - from) + 1;
    for (PacketNumber n = from; left != 0;) {
      const uint32_t bit = n.value() & 63;
      const uint32_t taken = left < 64 - bit ? left : 64 - bit;
      const uint64_t mask = (~uint64_t{0} >> (64 - taken)) << bit;
      deliver(n - bit, mask, told, newly);
      if (lost_ != 0) tell_late(n - bit, mask, told, newly);
      n = n + taken;
      left -= taken;
    }
  }

  // Moves first() to the oldest in flight.
  void settle_first() noexcept {
    if (packets_ == 0)
      first_ = next_;
    else if ((word(open_bits(), first_) >> (first_.value() & 63) & 1) == 0)
      find_first();
  }

  // Declares one in flight lost; it is in flight no more. first() is stale as above.
  template <Settlement T>
  void lose(PacketNumber n, T& told) noexcept {
    mark_lost(n);
    told.lost(n);
  }

  // The next in flight after n, next() when there is none.
  [[nodiscard]] PacketNumber next_in_flight(PacketNumber n) const noexcept;
  // Nothing lost so far is expected to turn up any more.
  void forget_lost() noexcept;

 private:
  // The two bitmaps lie one after the other, then nothing else.
  uint64_t* open_bits() const noexcept { return bits_.get(); }
  uint64_t* lost_bits() const noexcept { return bits_.get() + (capacity() >> 6); }
  uint64_t& word(uint64_t* bits, PacketNumber n) const noexcept {
    return bits[(n.value() & mask_) >> 6];
  }

  template <Settlement T>
  void deliver(PacketNumber base, uint64_t mask, T& told, Newly& newly) noexcept {
    uint64_t& open = word(open_bits(), base);
    uint64_t now = open & mask;
    if (now == 0) return;
    open ^= now;
    const PacketNumber oldest = base + static_cast<uint32_t>(std::countr_zero(now));
    const PacketNumber newest = base + static_cast<uint32_t>(63 - std::countl_zero(now));
    if (newly.packets == 0 || newest > newly.newest) newly.newest = newest;
    if (newly.packets == 0 || oldest < newly.oldest) newly.oldest = oldest;
    uint64_t bytes = 0;
    uint32_t packets = 0;
    for (; now != 0; now &= now - 1) {
      const PacketNumber n = base + static_cast<uint32_t>(std::countr_zero(now));
      bytes += at(n).bytes;
      ++packets;
      told.delivered(n);
    }
    bytes_ -= bytes;
    packets_ -= packets;
    newly.bytes += bytes;
    newly.packets += packets;
  }

  template <Settlement T>
  void tell_late(PacketNumber base, uint64_t mask, T& told, Newly& newly) noexcept {
    uint64_t& lost = word(lost_bits(), base);
    uint64_t now = lost & mask;
    if (now == 0) return;
    lost ^= now;
    const PacketNumber newest = base + static_cast<uint32_t>(63 - __builtin_clzll(now));
    if (newly.late == 0 || newest > newly.newest_late) newly.newest_late = newest;
    for (; now != 0; now &= now - 1) {
      --lost_;
      ++newly.late;
      told.late(base + static_cast<uint32_t>(std::countr_zero(now)));
    }
  }

  void mark_lost(PacketNumber n) noexcept;
  void forget(PacketNumber coming) noexcept;
  void find_first() noexcept;

  std::unique_ptr<Transmission[]> ring_;
  std::unique_ptr<uint64_t[]> bits_;
  uint64_t bytes_ = 0;
  uint32_t packets_ = 0;
  uint32_t mask_;
  PacketNumber next_;
  PacketNumber first_;
  uint32_t lost_ = 0;
  PacketNumber lost_from_;  // no remembered one is older
};

}  // namespace spanway::transport
