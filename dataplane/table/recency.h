// SPDX-License-Identifier: BSD-3-Clause
// When one worker's memory of its recent lookups may be asked.
//
// Answers are good for one version of the table (change_version.h): an answer is only remembered,
// and only given, when the version was that one before the lookup began, so it was right at that
// moment. A search that saw any part of a later edit also sees its odd version, by the order of the
// edit's stores.
//
// Where traffic is not made of few flows, or the table changes all the time, the memory stands
// aside: every failure doubles the number of bursts that pass it by.
#pragma once

#include <algorithm>
#include <cstdint>

namespace spanway::table {

class Recency {
 public:
  // Before a burst: whether to ask, the table being at `version`. Calls forget() when what is
  // remembered belongs to another one.
  template <class Forget>
  bool ready(uint64_t version, Forget forget) noexcept {
    if (pass_by_ != 0) {
      --pass_by_;
      return false;
    }
    if (version == version_) [[likely]]
      return true;
    if (!follow(version)) return false;
    forget();
    return true;
  }
  void useful() noexcept { pause_ = kShortPause; }
  void stand_aside() noexcept {
    version_ = kNoVersion;
    pass_by_ = pause_;
    pause_ = std::min(2 * pause_, kLongPause);
  }

 private:
  static constexpr uint64_t kNoVersion = ~uint64_t{0};
  static constexpr uint32_t kShortPause = 8, kLongPause = 1024;

  // The version is not the one that the answers belong to.
  bool follow(uint64_t version) noexcept {
    if (version_ != kNoVersion) {
      stand_aside();
      return false;
    }
    if (version % 2 != 0) return false;  // an edit is under way
    version_ = version;
    return true;
  }

  uint64_t version_ = kNoVersion;
  uint32_t pass_by_ = 0;  // bursts
  uint32_t pause_ = kShortPause;
};

}  // namespace spanway::table
