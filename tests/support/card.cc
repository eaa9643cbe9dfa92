// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/card.h"

#include <rte_ip.h>

#include <cstring>

#include "dataplane/base/check.h"

namespace spanway::test {
namespace {

constexpr uint64_t kFamily = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6;

void put(Packet* packet, uint32_t at, uint16_t sum) {
  SPANWAY_CHECK(at + sizeof sum <= length(packet));
  std::memcpy(data(packet) + at, &sum, sizeof sum);
}

uint16_t sum_of(Packet* packet, uint32_t from, uint32_t bytes) {
  SPANWAY_CHECK(from + bytes <= length(packet));
  return static_cast<uint16_t>(~rte_raw_cksum(data(packet) + from, bytes));
}

void write_l4(Packet* packet, uint64_t kind) {
  const auto l4 = static_cast<uint32_t>(packet->l2_len + packet->l3_len);
  const bool udp = kind == RTE_MBUF_F_TX_UDP_CKSUM;
  SPANWAY_CHECK(udp || kind == RTE_MBUF_F_TX_TCP_CKSUM);
  const uint16_t sum = sum_of(packet, l4, length(packet) - l4);
  put(packet, l4 + (udp ? 6 : 16), udp && sum == 0 ? uint16_t{0xffff} : sum);
}

}  // namespace

uint64_t do_as_asked(Packet* packet) {
  const uint64_t asked = packet->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK;
  if (asked == 0) return 0;
  const bool six = (asked & RTE_MBUF_F_TX_IPV6) != 0;
  SPANWAY_CHECK((asked & kFamily) != 0 && (asked & kFamily) != kFamily);
  SPANWAY_CHECK(packet->l2_len >= 14 && packet->l3_len >= (six ? 40 : 20));
  if ((asked & RTE_MBUF_F_TX_IP_CKSUM) != 0) {
    SPANWAY_CHECK(!six);
    put(packet, packet->l2_len + 10u, sum_of(packet, packet->l2_len, packet->l3_len));
  }
  const uint64_t l4 = asked & RTE_MBUF_F_TX_L4_MASK;
  if (l4 != RTE_MBUF_F_TX_L4_NO_CKSUM) write_l4(packet, l4);
  return asked;
}

}  // namespace spanway::test
