// SPDX-License-Identifier: BSD-3-Clause
// What a kernel of the IPv6 lookup needs to see of the table.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/ids.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/table/block_pool.h"
#include "dataplane/table/cpu.h"
#include "dataplane/table/default_route.h"
#include "dataplane/table/lookup_hook.h"
#include "dataplane/table/record.h"

namespace spanway::table {

struct Fib6View {
  static constexpr unsigned kTopWidth = 16, kPageWidth = 11, kSlotWidth = 5;
  static constexpr uint32_t kPageRecords = 1u << kPageWidth;
  static constexpr uint32_t kRecordWords = 4;
  static constexpr unsigned kHeadBytes = 4;  // the three widths together

  const std::atomic<Ref>* top;  // a next hop or a page, by the first 16 bits
  PoolWords pool;
  const DefaultRoute* fallback;

  // Where the first 32 bits of an address lead.
  [[nodiscard]] Ref follow_head(uint32_t head) const noexcept {
    const Ref page = top[head >> kTopWidth].load(std::memory_order_acquire);
    if (page < kFirstChild) return page;
    between_levels();
    const uint32_t index = head >> kSlotWidth & (kPageRecords - 1);
    const uint64_t record = pool.quad(page + index * kRecordWords).load(std::memory_order_acquire);
    return follow_record(pool, record, head & (kRecordSlots - 1));
  }
};

// Answers `count` addresses; all kernels give the same answers.
using Fib6Kernel = void (*)(const Fib6View& view, const Ip6Addr* addresses, NextHopId* out,
                            size_t count) noexcept;

void lookup6_scalar(const Fib6View& view, const Ip6Addr* addresses, NextHopId* out,
                    size_t count) noexcept;
// Up to 64 addresses side by side. Only where has_avx2() is true.
void lookup6_avx2(const Fib6View& view, const Ip6Addr* addresses, NextHopId* out,
                  size_t count) noexcept;
// Up to 64 addresses side by side. Only where has_avx512() is true.
void lookup6_avx512(const Fib6View& view, const Ip6Addr* addresses, NextHopId* out,
                    size_t count) noexcept;

}  // namespace spanway::table
