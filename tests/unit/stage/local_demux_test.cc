// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/local_demux.h"

#include "tests/unit/stage/traffic.h"

namespace spanway::stage {
namespace {

const EtherAddr kAllNodesMac = test::mac_of("33:33:00:00:00:01");

Ip4 icmp_to(Ip4Addr to) { return {kToUs4.from, to, 1}; }
Ip6 icmp_to(const Ip6Addr& to, uint8_t limit = 64) { return {kToUs6.from, to, 58, limit}; }
Bytes ping4(Ip4Addr to, size_t bytes = 56) {
  return packet4(icmp_to(to), test::icmp4(8, 0, 0xabcd0001, counting(bytes)));
}
Bytes ping6(const Ip6& ip, size_t bytes = 56) {
  return packet6(ip, test::icmp6(ip, 128, 0, 0xabcd0001, counting(bytes)));
}

TEST(LocalDemux, AnswersEchoRequests4) {
  for (const Ip4Addr to : {Ip4Addr(10, 0, 1, 1), Ip4Addr(10, 0, 2, 1)}) {
    for (const size_t bytes : {size_t{0}, size_t{1}, size_t{56}, size_t{1472}}) {
      Road road;
      road.receive(Road::kLeftPort, frame4(kFromLeft, ping4(to, bytes)));
      const auto sent = road.sent();
      ASSERT_EQ(sent.size(), 1u);
      const Bytes reply =
          packet4({to, kToUs4.from, 1}, test::icmp4(0, 0, 0xabcd0001, counting(bytes)));
      EXPECT_EQ(sent[0].bytes, frame4(kToLeft, reply));
      EXPECT_EQ(road.counters.local.get(), 1u);
      EXPECT_EQ(road.counters.originated.get(), 1u);
      expect_sound(road);
    }
  }
}

TEST(LocalDemux, AnswersEchoRequests6) {
  struct Case {
    const char* what;
    Ip6 request;
    Ip6 reply;
    Ether in;
  };
  const Ip6Addr global = kToUs6.to, link = test::ip6_of("fe80::1"), peer = test::ip6_of("fe80::2");
  const Ip6 from_link{peer, link, 58};
  const std::vector<Case> cases = {
      {"to a global address", icmp_to(global), {global, kToUs6.from, 58}, kFromLeft},
      {"link-local to link-local", from_link, {link, peer, 58}, kFromLeft},
      {"link-local to global", {peer, global, 58}, {global, peer, 58}, kFromLeft},
      {"to all nodes",
       icmp_to(test::ip6_of("ff02::1")),
       {global, kToUs6.from, 58},
       {kAllNodesMac, Road::kLeftPeer}},
      {"link-local to all nodes",
       {peer, test::ip6_of("ff02::1"), 58},
       {link, peer, 58},
       {kAllNodesMac, Road::kLeftPeer}},
      {"to all routers",
       icmp_to(test::ip6_of("ff02::2")),
       {global, kToUs6.from, 58},
       {kAllNodesMac, Road::kLeftPeer}},
  };
  for (const Case& c : cases) {
    Road road;
    road.receive(Road::kLeftPort, frame6(c.in, ping6(c.request)));
    const auto sent = road.sent();
    ASSERT_EQ(sent.size(), 1u) << c.what;
    const Bytes reply = packet6(c.reply, test::icmp6(c.reply, 129, 0, 0xabcd0001, counting(56)));
    EXPECT_EQ(sent[0].port, Road::kLeftPort) << c.what;
    EXPECT_EQ(sent[0].bytes, frame6(kToLeft, reply)) << c.what;
    EXPECT_EQ(road.counters.local.get(), 1u) << c.what;
    expect_sound(road);
  }
}

TEST(LocalDemux, ALinkLocalReplyKeepsItsVlan) {
  Road road;
  road.interfaces[0].vlan = 9;
  road.publish_interfaces();
  const Ip6 request{test::ip6_of("fe80::2"), test::ip6_of("fe80::1"), 58};
  const Ip6 reply{request.to, request.from, 58};
  road.receive(Road::kLeftPort, frame6({Road::kLeftMac, Road::kLeftPeer, 9}, ping6(request)));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].bytes,
            frame6({Road::kLeftPeer, Road::kLeftMac, 9},
                   packet6(reply, test::icmp6(reply, 129, 0, 0xabcd0001, counting(56)))));
  expect_sound(road);
}

