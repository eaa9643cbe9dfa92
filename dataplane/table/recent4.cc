// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/recent4.h"

#include <utility>

namespace spanway::table {
namespace {

using Slots = Recent4Slots;

bool holds(const Slots& slots, unsigned half, uint32_t address) noexcept {
  return slots.addresses[half][Slots::hash(half, address)] == address;
}

}  // namespace

bool recall4_scalar(const Slots& slots, const uint32_t* addresses, NextHopId* out,
                    size_t count) noexcept {
  for (size_t i = 0; i < count; ++i) {
    const unsigned half = holds(slots, 0, addresses[i]) ? 0 : 1;
    if (!holds(slots, half, addresses[i])) return false;
    out[i].value = static_cast<uint16_t>(slots.hops[half][Slots::hash(half, addresses[i])]);
  }
  return true;
}

// The version is not the one that the answers belong to.
bool Recent4::follow(uint64_t version) noexcept {
  if (version_ != kNoVersion) {
    stand_aside();
    return false;
  }
  if (version % 2 != 0) return false;  // an edit is under way
  forget();
  version_ = version;
  return true;
}

void Recent4::stand_aside() noexcept {
  version_ = kNoVersion;
  patience_.stand_aside();
}

// An address that does not belong where it stands is never found there.
void Recent4::forget() noexcept {
  for (unsigned half = 0; half < Slots::kHalves; ++half) {
    slots_.addresses[half].fill(0);
    static_assert(Slots::hash(0, 0) == 0 && Slots::hash(1, 0) == 0);
    static_assert(Slots::hash(0, 1) != 0 && Slots::hash(1, 1) != 0);
    slots_.addresses[half][0] = 1;
  }
  tries_ = kTries;
}

void Recent4::learn(const uint32_t* addresses, const NextHopId* hops, size_t count) noexcept {
  unsigned lessons = 0;
  for (size_t i = 0; i < count && lessons < kLessons; ++i)
    if (put(addresses[i], hops[i].value)) ++lessons;
  if (--tries_ == 0) stand_aside();
}

// Whoever stood in the first half's place moves to the second half, and whoever stood there is
// forgotten. False: it was there.
bool Recent4::put(uint32_t address, uint16_t hop) noexcept {
  if (holds(slots_, 0, address) || holds(slots_, 1, address)) return false;
  uint32_t moved_hop = hop;
  for (unsigned half = 0; half < Slots::kHalves; ++half) {
    const uint32_t place = Slots::hash(half, address);
    std::swap(slots_.addresses[half][place], address);
    std::swap(slots_.hops[half][place], moved_hop);
    if (Slots::hash(half, address) != place) break;  // nobody stood there
  }
  return true;
}

}  // namespace spanway::table
