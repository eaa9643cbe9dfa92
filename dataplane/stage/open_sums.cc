// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/open_sums.h"

#include "dataplane/packet/checksum.h"
#include "dataplane/stage/header_view.h"
#include "dataplane/stage/transport_checksum.h"

namespace spanway::stage {
namespace {

bool is_udp(const Meta& m) noexcept { return m.protocol == ip_proto::kUdp; }

// A whole segment whose lengths agree; a fragment has only a part of what is summed.
bool has_segment(Packet* p) noexcept {
  const Meta& m = meta(p);
  return m.l4 != 0 && (is_udp(m) || m.protocol == ip_proto::kTcp) && !is_set(m, Meta::kFragment) &&
         transport_length_ok(p);
}

// The field's own bytes are no part of the sum, which is taken with zero there.
Be16& transport_sum(Packet* p) noexcept {
  const unsigned l4 = meta(p).l4;
  return is_udp(meta(p)) ? header_at<UdpHeader>(p, l4).checksum
                         : header_at<TcpHeader>(p, l4).checksum;
}

// UDP has a length of its own, which may be less than the packet's.
std::span<const uint8_t> segment(Packet* p) noexcept {
  const std::span<const uint8_t> all = transport_bytes(p);
  return is_udp(meta(p)) ? all.first(header_at<UdpHeader>(p, meta(p).l4).length.host()) : all;
}

uint64_t pseudo(Packet* p, size_t bytes) noexcept {
  const auto size = static_cast<uint32_t>(bytes);
  return meta(p).family == 4 ? pseudo_sum(ip4(p), meta(p).protocol, size)
                             : pseudo_sum(ip6(p), meta(p).protocol, size);
}

void write_transport_sum(Packet* p) noexcept {
  transport_sum(p) = Be16();
  const std::span<const uint8_t> bytes = segment(p);
  uint16_t sum = checksum_finish(checksum_add(pseudo(p, bytes.size()), bytes));
  if (is_udp(meta(p)) && sum == 0) sum = 0xffff;  // RFC 768: zero would mean none
  transport_sum(p) = Be16::from_raw(sum);
}

unsigned l3_header_bytes(Packet* p) noexcept {
  return meta(p).family == 4 ? ip4(p).header_bytes() : sizeof(Ip6Header);
}

// A card sums from behind the IP header to the frame's end, and takes protocol and length of the
// pseudo header from the IP header: without IPv6 extension headers, and with nothing behind.
bool card_can_sum(Packet* p) noexcept {
  const Meta& m = meta(p);
  return m.l4 == m.l3 + l3_header_bytes(p) && length(p) == uint32_t{m.l3} + m.l3_bytes &&
         segment(p).size() == transport_bytes(p).size();
}

// DPDK's rte_mbuf_core.h has the rules. Not every driver writes the pseudo header's sum itself.
void ask_card(Packet* p, uint16_t sums) noexcept {
  const Meta& m = meta(p);
  uint64_t flags = m.family == 4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6;
  p->tx_offload = 0;
  p->l2_len = m.l3 & 0x7f;
  p->l3_len = l3_header_bytes(p) & 0x1ff;
  if ((sums & Meta::kOpenIp4Sum) != 0) {
    ip4(p).checksum = Be16();
    flags |= RTE_MBUF_F_TX_IP_CKSUM;
  }
  if ((sums & Meta::kOpenL4Sum) != 0) {
    const uint64_t sum = pseudo(p, segment(p).size());
    transport_sum(p) = Be16::from_raw(static_cast<uint16_t>(~checksum_finish(sum)));
    p->l4_len = is_udp(m) ? sizeof(UdpHeader) : header_at<TcpHeader>(p, m.l4).data_offset >> 4 << 2;
    flags |= is_udp(m) ? RTE_MBUF_F_TX_UDP_CKSUM : RTE_MBUF_F_TX_TCP_CKSUM;
  }
  p->ol_flags |= flags;
}

}  // namespace

void leave_open(Packet* p, uint16_t sums) noexcept {
  Meta& m = meta(p);
  if ((sums & Meta::kOpenIp4Sum) != 0 && m.family == 4) set(m, Meta::kOpenIp4Sum);
  if ((sums & Meta::kOpenL4Sum) != 0 && has_segment(p)) set(m, Meta::kOpenL4Sum);
}

void close_sums(Packet* p, uint16_t card) noexcept {
  Meta& m = meta(p);
  const auto open = static_cast<uint16_t>(m.flags & Meta::kOpenSums);
  m.flags = static_cast<uint16_t>(m.flags & ~Meta::kOpenSums);
  uint16_t by_card = open & card;
  if ((by_card & Meta::kOpenL4Sum) != 0 && !card_can_sum(p))
    by_card = static_cast<uint16_t>(by_card & ~Meta::kOpenL4Sum);
  const unsigned by_us = open & ~unsigned{by_card};
  if ((by_us & Meta::kOpenL4Sum) != 0) write_transport_sum(p);
  if ((by_us & Meta::kOpenIp4Sum) != 0) ip4_checksum_fill(ip4(p));
  if (by_card != 0) ask_card(p, by_card);
}

}  // namespace spanway::stage
