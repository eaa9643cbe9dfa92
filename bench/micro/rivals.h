// SPDX-License-Identifier: BSD-3-Clause
// DPDK's own lookup libraries, loaded with the same routes. One thread; EAL is up.
#pragma once

#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_lpm.h>
#include <rte_lpm6.h>

#include <memory>

#include "bench/micro/prefixes.h"

namespace spanway::bench {

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using RteFib = std::unique_ptr<rte_fib, Freed<rte_fib_free>>;
using RteFib6 = std::unique_ptr<rte_fib6, Freed<rte_fib6_free>>;
using RteLpm = std::unique_ptr<rte_lpm, Freed<rte_lpm_free>>;
using RteLpm6 = std::unique_ptr<rte_lpm6, Freed<rte_lpm6_free>>;

// nullptr, with the reason on standard error, when the library has no room for these routes.
RteFib load_fib(const Routes4& routes, bool wide);  // entries of 4 bytes, else of 2
RteFib6 load_fib6(const Routes6& routes);           // entries of 4 bytes
RteLpm load_lpm(const Routes4& routes);
RteLpm6 load_lpm6(const Routes6& routes);

}  // namespace spanway::bench
