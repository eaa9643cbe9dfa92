// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/fib6_view.h"
#include "dataplane/table/lookup_hook.h"
#include "dataplane/table/tree6.h"

namespace spanway::table {
namespace {

// The longest match but the default; 0: none.
uint16_t search(const Fib6View& view, const Ip6Addr& address) noexcept {
  between_levels();
  const uint8_t* bytes = address.bytes.data();
  const Ref ref = view.follow_head(load_big<uint32_t>(bytes));
  if (ref < kFirstChild) return static_cast<uint16_t>(ref);
  return follow_tree(view.pool, ref, bytes + Fib6View::kHeadBytes);
}

}  // namespace

void lookup6_scalar(const Fib6View& view, const Ip6Addr* addresses, NextHopId* out,
                    size_t count) noexcept {
  DefaultRoute::Seen fallback = view.fallback->before();
  for (size_t i = 0; i < count; ++i) {
    uint16_t hop = search(view, addresses[i]);
    while (hop == 0 && !view.fallback->still(fallback)) [[unlikely]] {
        fallback = view.fallback->before();
        hop = search(view, addresses[i]);
      }
    out[i] = NextHopId{hop != 0 ? hop : fallback.hop()};
  }
}

}  // namespace spanway::table
