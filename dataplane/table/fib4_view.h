// SPDX-License-Identifier: BSD-3-Clause
// What a kernel of the IPv4 lookup needs to see of the table, and the choice of the kernel.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/ids.h"
#include "dataplane/table/bitmap_node.h"
#include "dataplane/table/block_pool.h"
#include "dataplane/table/cpu.h"
#include "dataplane/table/default_route.h"
#include "dataplane/table/record.h"

namespace spanway::table {

struct Fib4View {
  static constexpr unsigned kRecordShift = 13;  // a record covers a /19
  static constexpr unsigned kSlotShift = 8;     // and its entries /24s

  const std::atomic<uint64_t>* records;
  PoolWords pool;
  const DefaultRoute* fallback;
};

// Answers `count` addresses; all kernels give the same answers.
using Fib4Kernel = void (*)(const Fib4View& view, const uint32_t* addresses, NextHopId* out,
                            size_t count) noexcept;

void lookup4_scalar(const Fib4View& view, const uint32_t* addresses, NextHopId* out,
                    size_t count) noexcept;
// Up to 64 addresses side by side. Only where has_avx2() is true.
void lookup4_avx2(const Fib4View& view, const uint32_t* addresses, NextHopId* out,
                  size_t count) noexcept;
// The same. Only where has_avx512() is true.
void lookup4_avx512(const Fib4View& view, const uint32_t* addresses, NextHopId* out,
                    size_t count) noexcept;

}  // namespace spanway::table
