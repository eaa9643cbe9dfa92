// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/dpdk/buffer_pool.h"

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <algorithm>
#include <cstring>
#include <mutex>

namespace spanway::drivers {
namespace {

Error failure(const BufferPoolOptions& options, int code) {
  // Buffer, its header and our line, headroom, and the pool's own head.
  const uint64_t each = options.bytes + 128u + sizeof(Meta) + RTE_PKTMBUF_HEADROOM + 64u;
  const std::string need = std::to_string(each * options.buffers / (1024 * 1024) + 1);
  Error error{ErrorCode::kFull, std::to_string(options.buffers) + " buffers of " +
                                    std::to_string(options.bytes) +
                                    " bytes can not be had: " + strerror(code)};
  if (code == ENOMEM)
    error.fix = "they need about " + need + " MiB: give the daemon more memory, or fewer buffers";
  return error;
}

}  // namespace

Result<std::unique_ptr<BufferPool>> BufferPool::make(const std::string& name,
                                                     const BufferPoolOptions& options) {
  static std::mutex mutex;
  static unsigned made = 0;
  const std::lock_guard lock(mutex);
  // DPDK wants a name of its own for each, 25 characters long at most.
  const std::string unique = name.substr(0, 14) + "_" + std::to_string(made++);
  if (options.buffers < 64 || options.bytes < 256)
    return Error{ErrorCode::kInvalid, "a pool has at least 64 buffers of 256 bytes"};
  // A cache may not hold more than two thirds of the pool.
  const uint32_t cache = std::min(tuning::kPoolCache, options.buffers / 2);
  rte_mempool* pool = rte_pktmbuf_pool_create(
      unique.c_str(), options.buffers, cache, sizeof(Meta),
      static_cast<uint16_t>(RTE_PKTMBUF_HEADROOM + options.bytes), SOCKET_ID_ANY);
  if (pool == nullptr) return failure(options, rte_errno);
  return std::unique_ptr<BufferPool>(new BufferPool(pool));
}

BufferPool::~BufferPool() { rte_mempool_free(pool_); }

uint32_t BufferPool::size() const noexcept { return pool_->size; }
uint32_t BufferPool::in_use() const noexcept { return rte_mempool_in_use_count(pool_); }

}  // namespace spanway::drivers