TEST(LocalDemux, TheReplyLeavesExtensionHeadersBehind) {
  Road road;
  const Ip6 ip = icmp_to(kToUs6.to);
  const Bytes message = test::icmp6(ip, 128, 0, 7, counting(8));
  const Bytes chain = test::extension(60, Bytes{1, 4, 0, 0, 0, 0}) + test::extension(58, Bytes(6));
  road.receive(Road::kLeftPort,
               frame6(kFromLeft, packet6(with(ip, &Ip6::next, 0), chain + message)));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  const Ip6 reply{ip.to, ip.from, 58};
  EXPECT_EQ(sent[0].bytes,
            frame6(kToLeft, packet6(reply, test::icmp6(reply, 129, 0, 7, counting(8)))));
  expect_sound(road);
}

// UDP and TCP ports are all closed; the answer ends a traceroute.
TEST(LocalDemux, SaysThatNobodyListens) {
  struct Case {
    const char* what;
    Bytes bytes;
    size_t at;     // of the ICMP type in the answer's frame
    Bytes answer;  // type and code
    Bytes source;  // of the answer
  };
  const Ip4 far_side = with(kToUs4, &Ip4::to, Ip4Addr(10, 0, 2, 1));
  const Ip6 tcp6 = with(kToUs6, &Ip6::next, 6);
  const std::vector<Case> cases = {
      {"UDP", frame4(kFromLeft, udp4(kToUs4)), 34, {3, 3}, {10, 0, 1, 1}},
      {"UDP to the far side's address",
       frame4(kFromLeft, udp4(far_side)),
       34,
       {3, 3},
       {10, 0, 2, 1}},
      {"UDP with the last hop of its TTL",
       frame4(kFromLeft, udp4(with(kToUs4, &Ip4::ttl, 1))),
       34,
       {3, 3},
       {10, 0, 1, 1}},
      {"UDP without a checksum",
       frame4(kFromLeft, spoiled(spoiled(udp4(kToUs4), 26, 0), 27, 0)),
       34,
       {3, 3},
       {10, 0, 1, 1}},
      {"TCP",
       frame4(kFromLeft, packet4(with(kToUs4, &Ip4::protocol, 6), test::tcp(kToUs4, 1, 22))),
       34,
       {3, 3},
       {10, 0, 1, 1}},
      {"an unknown protocol",
       frame4(kFromLeft, packet4(with(kToUs4, &Ip4::protocol, 200), counting(20))),
       34,
       {3, 2},
       {10, 0, 1, 1}},
      {"ICMPv6 over IPv4",
       frame4(kFromLeft, packet4(with(kToUs4, &Ip4::protocol, 58), counting(20))),
       34,
       {3, 2},
       {10, 0, 1, 1}},
      {"UDP over IPv6", frame6(kFromLeft, udp6(kToUs6)), 54, {1, 4}, {}},
      {"TCP over IPv6", frame6(kFromLeft, packet6(tcp6, test::tcp(tcp6, 1, 22))), 54, {1, 4}, {}},
      {"an unknown next header",
       frame6(kFromLeft, packet6(with(kToUs6, &Ip6::next, 200), counting(20))),
       54,
       {4, 1},
       {}},
      {"hop-by-hop options in the wrong place",
       frame6(kFromLeft, packet6(with(kToUs6, &Ip6::next, 60),
                                 test::extension(0, Bytes(6)) + test::extension(59, Bytes(6)))),
       54,
       {4, 1},
       {}},
  };
  for (const Case& c : cases) {
    Road road;
    road.receive(Road::kLeftPort, c.bytes);
    EXPECT_EQ(road.drops(DropReason::kLocalUnknownProtocol), 1u) << c.what;
    const auto sent = road.sent();
    ASSERT_EQ(sent.size(), 1u) << c.what;
    EXPECT_EQ(cut(sent[0].bytes, c.at, 2), c.answer) << c.what;
    if (!c.source.empty()) {
      EXPECT_EQ(cut(sent[0].bytes, 26, 4), c.source) << c.what;
    }
    expect_sound(road);
  }
}

TEST(LocalDemux, PointsAtTheUnknownNextHeader) {
  Road road;
  const Bytes chain = test::extension(60, Bytes(6)) + test::extension(200, Bytes(6)) + counting(4);
  road.receive(Road::kLeftPort, frame6(kFromLeft, packet6(with(kToUs6, &Ip6::next, 60), chain)));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(cut(sent[0].bytes, 54, 2), (Bytes{4, 1}));
  EXPECT_EQ(cut(sent[0].bytes, 58, 4), test::be32(48));
  expect_sound(road);
}

