// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/receive_log.h"

#include <algorithm>
#include <bit>

namespace spanway::transport {

ReceiveLog::ReceiveLog(const AckPolicy& policy, PacketNumber first) noexcept
    : largest_(first - 1u), policy_(&policy) {
  bits_.fill(~uint64_t{0});
  // The word of the newest holds nothing beyond it.
  if ((first.value() & 63) != 0) word(first) = (uint64_t{1} << (first.value() & 63)) - 1;
}

Arrival ReceiveLog::look(PacketNumber n) const noexcept {
  const int32_t ahead = n - largest_;
  if (ahead > static_cast<int32_t>(kFurthest)) return Arrival::kTooFar;
  if (ahead > 0) return Arrival::kNew;
  // The oldest word is left out: it is the one the newest numbers will take.
  if (ahead <= -static_cast<int32_t>(kRemembered - 64)) return Arrival::kTooOld;
  return (word(n) & bit(n)) != 0 ? Arrival::kDuplicate : Arrival::kNew;
}

// Out of order, a duplicate, or marked: RFC 9000 section 13.2.1 and RFC 5681 section 4.2 want each
// of them told at once, because the sender's recovery waits for it.
Arrival ReceiveLog::note_unusual(PacketNumber n, bool asks, bool ce, Nanos now) noexcept {
  const Arrival arrival = look(n);
  if (arrival == Arrival::kTooFar) return arrival;
  if (arrival == Arrival::kNew) {
    if (ce) ++ce_count_;
    if (n == largest_ + 1)
      take_next(n, false, now);
    else if (n > largest_)
      jump_to(n, now);
    else
      fill(n);
  }
  if (!asks) return arrival;
  ++waiting_;
  due_ = now;
  return arrival;
}

void ReceiveLog::jump_to(PacketNumber n, Nanos now) noexcept {
  const uint32_t words = n.value() / 64 - largest_.value() / 64;
  // Numbers wrap at a multiple of the window, so counting words does too.
  const uint32_t fresh = std::min(words & (~uint32_t{0} >> 6), kWords);
  for (uint32_t i = 0; i < fresh; ++i) word(n - 64 * i) = 0;
  word(n) |= bit(n);
  largest_ = n;
  largest_at_ = now;
  any_ = true;
  run_ = 1;
}

void ReceiveLog::fill(PacketNumber n) noexcept {
  word(n) |= bit(n);
  // The number just below the run: the run grows by it and by whatever lies below it.
  PacketNumber at = largest_ - run_;
  if (n != at) return;
  while (run_ < kRemembered - 64) {
    const uint32_t within = at.value() & 63;
    const uint32_t ones = static_cast<uint32_t>(std::countl_one(word(at) << (63 - within)));
    const uint32_t grown = std::min(ones, within + 1);
    run_ += grown;
    if (grown < within + 1) return;
    at = at - grown;
  }
}

uint64_t ReceiveLog::bitmap() const noexcept {
  if (run_ >= kRemembered - 2 * 64) return 0;  // partly forgotten; nobody misses it
  const PacketNumber top = largest_ - run_;
  const uint32_t within = top.value() & 63;
  const uint64_t high = word(top) << (63 - within);
  return within == 63 ? high : high | word(top - 64u) >> (within + 1);
}

}  // namespace spanway::transport
