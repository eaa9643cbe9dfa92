// SPDX-License-Identifier: BSD-3-Clause
// Receive memory for a connection of the message protocol, as whoever makes one has to give it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/transport/message/connection.h"

namespace spanway::transport::test {

class ReceiveMemory {
 public:
  explicit ReceiveMemory(const Params& ours) : units_(receive_bytes(ours) / kUnitBytes) {}
  [[nodiscard]] std::span<uint8_t> bytes() noexcept {
    return {units_.empty() ? nullptr : units_.data()->bytes, units_.size() * kUnitBytes};
  }

 private:
  struct alignas(kUnitBytes) Unit {
    uint8_t bytes[kUnitBytes];
  };
  std::vector<Unit> units_;
};

}  // namespace spanway::transport::test