// RFC 8200 sections 4.4 and 4.6; RFC 5095.
TEST(LocalDemux, JudgesTheHeadersForADestination) {
  struct Case {
    const char* what;
    Bytes chain;
    uint8_t first;
    uint32_t pointer;
    uint8_t code;
  };
  const Bytes source_route = Bytes{59, 2, 0, 1} + Bytes(20);
  const std::vector<Case> cases = {
      {"a routing header with segments left", source_route, 43, 42, 0},
      {"an unknown destination option", test::extension(59, {0x9e, 0, 0, 0, 0, 0}), 60, 42, 2},
      {"the same behind an atomic fragment header",
       test::fragment_header(60, 0, false, 1) + test::extension(59, {0x9e, 0, 0, 0, 0, 0}), 44, 50,
       2},
      {"the same behind an authentication header",
       Bytes{60, 4} + Bytes(22) + test::extension(59, {0x9e, 0, 0, 0, 0, 0}), 51, 66, 2},
  };
  for (const Case& c : cases) {
    Road road;
    road.receive(Road::kLeftPort,
                 frame6(kFromLeft, packet6(with(kToUs6, &Ip6::next, c.first), c.chain)));
    EXPECT_EQ(road.drops(DropReason::kIp6BadExtension), 1u) << c.what;
    const auto sent = road.sent();
    ASSERT_EQ(sent.size(), 1u) << c.what;
    EXPECT_EQ(cut(sent[0].bytes, 54, 2), (Bytes{4, c.code})) << c.what;
    EXPECT_EQ(cut(sent[0].bytes, 58, 4), test::be32(c.pointer)) << c.what;
    expect_sound(road);
  }
}

TEST(LocalDemux, DropsWhatIsDamagedOrUnwanted) {
  const Bytes ping = frame4(kFromLeft, ping4(kToUs4.to));
  const Bytes ping_6 = frame6(kFromLeft, ping6(icmp_to(kToUs6.to)));
  const Bytes udp_4 = frame4(kFromLeft, udp4(kToUs4));
  const Bytes udp_6 = frame6(kFromLeft, udp6(kToUs6));
  const Ether everyone{EtherAddr::broadcast(), Road::kLeftPeer};
  const Ether group{test::mac_of("01:00:5e:00:00:01"), Road::kLeftPeer};
  const auto icmp = [](uint8_t type) {
    return frame4(kFromLeft, packet4(icmp_to(kToUs4.to), test::icmp4(type, 0, 0, Bytes(12))));
  };
  const auto nd = [](uint8_t limit, uint8_t code) {
    const Ip6 ip = icmp_to(kToUs6.to, limit);
    return frame6(kFromLeft, packet6(ip, test::icmp6(ip, 135, code, 0, Bytes(16))));
  };
  const Ip6 mld = icmp_to(kToUs6.to);
  using enum DropReason;
  expect_drops({
      {"an echo request with a bad checksum", spoiled(ping, 60, 0x77), kLocalBadChecksum},
      {"an ICMPv6 echo request with a bad checksum", spoiled(ping_6, 80, 0x77), kLocalBadChecksum},
      {"UDP with a bad checksum", spoiled(udp_4, 60, 0x77), kLocalBadChecksum},
      {"UDP over IPv6 with a bad checksum", spoiled(udp_6, 80, 0x77), kLocalBadChecksum},
      {"UDP over IPv6 without a checksum", spoiled(spoiled(udp_6, 60, 0), 61, 0),
       kLocalBadChecksum},
      {"UDP of 3 bytes", frame4(kFromLeft, packet4(kToUs4, counting(3))), kLocalMalformed},
      {"UDP of 7 bytes", frame4(kFromLeft, packet4(kToUs4, counting(7))), kLocalMalformed},
      {"UDP longer than its packet", spoiled(udp_4, 39, 200), kLocalMalformed},
      {"UDP shorter than its header", spoiled(udp_4, 39, 7), kLocalMalformed},
      {"TCP of 19 bytes", frame4(kFromLeft, packet4(with(kToUs4, &Ip4::protocol, 6), counting(19))),
       kLocalMalformed},
      {"ICMP of 7 bytes", frame4(kFromLeft, packet4(icmp_to(kToUs4.to), counting(7))),
       kLocalMalformed},
      {"a fragment whose headers break off (RFC 7112)",
       frame6(kFromLeft,
              packet6(with(kToUs6, &Ip6::next, 44),
                      test::fragment_header(60, 0, true, 1) + Bytes{17, 9, 0, 0, 0, 0, 0, 0})),
       kIp6BadExtension},
      {"a broken chain", frame6(kFromLeft, packet6(with(kToUs6, &Ip6::next, 60), {59, 9, 0, 0})),
       kIp6BadExtension},
      {"no next header", frame6(kFromLeft, packet6(with(kToUs6, &Ip6::next, 59), {})),
       kLocalUnknownProtocol},
      {"a timestamp request", icmp(13), kLocalUnknownProtocol},
      {"multicast listener discovery",
       frame6(kFromLeft, packet6(mld, test::icmp6(mld, 131, 0, 0, Bytes(16)))),
       kLocalUnknownProtocol},
      {"echo to everyone", frame4(everyone, ping4(Ip4Addr(255, 255, 255, 255))),
       kLocalUnknownProtocol},
      {"echo to all systems", frame4(group, ping4(Ip4Addr(224, 0, 0, 1))), kLocalUnknownProtocol},
      {"UDP to all systems", frame4(group, udp4(with(kToUs4, &Ip4::to, Ip4Addr(224, 0, 0, 1)))),
       kLocalUnknownProtocol},
      {"IGMP", frame4(group, packet4({kToUs4.from, Ip4Addr(224, 0, 0, 1), 2, 1}, counting(8))),
       kLocalUnknownProtocol},
      {"UDP to all nodes",
       frame6({kAllNodesMac, Road::kLeftPeer},
              udp6(with(kToUs6, &Ip6::to, test::ip6_of("ff02::1")))),
       kLocalUnknownProtocol},
      {"echo to all nodes from nobody",
       frame6({kAllNodesMac, Road::kLeftPeer}, ping6({Ip6Addr{}, test::ip6_of("ff02::1"), 58})),
       kLocalUnknownProtocol},
      {"discovery from beyond the link", nd(254, 0), kLocalMalformed},
      {"discovery with a code", nd(255, 1), kLocalMalformed},
  });
}

