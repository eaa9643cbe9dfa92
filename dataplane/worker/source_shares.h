// SPDX-License-Identifier: BSD-3-Clause
// Which handshakes are within their source's share, so that one that says its Open again and again
// takes no room from others. Counts in two rows (a count-min sketch, updated
// conservatively) and remembers nobody: its size is fixed, whoever comes. One worker.
//
// Always: a source has at most kMost within kSpan. One that had fewer may be refused only when
// others that use up theirs lie in both of its places, and for no longer than kSpan: then
// everybody lies elsewhere.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "dataplane/base/units.h"

namespace spanway::worker {

class SourceShares {
 public:
  static constexpr Nanos kSpan = millis(250);
  // 128 a second: 40 sources that want all they can get leave half of what control takes.
  static constexpr uint32_t kMost = 32;

  // In which span `now` lies; part of what mark() is made of.
  static constexpr uint64_t span_of(Nanos now) noexcept {
    return static_cast<uint64_t>(now.ns() / kSpan.ns());
  }
  // `mark` is a keyed hash of the source and of span_of(now): nobody outside can tell who shares
  // places.
  bool take(uint64_t mark, Nanos now) noexcept {
    const auto span = static_cast<uint32_t>(span_of(now));
    Place& a = place(0, mark, span);
    Place& b = place(1, mark >> 32, span);
    const uint32_t least = std::min(a.count, b.count);
    if (least >= kMost) return false;
    if (a.count == least) ++a.count;
    if (b.count == least) ++b.count;
    return true;
  }

 private:
  static constexpr uint32_t kPlaces = 4'096;  // of a row
  struct Place {
    uint32_t span = 0, count = 0;
  };
  Place& place(unsigned row, uint64_t mark, uint32_t span) noexcept {
    Place& at = (*rows_)[row * kPlaces + mark % kPlaces];
    if (at.span != span) at = {span, 0};
    return at;
  }

  using Rows = std::array<Place, 2 * size_t{kPlaces}>;
  std::unique_ptr<Rows> rows_ = std::make_unique<Rows>();
};

}  // namespace spanway::worker
