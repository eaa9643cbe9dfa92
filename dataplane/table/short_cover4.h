// SPDX-License-Identifier: BSD-3-Clause
// The longest route of length 1 to 19 over one record after another. Control thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "dataplane/table/fib4_state.h"

namespace spanway::table {

// Neighbouring records share most of what covers them: going through them in order costs two looks
// a record, not nineteen.
class ShortCover4 {
 public:
  struct Found {
    uint16_t hop = 0;
    uint8_t length = 0;  // 0: none
  };
  explicit ShortCover4(const LazyArray<uint16_t>& hops) noexcept : hops_(hops) {}

  Found over(uint32_t record) noexcept {
    unsigned length = 1;  // the shortest that may have changed
    if (started_)
      length = kRecordLength4 + 1 - static_cast<unsigned>(std::bit_width(record ^ record_));
    started_ = true;
    record_ = record;
    for (; length <= kRecordLength4; ++length) {
      const uint16_t hop = hops_[short_place(record << (32 - kRecordLength4), length)];
      found_[length] = hop != 0 ? Found{hop, static_cast<uint8_t>(length)} : found_[length - 1];
    }
    return found_[kRecordLength4];
  }

 private:
  const LazyArray<uint16_t>& hops_;
  bool started_ = false;
  uint32_t record_ = 0;
  std::array<Found, kRecordLength4 + 1> found_{};  // the longest of length 1 to i
};

}  // namespace spanway::table
