// SPDX-License-Identifier: BSD-3-Clause
// Memory for rings of entries, without a second process.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/attach/ring.h"

namespace spanway::attach::test {

class RingRoom {
 public:
  explicit RingRoom(uint32_t entries) : lines_(ring_bytes(entries) / kLine), entries_(entries) {}
  [[nodiscard]] RingMemory memory() noexcept { return RingMemory::over(lines_.data(), entries_); }

 private:
  struct alignas(kLine) Line {
    uint8_t bytes[kLine];
  };
  std::vector<Line> lines_;
  uint32_t entries_;
};

}  // namespace spanway::attach::test
