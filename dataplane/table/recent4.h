// SPDX-License-Identifier: BSD-3-Clause
// What one worker remembers of its last IPv4 lookups: a burst whose addresses are all remembered is
// answered from 512 bytes, in registers, and never reaches the table.
//
// Made for few hot flows: two halves of 32 places, an address fits one place of each. It belongs to
// one worker and one table, and to one version of it (change_version.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/ids.h"
#include "dataplane/table/patience.h"

namespace spanway::table {

// The places. Half h holds an address at place h of hash().
struct alignas(64) Recent4Slots {
  static constexpr unsigned kHalves = 2, kPlaces = 32;
  static constexpr unsigned kHashShift = 27;
  static constexpr std::array<uint32_t, kHalves> kFactors{0x9e3779b1u, 0x85ebca77u};

  std::array<std::array<uint32_t, kPlaces>, kHalves> addresses;
  std::array<std::array<uint32_t, kPlaces>, kHalves> hops;

  static constexpr uint32_t hash(unsigned half, uint32_t address) noexcept {
    return address * kFactors[half] >> kHashShift;
  }
};

// Answers a burst when every address of it is remembered. Otherwise false, and what `out` holds
// means nothing. All kernels agree.
using Recent4Kernel = bool (*)(const Recent4Slots& slots, const uint32_t* addresses, NextHopId* out,
                               size_t count) noexcept;
bool recall4_scalar(const Recent4Slots& slots, const uint32_t* addresses, NextHopId* out,
                    size_t count) noexcept;
// Only where has_avx512() is true.
bool recall4_avx512(const Recent4Slots& slots, const uint32_t* addresses, NextHopId* out,
                    size_t count) noexcept;

class Recent4 {
 public:
  // Before a burst: whether to ask it, the table being at `version`.
  bool ready(uint64_t version) noexcept {
    if (patience_.passes()) return false;
    return version == version_ || follow(version);
  }
  [[nodiscard]] const Recent4Slots& slots() const noexcept { return slots_; }
  // After a burst that it answered.
  void answered() noexcept {
    tries_ = kTries;
    patience_.useful();
  }
  // After a burst that it could not answer, with what the table said.
  void learn(const uint32_t* addresses, const NextHopId* hops, size_t count) noexcept;

 private:
  static constexpr uint64_t kNoVersion = ~uint64_t{0};
  static constexpr uint32_t kLongPause = 1024;
  static constexpr uint32_t kTries = 3;     // bursts in a row that may fail
  static constexpr unsigned kLessons = 32;  // addresses learnt from one burst at most

  bool follow(uint64_t version) noexcept;
  void stand_aside() noexcept;
  void forget() noexcept;
  bool put(uint32_t address, uint16_t hop) noexcept;

  Recent4Slots slots_{};
  uint64_t version_ = kNoVersion;
  Patience patience_{kLongPause};
  uint32_t tries_ = kTries;
};

}  // namespace spanway::table
