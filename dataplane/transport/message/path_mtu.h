// SPDX-License-Identifier: BSD-3-Clause
// How long a packet the path takes, found out by packets that carry nothing (RFC 8899, Datagram
// PLPMTUD): the longest is tried first, then the middle of what is left; and a path that takes no
// long ones any more is noticed. Sizes are of UDP payloads. No clock; the worker that owns the
// connection.
//
// Always: size() was delivered once, or is the one it began with, or is the base.
#pragma once

#include <cstdint>

#include "dataplane/base/units.h"
#include "dataplane/transport/message/handshake.h"

namespace spanway::transport {

class PathMtu {
 public:
  // BASE_PLPMTU: what every path carries.
  static constexpr uint32_t kBase = kLeastPacketBytes;
  // MAX_PROBES: so many lost in a row are too long. 3 in RFC 8899 section 5.1.2.
  static constexpr uint32_t kMostProbes = 3;
  // A search ends when it could bring no more than this.
  static constexpr uint32_t kStep = 16;
  // PMTU_RAISE_TIMER, after which a path may have become better. RFC 8899 section 5.1.1.
  static constexpr Nanos kRaiseAfter = seconds(600);
  // Round trips in a row that lost long packets and delivered none, after which it is a black hole.
  static constexpr uint32_t kBlackRounds = 4;

  // Begins with packets of `size`, tries up to `most`; none when that is not more, but the way back
  // to `size`.
  PathMtu(uint32_t size, uint32_t most) noexcept;

  // Of a full packet now.
  [[nodiscard]] uint32_t size() const noexcept { return size_; }
  // How long a packet should be tried now; 0: none. One at a time.
  [[nodiscard]] uint32_t to_probe(Nanos now) noexcept {
    if (out_ || size_ >= most_) return 0;
    if (target_ == 0 && now >= again_at_) search(now);
    return target_;
  }
  // The one of that size leaves.
  void probed() noexcept { out_ = true; }

  // What became of a packet that is longer than the base, or a probe. True: size() is another now.
  bool delivered(uint32_t bytes, bool probe, Nanos now) noexcept;
  // `round`: a round trip.
  bool lost(uint32_t bytes, bool probe, Nanos now, Nanos round) noexcept;

 private:
  void search(Nanos now) noexcept;
  void choose(Nanos now) noexcept;

  uint32_t size_;
  uint32_t most_;        // that may be tried
  uint32_t high_;        // nothing longer is expected to pass
  uint32_t target_ = 0;  // 0: nothing is to be tried
  uint32_t tries_ = 0;
  uint32_t black_ = 0;  // rounds
  bool out_ = false;
  Nanos again_at_;
  Nanos black_at_;
};

}  // namespace spanway::transport
