// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/path_mtu.h"

#include <algorithm>

namespace spanway::transport {

PathMtu::PathMtu(uint32_t size, uint32_t most) noexcept
    : size_(size), most_(std::max(size, most)), high_(most_), target_(most_) {}

void PathMtu::search(Nanos now) noexcept {
  high_ = most_;
  choose(now);
}

void PathMtu::choose(Nanos now) noexcept {
  tries_ = 0;
  if (high_ == most_) {
    target_ = most_;
  } else if (high_ < size_ + kStep) {
    target_ = 0;
    again_at_ = now + kRaiseAfter;
  } else {
    target_ = size_ + (high_ - size_ + 1) / 2;
  }
}

bool PathMtu::delivered(uint32_t bytes, bool probe, Nanos now) noexcept {
  black_ = 0;
  if (!probe) return false;
  out_ = false;
  // One that was called lost may come late, when a shorter one is looked for already.
  if (bytes <= size_) return false;
  size_ = bytes;
  high_ = std::max(high_, bytes);
  choose(now);
  return true;
}

bool PathMtu::lost(uint32_t bytes, bool probe, Nanos now, Nanos round) noexcept {
  if (probe) {
    out_ = false;
    if (bytes != target_ || ++tries_ < kMostProbes) return false;
    high_ = bytes - 1;
    choose(now);
    return false;
  }
  if (bytes > size_ || size_ <= kBase) return false;  // of before the last fall
  if (black_ != 0 && now - black_at_ < round) return false;
  black_at_ = now;
  if (++black_ < kBlackRounds) return false;
  black_ = 0;
  size_ = kBase;
  search(now);
  return true;
}

}  // namespace spanway::transport
