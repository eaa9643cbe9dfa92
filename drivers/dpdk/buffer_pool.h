// SPDX-License-Identifier: BSD-3-Clause
// A pool of packet buffers. Made and destroyed by the control thread after start_eal(); every
// thread may allocate from it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "dataplane/base/result.h"
#include "dataplane/base/tuning.h"
#include "dataplane/packet/packet.h"

namespace spanway::drivers {

struct BufferPoolOptions {
  uint32_t buffers = tuning::kPoolBuffers;
  uint16_t bytes = tuning::kBufferBytes;  // data room, headroom aside
};

class BufferPool {
 public:
  // `name` is for people; pools of one process may share it.
  static Result<std::unique_ptr<BufferPool>> make(const std::string& name,
                                                  const BufferPoolOptions& options = {});
  // All buffers must be back.
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  [[nodiscard]] BufferSource source() const noexcept { return BufferSource(pool_); }
  [[nodiscard]] uint32_t size() const noexcept;
  // Buffers that are in no thread's cache and not in the pool. A snapshot.
  [[nodiscard]] uint32_t in_use() const noexcept;

  // The data room that frames of this MTU need: Ethernet header and two VLAN tags on top.
  static constexpr uint16_t bytes_for_mtu(uint16_t mtu) noexcept {
    return mtu + 22 <= tuning::kBufferBytes ? tuning::kBufferBytes
                                            : static_cast<uint16_t>((mtu + 22 + 63) & ~63);
  }

 private:
  explicit BufferPool(rte_mempool* pool) noexcept : pool_(pool) {}
  rte_mempool* pool_;
};

}  // namespace spanway::drivers
