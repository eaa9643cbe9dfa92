// SPDX-License-Identifier: BSD-3-Clause
// What a whole worker sends out of a port whose device writes checksums, and out of the same port
// when it is told that the device does not: over vhost and virtio the same bytes arrive.
#include <algorithm>
#include <thread>

#include "tests/support/frames.h"
#include "tests/unit/drivers/vhost_pair.h"
#include "tests/unit/worker/test_router.h"

namespace spanway::drivers {
namespace {

using test::Bytes;
using test::counting;
using test::operator+;

// Notes what is asked of the device on the way to it, and how the frame looked then.
class Watched final : public Port {
 public:
  explicit Watched(Port& port) : port_(port) {}
  struct Frame {
    uint64_t flags, l2_bytes, l3_bytes;  // flags: RTE_MBUF_F_TX_*
    Bytes bytes;
  };
  std::vector<Frame> given;

  uint16_t rx_burst(QueueId, Packet**, uint16_t, Nanos) noexcept override { return 0; }
  uint16_t tx_burst(QueueId queue, Packet** packets, uint16_t count, Nanos now) noexcept override {
    for (uint16_t i = 0; i < count; ++i) note(*packets[i]);
    return port_.tx_burst(queue, packets, count, now);
  }
  [[nodiscard]] const PortInfo& info() const noexcept override { return port_.info(); }
  [[nodiscard]] LinkState link() const override { return port_.link(); }
  [[nodiscard]] PortStats stats() const override { return port_.stats(); }
  Status start() override { return {}; }
  void stop() override {}
  Status set_mtu(uint16_t) override { return {}; }
  Status set_promiscuous(bool) override { return {}; }
  Status join_group(const EtherAddr&) override { return {}; }