TEST(LocalDemux, GivesControlWhatControlSpeaks) {
  struct Case {
    const char* what;
    Bytes bytes;
    seam::PuntReason reason;
    IpAddr from;
  };
  const Ip6 solicit{kToUs6.from, test::ip6_of("ff02::1:ff00:1"), 58, 255};
  const Ip6 detect{Ip6Addr{}, test::ip6_of("ff02::1:ff00:1"), 58, 255};
  const Ip6 advert = icmp_to(kToUs6.to, 255);
  const Ip6 v6 = icmp_to(kToUs6.to);
  const Ether solicited{test::mac_of("33:33:ff:00:00:01"), Road::kLeftPeer};
  const Ether ospf_group{test::mac_of("01:00:5e:00:00:05"), Road::kLeftPeer};
  using enum seam::PuntReason;
  const std::vector<Case> cases = {
      {"solicitation",
       frame6(solicited, packet6(solicit, test::icmp6(solicit, 135, 0, 0, Bytes(24)))), kNd,
       kToUs6.from},
      {"duplicate address detection",
       frame6(solicited, packet6(detect, test::icmp6(detect, 135, 0, 0, Bytes(16)))), kNd,
       Ip6Addr{}},
      {"advertisement",
       frame6(kFromLeft, packet6(advert, test::icmp6(advert, 136, 0, 0, Bytes(24)))), kNd,
       kToUs6.from},
      {"OSPF to its group",
       frame4(ospf_group, packet4({kToUs4.from, Ip4Addr(224, 0, 0, 5), 89, 1}, counting(44))),
       kOspf, kToUs4.from},
      {"OSPF to us", frame4(kFromLeft, packet4(with(kToUs4, &Ip4::protocol, 89), counting(44))),
       kOspf, kToUs4.from},
      {"a fragment", frame4(kFromLeft, packet4(with(kToUs4, &Ip4::fragment, 0x2000), counting(64))),
       kFragment, kToUs4.from},
      {"a later fragment",
       frame4(kFromLeft, packet4(with(kToUs4, &Ip4::fragment, 8), counting(64))), kFragment,
       kToUs4.from},
      {"an IPv6 fragment",
       frame6(kFromLeft, packet6(with(kToUs6, &Ip6::next, 44),
                                 test::fragment_header(17, 0, true, 1) + counting(16))),
       kFragment, kToUs6.from},
      {"echo reply", frame4(kFromLeft, packet4(icmp_to(kToUs4.to), test::icmp4(0, 0, 1, Bytes(8)))),
       kEchoReply, kToUs4.from},
      {"ICMPv6 echo reply", frame6(kFromLeft, packet6(v6, test::icmp6(v6, 129, 0, 1, Bytes(8)))),
       kEchoReply, kToUs6.from},
      {"an error",
       frame4(kFromLeft, packet4(icmp_to(kToUs4.to), test::icmp4(11, 0, 0, udp4(kThrough4)))),
       kIcmpError, kToUs4.from},
      {"an ICMPv6 error", frame6(kFromLeft, packet6(v6, test::icmp6(v6, 3, 0, 0, udp6(kThrough6)))),
       kIcmpError, kToUs6.from},
  };
  for (const Case& c : cases) {
    Road road;
    road.receive(Road::kLeftPort, c.bytes);
    const auto punted = road.punted();
    ASSERT_EQ(punted.size(), 1u) << c.what;
    EXPECT_EQ(punted[0].punt.reason, c.reason) << c.what;
    EXPECT_EQ(punted[0].punt.interface, Road::kLeft) << c.what;
    EXPECT_EQ(punted[0].punt.address, c.from) << c.what;
    EXPECT_EQ(punted[0].bytes, c.bytes) << c.what;
    EXPECT_EQ(road.counters.punted.get(), 1u) << c.what;
    expect_sound(road);
  }
}

