// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/scoreboard.h"

#include <algorithm>

namespace spanway::transport {
namespace {

constexpr uint32_t kLeast = 64;       // one word of the bitmaps
constexpr uint32_t kMost = 1u << 20;  // far below half of the circle of numbers

uint32_t rounded(uint32_t capacity) noexcept {
  return std::bit_ceil(std::clamp(capacity, kLeast, kMost));
}

}  // namespace

Scoreboard::Scoreboard(uint32_t capacity, PacketNumber first)
    : ring_(std::make_unique<Transmission[]>(rounded(capacity))),
      bits_(std::make_unique<uint64_t[]>(2 * (rounded(capacity) >> 6))),
      mask_(rounded(capacity) - 1),
      next_(first),
      first_(first),
      lost_from_(first) {}

void Scoreboard::mark_lost(PacketNumber n) noexcept {
  const uint64_t bit = uint64_t{1} << (n.value() & 63);
  word(open_bits(), n) &= ~bit;
  bytes_ -= at(n).bytes;
  --packets_;
  // The silent may have come around already: then this bit is another number's.
  if (static_cast<uint32_t>(next_ - n) > capacity()) return;
  word(lost_bits(), n) |= bit;
  if (lost_ == 0 || n < lost_from_) lost_from_ = n;
  ++lost_;
}

// The ring comes around to where `coming` lies: what was lost there is forgotten.
void Scoreboard::forget(PacketNumber coming) noexcept {
  const uint64_t bit = uint64_t{1} << (coming.value() & 63);
  uint64_t& lost = word(lost_bits(), coming);
  if ((lost & bit) != 0) {
    lost &= ~bit;
    --lost_;
  }
  lost_from_ = later_of(lost_from_, coming - mask_);
}

void Scoreboard::forget_lost() noexcept {
  if (lost_ == 0) return;
  std::fill_n(lost_bits(), capacity() >> 6, 0);
  lost_ = 0;
}

PacketNumber Scoreboard::next_in_flight(PacketNumber n) const noexcept {
  // A ring further on the bits speak of the same numbers again.
  const PacketNumber end = std::min(next_, first_ + capacity());
  n = n + 1;
  while (n < end) {
    const uint32_t bit = n.value() & 63;
    const uint64_t open = word(open_bits(), n) >> bit;
    if (open != 0) {
      const PacketNumber found = n + static_cast<uint32_t>(std::countr_zero(open));
      return found < end ? found : next_;
    }
    n = n + (64 - bit);
  }
  return next_;
}

void Scoreboard::find_first() noexcept { first_ = next_in_flight(first_); }

}  // namespace spanway::transport
