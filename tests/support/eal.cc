// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/eal.h"

#include <rte_eal.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "dataplane/base/check.h"
#include "dataplane/base/tuning.h"

namespace spanway::test {
namespace {

rte_mempool* make_pool() {
  char program[] = "test", no_huge[] = "--no-huge", no_pci[] = "--no-pci", memory[] = "-m",
       mb[] = "256", quiet[] = "--log-level=error", lcores[] = "--lcores=0",
       prefix[] = "--no-shconf", no_telemetry[] = "--no-telemetry";
  char* args[] = {program, no_huge, no_pci, memory,       mb,
                  quiet,   lcores,  prefix, no_telemetry, nullptr};
  SPANWAY_CHECK(rte_eal_init(9, args) >= 0);
  rte_mempool* pool = rte_pktmbuf_pool_create("test", 16383, 256, sizeof(Meta),
                                              RTE_PKTMBUF_HEADROOM + tuning::kBufferBytes, 0);
  SPANWAY_CHECK(pool != nullptr);
  return pool;
}

rte_mempool* shared_pool() {
  static rte_mempool* pool = make_pool();
  return pool;
}

}  // namespace

BufferSource buffers() { return BufferSource(shared_pool()); }
unsigned buffers_in_use() { return rte_mempool_in_use_count(shared_pool()); }

}  // namespace spanway::test
