// SPDX-License-Identifier: BSD-3-Clause
// Resolution by table, and the proof over vhost and virtio_user that the card's way and ours give
// the same bytes.
#include "drivers/dpdk/offloads.h"

#include <gtest/gtest.h>
#include <rte_ethdev.h>
#include <rte_ip.h>

#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "dataplane/packet/headers.h"
#include "tests/support/eal.h"
#include "tests/unit/drivers/vhost_pair.h"

namespace spanway::drivers {
namespace {

constexpr uint64_t kAllRx =
    RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
constexpr uint64_t kAllTx =
    RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
constexpr auto kHw = OffloadMode::kHardware, kSw = OffloadMode::kSoftware,
               kTrust = OffloadMode::kTrusted;

struct Row {
  const char* what;
  const char* driver;
  uint64_t rx, tx;
  bool offload, trust;
  OffloadMode rx_ip, rx_l4, tx_ip, tx_l4;
};

TEST(Offloads, AreResolvedByTable) {
  for (const Row& row : {
           Row{"a full card", "net_ice", kAllRx, kAllTx, true, false, kHw, kHw, kHw, kHw},
           Row{"switched off", "net_ice", kAllRx, kAllTx, false, false, kSw, kSw, kSw, kSw},
           Row{"a card is never trusted", "net_ice", 0, 0, true, true, kSw, kSw, kSw, kSw},
           Row{"UDP without TCP is not L4", "net_x", RTE_ETH_RX_OFFLOAD_UDP_CKSUM,
               RTE_ETH_TX_OFFLOAD_UDP_CKSUM, true, false, kSw, kSw, kSw, kSw},
           Row{"memif trusted", "net_memif", 0, 0, true, true, kTrust, kTrust, kSw, kSw},
           Row{"memif not trusted unasked", "net_memif", 0, 0, true, false, kSw, kSw, kSw, kSw},
           Row{"tap pretends", "net_tap", kAllRx, kAllTx, true, false, kSw, kSw, kSw, kSw},
           Row{"virtio would bring unfinished sums", "net_virtio_user", kAllRx, kAllTx, true, false,
               kHw, kSw, kHw, kHw},
       }) {
    const PortOptions options{.checksum_offload = row.offload, .trust_checksums = row.trust};
    const OffloadPlan plan = resolve_offloads(row.driver, row.rx, row.tx, options);
    EXPECT_EQ(plan.modes.rx_ip, row.rx_ip) << row.what;
    EXPECT_EQ(plan.modes.rx_l4, row.rx_l4) << row.what;
    EXPECT_EQ(plan.modes.tx_ip, row.tx_ip) << row.what;
    EXPECT_EQ(plan.modes.tx_l4, row.tx_l4) << row.what;
    EXPECT_EQ((plan.rx_flags & RTE_ETH_RX_OFFLOAD_UDP_CKSUM) != 0, row.rx_l4 == kHw) << row.what;
  }
}

// Ethernet, IPv4 or IPv6, and UDP or TCP with an odd number of bytes behind; no transport sum yet.
struct Sample {
  bool six, tcp;
  [[nodiscard]] uint32_t l3_bytes() const { return six ? sizeof(Ip6Header) : sizeof(Ip4Header); }
  [[nodiscard]] uint32_t l4_bytes() const { return tcp ? sizeof(TcpHeader) : sizeof(UdpHeader); }
  [[nodiscard]] uint32_t l4() const {
    return static_cast<uint32_t>(sizeof(EtherHeader)) + l3_bytes();
  }
  [[nodiscard]] uint32_t sum_at() const { return l4() + (tcp ? 16u : 6u); }
};

Packet* make(const Sample& s) {
  constexpr uint16_t kPayload = 101;
  const auto l4_total = static_cast<uint16_t>(s.l4_bytes() + kPayload);
  Packet* p = test::buffers().allocate();
  const auto total = static_cast<uint16_t>(s.l4() + l4_total);
  uint8_t* d = append(p, total);
  for (uint16_t i = 0; i < total; ++i) d[i] = static_cast<uint8_t>(i * 7 + 1);
  EtherHeader ethernet{EtherAddr{{2, 0, 0, 0, 0, 1}}, EtherAddr{{2, 0, 0, 0, 0, 2}},
                       Be16(s.six ? ether_type::kIp6 : ether_type::kIp4)};
  std::memcpy(d, &ethernet, sizeof(ethernet));
  const uint8_t protocol = s.tcp ? ip_proto::kTcp : ip_proto::kUdp;
  if (s.six) {
    Ip6Header ip{};
    ip.version_class_flow = Be32(6u << 28);
    ip.payload_length = Be16(l4_total);
    ip.next_header = protocol;
    ip.hop_limit = 64;
    ip.source.bytes[15] = 1;
    ip.destination.bytes[15] = 2;
    std::memcpy(d + sizeof(ethernet), &ip, sizeof(ip));
  } else {
    Ip4Header ip{};
    ip.version_ihl = 0x45;
    ip.total_length = Be16(static_cast<uint16_t>(sizeof(ip) + l4_total));
    ip.ttl = 64;
    ip.protocol = protocol;
    ip.source = Ip4Wire::of(Ip4Addr(10, 0, 0, 1));
    ip.destination = Ip4Wire::of(Ip4Addr(10, 0, 0, 2));
    std::memcpy(d + sizeof(ethernet), &ip, sizeof(ip));
    // The header's sum is ours on every port that has no offload for it.
    auto* header = reinterpret_cast<rte_ipv4_hdr*>(d + sizeof(ethernet));
    header->hdr_checksum = rte_ipv4_cksum(header);
  }
  if (!s.tcp) {
    const Be16 length(l4_total);
    std::memcpy(d + s.l4() + 4, &length, 2);
  } else {
    d[s.l4() + 12] = 5 << 4;
  }
  d[s.sum_at()] = d[s.sum_at() + 1] = 0;
  return p;
}

// What the transport sum must be, by DPDK's own code rather than ours.
uint16_t software_sum(const Sample& s, Packet* p) {
  const uint8_t* l3 = data(p) + sizeof(EtherHeader);
  const uint8_t* l4 = data(p) + s.l4();
  return s.six ? rte_ipv6_udptcp_cksum(reinterpret_cast<const rte_ipv6_hdr*>(l3), l4)
               : rte_ipv4_udptcp_cksum(reinterpret_cast<const rte_ipv4_hdr*>(l3), l4);
}

void fill_in(const Sample& s, Packet* p) {
  const uint16_t sum = software_sum(s, p);
  std::memcpy(data(p) + s.sum_at(), &sum, 2);
}

void ask_card(const Sample& s, Packet* p) {
  p->l2_len = sizeof(EtherHeader);
  p->l3_len = s.l3_bytes() & 0x1ff;
  p->l4_len = s.l4_bytes() & 0xff;
  p->ol_flags |= (s.six ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4) |
                 (s.tcp ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM);
}

std::vector<uint8_t> bytes_of(const Packet* p) { return {data(p), data(p) + length(p)}; }

class SameBytes : public VhostPair {
 protected:
  std::vector<uint8_t> through(Port& from, Port& to, Packet* p) {
    if (from.tx_burst(QueueId{0}, &p, 1, Nanos(0)) != 1) {
      release(p);
      return {};
    }
    for (int i = 0; i < 200; ++i) {
      Packet* got = nullptr;
      if (to.rx_burst(QueueId{0}, &got, 1, Nanos(0)) == 1) {
        verdict_ = l4_checksum_verdict(got);
        const auto bytes = bytes_of(got);
        release(got);
        return bytes;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return {};
  }
  void same_bytes(Port& from, Port& to) {
    ASSERT_EQ(from.info().offloads.tx_l4, OffloadMode::kHardware);
    for (const bool six : {false, true}) {
      for (const bool tcp : {false, true}) {
        const Sample sample{six, tcp};
        Packet* by_us = make(sample);
        fill_in(sample, by_us);
        const auto expected = bytes_of(by_us);
        EXPECT_EQ(through(from, to, by_us), expected) << six << tcp;
        EXPECT_EQ(verdict_, ChecksumVerdict::kUnknown);  // whoever asks verifies in software

        Packet* by_card = make(sample);
        ask_card(sample, by_card);
        EXPECT_EQ(through(from, to, by_card), expected) << six << tcp;
        EXPECT_NE(verdict_, ChecksumVerdict::kBad);

        // Nobody asked, so nobody did: it was the flag that filled the sum in above.
        Packet* by_nobody = make(sample);
        const auto empty = bytes_of(by_nobody);
        EXPECT_EQ(through(from, to, by_nobody), empty) << six << tcp;
        EXPECT_NE(empty, expected);
      }
    }
  }

  ChecksumVerdict verdict_{};
};

TEST_F(SameBytes, HardwareAndSoftwareGiveTheSameBytesEitherWay) {
  same_bytes(*driver_, *device_);
  same_bytes(*device_, *driver_);
}

}  // namespace
}  // namespace spanway::drivers