 private:
  void note(const Packet& p) {
    given.push_back(
        {p.ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK, p.l2_len, p.l3_len, test::bytes_of(&p)});
  }
  Port& port_;
};

// TestRouter routes 10.SLOT/16 and 2001:db8:SLOT::/48 by its slots.
constexpr Ip4Addr kUs4(10, 255, 0, 1);
const test::Ip4 kPlain4{kUs4, Ip4Addr(10, test::kOut1, 0, 9)};
const test::Ip4 kTagged4{kUs4, Ip4Addr(10, test::kTagged, 0, 9)};
const test::Ip4 kNarrow4{kUs4, Ip4Addr(10, test::kNarrow, 0, 9)};
const test::Ip6 kPlain6{test::ip6_of("2001:db8:ffff:0::1"), test::ip6_of("2001:db8:1::9")};

Bytes udp4(const test::Ip4& ip, size_t bytes) {
  return test::packet4(ip, test::udp(ip, 33434, 33435, counting(bytes)));
}

// Nothing is summed yet, as control hands it over.
Bytes opened(Bytes packet) {
  const bool six = packet[0] >> 4 == 6;
  if (!six) packet[10] = packet[11] = 0;
  const size_t at = six ? 40 : 20;
  const size_t field = at + ((six ? packet[6] : packet[9]) == ip_proto::kTcp ? 16 : 6);
  packet[field] = packet[field + 1] = 0;
  return packet;
}

class EngineSums : public VhostPair {
 protected:
  // Sends the packet of control through a worker out of `from`, whose device writes `card_sums`;
  // returns the frames that arrive at `to`.
  std::vector<Bytes> send(Port& from, Port& to, const Bytes& packet, uint16_t card_sums,
                          size_t frames) {
    Watched watched(from);
    std::vector<Bytes> arrived;
    {
      test::TestRouter router(worker::KernelChoice::kBest);
      worker::Plan plan = router.plan(0);
      for (worker::TxRoute& route : plan.tx) {
        route.port = &watched;
        route.card_sums = card_sums;
      }
      router.publish_plan(0, plan);
      add_route6(router);
      seam::Inject inject;
      inject.how = seam::Inject::How::kRouted;
      inject.packet = test::packet_of(Bytes(14) + opened(packet));
      inject.open_sums = Meta::kOpenSums;
      EXPECT_TRUE(router.per_worker[0]->channels.inject.push(inject));
      router.turn();
      EXPECT_EQ(router.count("tx"), frames);
      EXPECT_EQ(router.unaccounted(), 0);
      arrived = fetch(to, frames);
    }
    given_ = watched.given;
    return arrived;
  }
  // The routes of TestRouter lead to hops that write IPv4's ether type.
  static void add_route6(test::TestRouter& router) {
    const NextHopId hop(test::kSpread + 2);
    router.tables.next_hops.set(
        hop, std::make_unique<const table::NextHop>(test::hop_out(1, 1, true)), router.graveyard);
    EXPECT_TRUE(router.tables.fib6.insert(Prefix6(kPlain6.to, 128), hop).has_value());
  }
  static std::vector<Bytes> fetch(Port& to, size_t frames) {
    std::vector<Bytes> out;
    for (int tries = 0; out.size() < frames && tries < 5000; ++tries) {
      Packet* got = nullptr;
      if (to.rx_burst(QueueId{0}, &got, 1, Nanos(0)) == 1) {
        out.push_back(test::bytes_of(got));
        release(got);
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
    return out;
  }

  void same_segments(Port& from, Port& to);

  std::vector<Watched::Frame> given_;
};

struct Segment {
  const char* what;
  Bytes packet;
  Bytes pseudo;  // the pseudo header
  uint64_t asked;
  unsigned l2_bytes, l3_bytes, field;  // where the sum stands in the frame
};

std::vector<Segment> segments() {
  const test::Ip4 tcp4{kUs4, kPlain4.to, ip_proto::kTcp};
  const test::Ip6 tcp6{kPlain6.from, kPlain6.to, ip_proto::kTcp};
  constexpr uint64_t k4 = RTE_MBUF_F_TX_IPV4, k6 = RTE_MBUF_F_TX_IPV6;
  constexpr uint64_t kUdp = RTE_MBUF_F_TX_UDP_CKSUM, kTcp = RTE_MBUF_F_TX_TCP_CKSUM;
  return {
      {"UDP over IPv4", udp4(kPlain4, 101), test::pseudo(kPlain4, 17, 109), k4 | kUdp, 14, 20, 40},
      {"UDP over IPv4, tagged", udp4(kTagged4, 64), test::pseudo(kTagged4, 17, 72), k4 | kUdp, 18,
       20, 44},
      {"TCP over IPv4", test::packet4(tcp4, test::tcp(tcp4, 179, 4000)), test::pseudo(tcp4, 6, 20),
       k4 | kTcp, 14, 20, 50},
      {"UDP over IPv6", test::packet6(kPlain6, test::udp(kPlain6, 1, 2, counting(101))),
       test::pseudo(kPlain6, 17, 109), k6 | kUdp, 14, 40, 60},
      {"TCP over IPv6", test::packet6(tcp6, test::tcp(tcp6, 179, 4000)), test::pseudo(tcp6, 6, 20),
       k6 | kTcp, 14, 40, 70},
  };
}

Bytes behind_ether(const Bytes& frame) {
  const size_t l2 = frame.at(12) == 0x81 ? 18 : 14;
  return {frame.begin() + static_cast<long>(l2), frame.end()};
}

void EngineSums::same_segments(Port& from, Port& to) {
  // As the daemon takes it from the port: no device of DPDK 22.11 without a card offers to write
  // IPv4 headers.
  const uint16_t card_sums = worker::card_sums(from.info().offloads);
  ASSERT_EQ(card_sums, Meta::kOpenL4Sum);
  for (const Segment& s : segments()) {
    const auto by_us = send(from, to, s.packet, 0, 1);
    ASSERT_EQ(by_us.size(), 1u) << s.what;
    EXPECT_EQ(behind_ether(by_us[0]), s.packet) << s.what;
    EXPECT_EQ(given_.at(0).flags, 0u) << s.what;
    EXPECT_EQ(given_[0].bytes, by_us[0]) << s.what;

    const auto by_card = send(from, to, s.packet, card_sums, 1);
    EXPECT_EQ(by_card, by_us) << s.what;
    ASSERT_EQ(given_.size(), 1u);
    EXPECT_EQ(given_[0].flags, s.asked) << s.what;
    EXPECT_EQ(given_[0].l2_bytes, s.l2_bytes) << s.what;
    EXPECT_EQ(given_[0].l3_bytes, s.l3_bytes) << s.what;
    // The device had it to write, beginning with the pseudo header's sum. (These drivers would add
    // that one themselves; others do not.)
    const auto begun = static_cast<uint16_t>(~test::plain_checksum(s.pseudo));
    const auto at = given_[0].bytes.begin() + s.field;
    EXPECT_EQ(Bytes(at, at + 2), test::be16(begun)) << s.what;
    EXPECT_NE(given_[0].bytes, by_us[0]) << s.what;
  }
}

TEST_F(EngineSums, SegmentsArriveAlikeEitherWay) {
  same_segments(*driver_, *device_);
  same_segments(*device_, *driver_);
}

// The vhost library writes IPv4 headers for whoever sets the flag, though its port does not offer
// it; so this is the resolution that a card would have.
TEST_F(EngineSums, IpHeadersArriveAlike) {
  const Bytes packet = udp4(kPlain4, 40);
  const auto by_us = send(*device_, *driver_, packet, 0, 1);
  ASSERT_EQ(by_us.size(), 1u);
  EXPECT_EQ(behind_ether(by_us[0]), packet);
  EXPECT_EQ(send(*device_, *driver_, packet, Meta::kOpenSums, 1), by_us);
  ASSERT_EQ(given_.size(), 1u);
  EXPECT_EQ(given_[0].flags, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_UDP_CKSUM);
  EXPECT_EQ(given_[0].bytes.at(24) | given_[0].bytes.at(25), 0);
}

TEST_F(EngineSums, FragmentsCarryTheSumOfTheWhole) {
  const Bytes packet = udp4(kNarrow4, 150);
  for (const uint16_t card : {uint16_t{0}, uint16_t{Meta::kOpenSums}}) {
    const auto arrived = send(*device_, *driver_, packet, card, 2);
    ASSERT_EQ(arrived.size(), 2u);
    Bytes payload;
    for (const Bytes& frame : arrived) {
      const Bytes piece = behind_ether(frame);
      EXPECT_EQ(test::plain_checksum(Bytes(piece.begin(), piece.begin() + 20)), 0);
      payload = payload + Bytes(piece.begin() + 20, piece.end());
    }
    EXPECT_EQ(payload, Bytes(packet.begin() + 20, packet.end()));
    for (const Watched::Frame& frame : given_)
      EXPECT_EQ(frame.flags, card == 0 ? 0 : RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM);
  }
}

}  // namespace
}  // namespace spanway::drivers
