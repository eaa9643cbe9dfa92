// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/pacer.h"

namespace spanway::transport {

void Pacer::pace(uint64_t window, uint32_t segment, Nanos srtt, bool slow_start) noexcept {
  const uint64_t gain4 = slow_start ? kSlowStartGain4 : kAvoidanceGain4;
  // srtt is below 2^36 ns (a minute), so 2^(36+2+16) is far from wrapping.
  per_byte_ = (static_cast<uint64_t>(srtt.ns()) << (kFraction + 2)) / (gain4 * window);
  burst_ = Nanos(static_cast<int64_t>(kPacerBurst * segment * per_byte_ >> kFraction));
}

uint64_t Pacer::rate() const noexcept {
  if (!paced() || per_byte_ == 0) return 0;
  return (uint64_t{1'000'000'000} << kFraction) / per_byte_;
}

}  // namespace spanway::transport
