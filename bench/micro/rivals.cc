// SPDX-License-Identifier: BSD-3-Clause
#include "bench/micro/rivals.h"

#include <rte_errno.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace spanway::bench {
namespace {

constexpr uint32_t kTbl8 = 1u << 14;   // IPv4 prefixes longer than /24 are few
constexpr uint32_t kTbl86 = 1u << 18;  // 256 entries a group

// Next to nothing of the program may stay behind when a table is refused.
template <class Table>
Table refused(const char* what) {
  std::fprintf(stderr, "%s: %s; left out\n", what, rte_strerror(rte_errno));
  return nullptr;
}

}  // namespace

RteFib load_fib(const Routes4& routes, bool wide) {
  const char* name = wide ? "rte_fib 4 B" : "rte_fib 2 B";
  rte_fib_conf conf{};
  conf.type = RTE_FIB_DIR24_8;
  conf.max_routes = static_cast<int>(routes.size() * 2);
  conf.dir24_8.nh_sz = wide ? RTE_FIB_DIR24_8_4B : RTE_FIB_DIR24_8_2B;
  conf.dir24_8.num_tbl8 = kTbl8;
  RteFib fib(rte_fib_create(wide ? "fib4b" : "fib2b", SOCKET_ID_ANY, &conf));
  if (!fib) return refused<RteFib>(name);
  for (const auto& route : routes)
    if (rte_fib_add(fib.get(), route.prefix.addr().value(),
                    static_cast<uint8_t>(route.prefix.length()), route.hop.value) != 0)
      return refused<RteFib>(name);
  // The best that the CPU has; needs --force-max-simd-bitwidth=512.
  rte_fib_select_lookup(fib.get(), RTE_FIB_LOOKUP_DEFAULT);
  return fib;
}

RteFib6 load_fib6(const Routes6& routes) {
  rte_fib6_conf conf{};
  conf.type = RTE_FIB6_TRIE;
  conf.max_routes = static_cast<int>(routes.size() * 2);
  conf.trie.nh_sz = RTE_FIB6_TRIE_4B;
  conf.trie.num_tbl8 = kTbl86;
  RteFib6 fib(rte_fib6_create("fib6", SOCKET_ID_ANY, &conf));
  if (!fib) return refused<RteFib6>("rte_fib6");
  for (const auto& route : routes)
    if (rte_fib6_add(fib.get(), route.prefix.addr().bytes.data(),
                     static_cast<uint8_t>(route.prefix.length()), route.hop.value) != 0)
      return refused<RteFib6>("rte_fib6");
  rte_fib6_select_lookup(fib.get(), RTE_FIB6_LOOKUP_DEFAULT);
  return fib;
}

// rte_lpm_add() searches all rules of a length, a minute for a million routes. Only lookups are
// measured, so routes up to /24 go straight into the table that lookups read, shortest first.
RteLpm load_lpm(const Routes4& routes) {
  rte_lpm_config config{};
  config.max_rules = static_cast<uint32_t>(routes.size() + 1);
  config.number_tbl8s = kTbl8;
  RteLpm lpm(rte_lpm_create("lpm", SOCKET_ID_ANY, &config));
  if (!lpm) return refused<RteLpm>("rte_lpm");
  Routes4 sorted = routes;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.prefix.length() < b.prefix.length();
  });
  for (const auto& route : sorted) {
    const unsigned length = route.prefix.length();
    const uint32_t address = route.prefix.addr().value();
    if (length > 24) {
      if (rte_lpm_add(lpm.get(), address, static_cast<uint8_t>(length), route.hop.value) != 0)
        return refused<RteLpm>("rte_lpm");
      continue;
    }
    rte_lpm_tbl_entry entry{};
    entry.next_hop = route.hop.value;
    entry.valid = 1;
    entry.depth = length;
    std::fill_n(&lpm->tbl24[address >> 8], size_t{1} << (24 - length), entry);
  }
  return lpm;
}

RteLpm6 load_lpm6(const Routes6& routes) {
  rte_lpm6_config config{};
  config.max_rules = static_cast<uint32_t>(routes.size() + 1);
  config.number_tbl8s = 1u << 18;
  RteLpm6 lpm(rte_lpm6_create("lpm6", SOCKET_ID_ANY, &config));
  if (!lpm) return refused<RteLpm6>("rte_lpm6");
  for (const auto& route : routes) {
    uint8_t address[16];
    std::memcpy(address, route.prefix.addr().bytes.data(), sizeof(address));
    if (rte_lpm6_add(lpm.get(), address, static_cast<uint8_t>(route.prefix.length()),
                     route.hop.value) != 0)
      return refused<RteLpm6>("rte_lpm6");
  }
  return lpm;
}

}  // namespace spanway::bench