// A flood of fragments leaves room on the punt ring for what a router lives by.
TEST(LocalDemux, GivesControlSoManyFragmentsASecond) {
  Road road;
  const Bytes piece =
      frame4(kFromLeft, packet4(with(kToUs4, &Ip4::fragment, 0x2000), counting(64)));
  const unsigned more = 10;
  for (unsigned i = 0; i < tuning::kLocalFragmentBurst + more; ++i)
    road.receive(Road::kLeftPort, piece);
  EXPECT_EQ(road.counters.punted.get(), tuning::kLocalFragmentBurst);
  EXPECT_EQ(road.drops(DropReason::kLocalFragment), more);
  EXPECT_LT(tuning::kLocalFragmentBurst, tuning::kPuntRing / 2);
  road.punted();
  road.advance(seconds(1));
  road.receive(Road::kLeftPort, piece);
  EXPECT_EQ(road.punted().size(), 1u);
  expect_sound(road);
}

// RFC 6946: a fragment header on a whole packet.
TEST(LocalDemux, AnswersAnAtomicFragment) {
  Road road;
  const Ip6 ip = icmp_to(kToUs6.to);
  const Bytes message = test::icmp6(ip, 128, 0, 7, counting(8));
  road.receive(Road::kLeftPort,
               frame6(kFromLeft, packet6(with(ip, &Ip6::next, 44),
                                         test::fragment_header(58, 0, false, 9) + message)));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  const Ip6 reply{ip.to, ip.from, 58};
  EXPECT_EQ(sent[0].bytes,
            frame6(kToLeft, packet6(reply, test::icmp6(reply, 129, 0, 7, counting(8)))));
  EXPECT_TRUE(road.punted().empty());
  expect_sound(road);
}

TEST(LocalDemux, TakesTheCardsTransportVerdict) {
  for (const bool good : {true, false}) {
    Road road;
    Bytes bytes = frame4(kFromLeft, udp4(kToUs4));
    if (good) bytes[60] ^= 0x55;
    Packet* p = test::packet_of(bytes);
    p->ol_flags |= good ? RTE_MBUF_F_RX_L4_CKSUM_GOOD : RTE_MBUF_F_RX_L4_CKSUM_BAD;
    road.receive(Road::kLeftPort, std::vector{p});
    EXPECT_EQ(road.drops(DropReason::kLocalBadChecksum), good ? 0u : 1u);
    EXPECT_EQ(road.drops(DropReason::kLocalUnknownProtocol), good ? 1u : 0u);
    expect_sound(road);
  }
}

}  // namespace
}  // namespace spanway::stage
