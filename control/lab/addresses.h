// SPDX-License-Identifier: BSD-3-Clause
// The addresses of a lab that is made from a shape. Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/base/ip_addr.h"
#include "dataplane/base/prefix.h"

namespace spanway::lab {

enum class Edge : uint8_t { kHost = 1, kGuest = 2 };

// Router r's edge subnet of a kind: the router is .1, the other side .2, the subnet itself 0. Every
// 256 routers take the next two of 10.0.0.0/8, so that 10.1.N.0/24 is that of router N while N fits
// a byte.
inline IpWithLength edge4(Edge kind, unsigned r, unsigned host) {
  const unsigned number = r + 1;
  return {Ip4Addr(10, static_cast<uint8_t>(static_cast<unsigned>(kind) + 2 * (number >> 8)),
                  static_cast<uint8_t>(number), static_cast<uint8_t>(host)),
          24};
}
inline IpWithLength edge6(Edge kind, unsigned r, unsigned host) {
  return {Ip6Addr::from_halves(
              0x20010db800000000 | uint64_t{static_cast<uint8_t>(kind)} << 16 | (r + 1), host),
          64};
}
// Of a link between routers; end 0 or 1.
inline IpWithLength link4(size_t link, unsigned end) {
  return {Ip4Addr(static_cast<uint32_t>(0x0aff0000 + link * 4 + end + 1)), 30};
}
inline IpWithLength link6(size_t link, unsigned end) {
  return {Ip6Addr::from_halves(0x20010db8ffff0000 | (link + 1), end + 1), 64};
}
inline Ip4Addr router_id(unsigned r) {
  return Ip4Addr(10, 254, static_cast<uint8_t>((r + 1) >> 8), static_cast<uint8_t>(r + 1));
}

}  // namespace spanway::lab
