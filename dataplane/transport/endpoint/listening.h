// SPDX-License-Identifier: BSD-3-Clause
// On which UDP ports of the router the message protocol is spoken: those that applications listen
// on and those that we dialled from. Control writes, workers read; a worker may learn of a change
// a turn late.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/shared_word.h"

namespace spanway::transport {

class Listening {
 public:
  [[nodiscard]] bool has(uint16_t port) const noexcept {
    return (words_[port / 64].get() >> port % 64 & 1) != 0;
  }
  // Control.
  void add(uint16_t port) noexcept {
    words_[port / 64].set(words_[port / 64].get() | uint64_t{1} << port % 64);
  }
  void remove(uint16_t port) noexcept {
    words_[port / 64].set(words_[port / 64].get() & ~(uint64_t{1} << port % 64));
  }

 private:
  std::array<SharedWord, 65536 / 64> words_;
};

}  // namespace spanway::transport
