// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/rack.h"

namespace spanway::transport {

void Rack::spurious(PacketNumber first, PacketNumber next) noexcept {
  reordering_seen_ = true;
  if (in_round_ && first < round_) return;
  in_round_ = true;
  round_ = next;
  if (multiplier_ != UINT8_MAX) ++multiplier_;
  persist_ = kReorderPersist;
}

void Rack::recovered() noexcept {
  if (persist_ == 0 || --persist_ != 0) return;
  multiplier_ = 1;
}

Nanos Rack::reorder_window(bool recovering, uint32_t above, const Rtt& rtt) const noexcept {
  if (!rtt.known()) return Nanos(0);
  // Until reordering has been seen, three later ones are proof enough.
  if (!reordering_seen_ && (recovering || above >= kDupThreshold)) return Nanos(0);
  return Nanos(std::min(multiplier_ * (rtt.min().ns() >> 2), rtt.smoothed().ns()));
}

}  // namespace spanway::transport
