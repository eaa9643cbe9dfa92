// SPDX-License-Identifier: BSD-3-Clause
// One engine and a host on the other end of its wire: what the router is as a host itself.
#include <algorithm>

#include "control/local/reassembly.h"
#include "control/neighbour/nd_message.h"
#include "tests/support/far_end.h"

namespace spanway::daemon {
namespace {

using test::Bytes;
using test::counting;
using test::Ip4;
using test::Ip6;
using test::operator+;

const Ip4 kFromHost4{test::ip4_of("10.0.0.2"), test::ip4_of("10.0.0.1"), 1};
const Ip6 kFromHost6{test::ip6_of("2001:db8::2"), test::ip6_of("2001:db8::1"), 58};

class RouterAsHost : public test::FarEnd {
 protected:
  void SetUp() override {
    FarEnd::SetUp();
    begin({"10.0.0.1/24", "2001:db8::1/64"}, {"10.0.0.2", "2001:db8::2", "fe80::2"});
  }
  void TearDown() override {
    const local::ReassemblyCounts& counts = engine_->local_host().reassembly();
    uint64_t sum = counts.joined + counts.waiting;
    for (const uint64_t lost : counts.lost) sum += lost;
    EXPECT_EQ(counts.received, sum);
    FarEnd::TearDown();
  }
  // Until both addresses may be used.
  void wait_for_addresses() {
    for (int i = 0; i < 5000 && !engine_->interfaces().all_ready(p0()); ++i) run(millis(1));
    ASSERT_TRUE(engine_->interfaces().all_ready(p0()));
    run(millis(10));
    heard_.clear();
  }
  // The datagram that the frames heard since make together.
  Bytes datagram() {
    local::Reassembly table;
    for (const Bytes& frame : heard_)
      if (auto result = table.add(IfIndex(0), frame, 14, now_); result.whole)
        return result.whole->packet;
    return {};
  }
  void say_in_pieces4(const Bytes& message, size_t most) {
    for (size_t at = 0; at < message.size(); at += most) {
      Ip4 ip = kFromHost4;
      const size_t bytes = std::min(most, message.size() - at);
      ip.fragment = static_cast<uint16_t>(at / 8 | (at + bytes < message.size() ? 0x2000u : 0u));
      say(test::frame4({router_mac(), kMac}, test::packet4(ip, part(message, at, bytes))));
    }
  }
  void say_in_pieces6(const Bytes& message, size_t most, Ip6 ip = kFromHost6) {
    ip.next = 44;
    for (size_t at = 0; at < message.size(); at += most) {
      const size_t bytes = std::min(most, message.size() - at);
      const Bytes header =
          test::fragment_header(58, static_cast<uint16_t>(at), at + bytes < message.size(), 77);
      say(test::frame6({router_mac(), kMac}, test::packet6(ip, header + part(message, at, bytes))));
    }
  }
  static Bytes part(const Bytes& of, size_t from, size_t bytes) {
    return {of.begin() + static_cast<long>(from), of.begin() + static_cast<long>(from + bytes)};
  }
};

TEST_F(RouterAsHost, AnswersLongPings) {
  wait_for_addresses();
  say_in_pieces4(test::icmp4(8, 0, 5, counting(8000)), 1480);
  run(millis(20));
  const Bytes four = datagram();
  ASSERT_EQ(four.size(), 8028u);
  EXPECT_EQ(part(four, 20, 8008), test::icmp4(0, 0, 5, counting(8000)));
  heard_.clear();
  say_in_pieces6(test::icmp6(kFromHost6, 128, 0, 5, counting(8000)), 1448);
  run(millis(20));
  const Ip6 reply{kFromHost6.to, kFromHost6.from, 58};
  EXPECT_EQ(datagram(), test::packet6(reply, test::icmp6(reply, 129, 0, 5, counting(8000))));
  heard_.clear();
  const Ip6 link{test::ip6_of("fe80::2"), neighbour::link_local_of(router_mac()), 58};
  say_in_pieces6(test::icmp6(link, 128, 0, 5, counting(3000)), 1448, link);
  run(millis(20));
  const Ip6 link_reply{link.to, link.from, 58};
  EXPECT_EQ(datagram(),
            test::packet6(link_reply, test::icmp6(link_reply, 129, 0, 5, counting(3000))));
  EXPECT_EQ(engine_->local_host().datagrams().answered, 3u);
}

TEST_F(RouterAsHost, TellsWhoseFragmentsDoNotCome) {
  wait_for_addresses();
  Ip4 ip = kFromHost4;
  ip.fragment = 0x2000;
  say(test::frame4({router_mac(), kMac}, test::packet4(ip, counting(64))));
  Ip6 six = kFromHost6;
  six.next = 44;
  say(test::frame6({router_mac(), kMac},
                   test::packet6(six, test::fragment_header(17, 0, true, 1) + counting(64))));
  run(millis(10));
  EXPECT_EQ(engine_->local_host().reassembly().waiting, 2u);
  heard_.clear();
  now_ = now_ + seconds(60);
  run(millis(10));
  const auto has = [&](size_t at, const Bytes& type) {
    return std::ranges::count_if(heard_, [&](const Bytes& frame) {
      return frame.size() > at + 2 && part(frame, at, 2) == type;
    });
  };
  EXPECT_EQ(has(34, {11, 1}), 1);
  EXPECT_EQ(has(54, {3, 1}), 1);
  EXPECT_EQ(engine_->totals().drops[static_cast<size_t>(DropReason::kLocalReassembly)], 2u);
}

TEST_F(RouterAsHost, StopsWithFragmentsWaiting) {
  wait_for_addresses();
  for (uint16_t id = 0; id < 300; ++id) {
    Ip4 ip = kFromHost4;
    ip.fragment = 0x2000;
    ip.id = id;
    say(test::frame4({router_mac(), kMac}, test::packet4(ip, counting(64))));
    if (id % 32 == 0) run(millis(1));
  }
  run(millis(2));
  EXPECT_GT(engine_->local_host().reassembly().waiting, 0u);
}

// RFC 4862 section 5.4: nothing speaks as an address that is still being tested.
TEST_F(RouterAsHost, SaysNothingAsATentativeAddress) {
  run(millis(2));
  const Ip6Addr own = kFromHost6.to, link = neighbour::link_local_of(router_mac());
  ASSERT_FALSE(engine_->interfaces().all_ready(p0()));
  // Whatever asks for an answer or an error: to it, through it, from wider addresses and from the
  // link's.
  const auto provoke = [&] {
    for (const char* from : {"2001:db8::2", "fe80::2"})
      for (const Ip6Addr& to : {own, link, test::ip6_of("2001:db8:77::1"), test::ip6_of("ff02::1")})
        for (const uint8_t limit : {1, 64}) {
          const Ip6 ip{test::ip6_of(from), to, 17, limit};
          const EtherAddr mac =
              to.is_multicast() ? test::mac_of("33:33:00:00:00:01") : router_mac();
          say(test::frame6({mac, kMac}, test::packet6(ip, test::udp(ip, 1, 2, counting(8)))));
          const Ip6 ping{ip.from, to, 58, limit};
          say(test::frame6({mac, kMac},
                           test::packet6(ping, test::icmp6(ping, 128, 0, 1, counting(8)))));
        }
  };
  unsigned provoked = 0;
  while (!p0().ready.contains(own) && provoked < 3000) {
    provoke();
    run(millis(1));
    ++provoked;
    if (p0().ready.contains(own)) break;
    for (const Bytes& frame : heard_) {
      if (frame.size() < 54 || frame[12] != 0x86) continue;
      EXPECT_NE(part(frame, 22, 16), Bytes(own.bytes.begin(), own.bytes.end()));
    }
    heard_.clear();
  }
  EXPECT_GT(provoked, 0u);
  // And once it is ready it speaks: the same provocation, so that the test above can fail.
  run(millis(5));
  heard_.clear();
  engine_->turn(WorkerId{0}, now_ += seconds(1));  // the ICMP rate is there again
  provoke();
  run(millis(5));
  EXPECT_TRUE(std::ranges::any_of(heard_, [&](const Bytes& frame) {
    return frame.size() > 54 && part(frame, 22, 16) == Bytes(own.bytes.begin(), own.bytes.end());
  }));
}

// RFC 4862 section 5.4.3: two that begin at once; the other's probe goes to the address's group.
TEST_F(RouterAsHost, HearsWhoTestsTheSameAddress) {
  run(millis(2));
  const Ip6Addr group = kFromHost6.to.solicited_node();
  const Ip6 ip{Ip6Addr{}, group, 58, 255};
  const Bytes target(kFromHost6.to.bytes.begin(), kFromHost6.to.bytes.end());
  const EtherAddr mac{
      {0x33, 0x33, group.bytes[12], group.bytes[13], group.bytes[14], group.bytes[15]}};
  say(test::frame6({mac, kMac}, test::packet6(ip, test::icmp6(ip, 135, 0, 0, target))));
  run(seconds(5));
  EXPECT_FALSE(p0().ready.contains(kFromHost6.to));
  EXPECT_TRUE(p0().ready.contains(IpAddr(kFromHost4.to)));
  const auto& log = engine_->events().log();
  EXPECT_EQ(std::ranges::count(log, "address.duplicate", &Event::kind), 1);
}

// RFC 5227 section 2.1: an address that answers is another's.
TEST_F(RouterAsHost, LeavesAnIp4AddressToWhoHasIt) {
  bool answered = false;
  for (int i = 0; i < 2000; ++i) {
    run(millis(1));
    for (const Bytes& frame : heard_) {
      const bool probe = frame.size() >= 42 && frame[12] == 8 && frame[13] == 6 && frame[21] == 1 &&
                         part(frame, 28, 4) == Bytes(4);
      if (!probe || answered) continue;
      answered = true;
      Bytes reply = test::arp_request(kMac, kFromHost4.to, Ip4Addr());
      reply[21] = 2;
      const EtherAddr to = router_mac();
      std::copy(to.bytes.begin(), to.bytes.end(), reply.begin());
      say(reply);
    }
    heard_.clear();
  }
  EXPECT_TRUE(answered);
  EXPECT_FALSE(p0().ready.contains(IpAddr(kFromHost4.to)));
  EXPECT_FALSE(engine_->rib().lookup(IpAddr(kFromHost4.to)));
  const auto& log = engine_->events().log();
  EXPECT_EQ(std::ranges::count(log, "address.duplicate", &Event::kind), 1);
}

// What the FIB can not know: which link fe80::2 is on.
TEST_F(RouterAsHost, PingsALinkLocalNeighbour) {
  wait_for_addresses();
  const Ip6Addr link = neighbour::link_local_of(router_mac());
  ping::PingOptions options;
  options.address = test::ip6_of("fe80::2");
  options.link = p0().index;
  options.count = 1;
  const auto ping = engine_->pings().start_ping(options, now_);
  ASSERT_TRUE(ping);
  // fe80::3 is not there: nobody answers, and nothing is left behind.
  options.address = test::ip6_of("fe80::3");
  const auto lonely = engine_->pings().start_ping(options, now_);
  ASSERT_TRUE(lonely);
  run(millis(5));
  const auto request = std::ranges::find_if(heard_, [](const Bytes& frame) {
    return frame.size() > 62 && frame[20] == 58 && frame[54] == 128;
  });
  ASSERT_NE(request, heard_.end());
  EXPECT_EQ(part(*request, 0, 14), test::frame6({kMac, router_mac()}, {}));
  EXPECT_EQ(part(*request, 22, 16), Bytes(link.bytes.begin(), link.bytes.end()));
  const Ip6 ip{test::ip6_of("fe80::2"), link, 58};
  const uint32_t mark = load_big<uint32_t>(request->data() + 58);
  say(test::frame6({router_mac(), kMac},
                   test::packet6(ip, test::icmp6(ip, 129, 0, mark, part(*request, 62, 56)))));
  run(seconds(6));
  const auto replies = engine_->pings().poll_ping(*ping, now_)->replies_after(0);
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].outcome, ping::Outcome::kReply);
  EXPECT_EQ(engine_->pings().poll_ping(*lonely, now_)->statistics().received, 0u);
}

}  // namespace
}  // namespace spanway::daemon
