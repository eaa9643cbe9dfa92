// SPDX-License-Identifier: BSD-3-Clause
// How long one worker's memory of its recent lookups stands aside where it is of no use: every
// failure doubles the number of bursts that pass it by.
#pragma once

#include <algorithm>
#include <cstdint>

namespace spanway::table {

class Patience {
 public:
  explicit Patience(uint32_t longest) noexcept : longest_(longest) {}
  // Before a burst: whether to let it pass.
  bool passes() noexcept {
    if (bursts_ == 0) [[likely]]
      return false;
    --bursts_;
    return true;
  }
  void useful() noexcept { pause_ = kShortPause; }
  void stand_aside() noexcept {
    bursts_ = pause_;
    pause_ = std::min(2 * pause_, longest_);
  }

 private:
  static constexpr uint32_t kShortPause = 8;

  uint32_t longest_;
  uint32_t bursts_ = 0;  // to let pass
  uint32_t pause_ = kShortPause;
};

}  // namespace spanway::table
