// SPDX-License-Identifier: BSD-3-Clause
#include "control/local/local_host.h"

#include <string>
#include <utility>

#include "tests/unit/control/local/pieces.h"

namespace spanway::local {
namespace {

class Recorder final : public Outlet {
 public:
  std::vector<Octets> packets, frames, answers;
  std::vector<std::string> complaints;
  size_t mtu = 1500;

  bool is_ours(const IpAddr& ip) override {
    return ip == IpAddr(kToUs4.to) || ip == IpAddr(kToUs6.to) ||
           ip == IpAddr(test::ip6_of("fe80::1"));
  }
  size_t mtu_of(IfIndex) override { return mtu; }
  bool send_packet(Bytes packet) override {
    packets.emplace_back(packet.begin(), packet.end());
    return true;
  }
  bool send_on(IfIndex interface, Bytes frame) override {
    EXPECT_EQ(interface, kLeft);
    frames.emplace_back(frame.begin(), frame.end());
    return true;
  }
  void complain(const Arrival& about, Complaint what, uint32_t pointer) override {
    EXPECT_EQ(about.interface, kLeft);
    const char* names[] = {"timeout", "field", "protocol", "port"};
    complaints.push_back(names[static_cast<size_t>(what)] + std::string(" ") +
                         std::to_string(pointer) + " of " + std::to_string(about.frame.size()));
  }
  void on_answer(Bytes packet, Nanos) override {
    answers.emplace_back(packet.begin(), packet.end());
  }
};

class Host : public testing::Test {
 protected:
  void hear(const Octets& frame) { host_.on_fragment(kLeft, frame, 14, now_); }
  void hear4(const Ip4& ip, const Octets& payload, size_t most = 1480) {
    for (const Part& part : parts_of(payload, most)) hear(piece4(ip, payload, part));
  }
  void hear6(const Ip6& ip, const Octets& payload, size_t most = 1448) {
    ++id_;
    for (const Part& part : parts_of(payload, most)) hear(piece6(ip, payload, part, id_));
  }
  void TearDown() override {
    expect_sound(host_.reassembly());
    const DatagramCounts& ends = host_.datagrams();
    EXPECT_EQ(host_.reassembly().datagrams,
              ends.answered + ends.delivered + ends.refused + ends.bad_checksum + ends.unserved);
  }

  Recorder out_;
  LocalHost host_{out_, 1};
  Nanos now_ = seconds(1);
  uint32_t id_ = 0;
};

// What a host at the other end makes of the pieces.
Octets joined(const std::vector<Octets>& packets) {
  Reassembly table;
  for (const Octets& packet : packets)
    if (auto result = table.add(kLeft, packet, 0, Nanos()); result.whole)
      return result.whole->packet;
  return packets.size() == 1 ? packets[0] : Octets();
}

TEST_F(Host, AnswersLongPings4) {
  for (const size_t bytes : {size_t{1473}, size_t{2000}, size_t{8000}, size_t{65507}}) {
    out_.packets.clear();
    hear4(kToUs4, test::icmp4(8, 0, 0xabcd0001, counting(bytes)));
    for (const Octets& one : out_.packets) EXPECT_LE(one.size(), 1500u);
    const Octets reply = joined(out_.packets);
    ASSERT_EQ(reply.size(), bytes + 28);
    const Ip4 ip{kToUs4.to, kToUs4.from, 1, 64, static_cast<uint16_t>(reply[4] << 8 | reply[5])};
    EXPECT_EQ(reply, packet4(ip, test::icmp4(0, 0, 0xabcd0001, counting(bytes))));
  }
  EXPECT_EQ(host_.datagrams().answered, 4u);
}

TEST_F(Host, AnswersLongPings6) {
  for (const size_t bytes : {size_t{1400}, size_t{2000}, size_t{8000}, size_t{65487}}) {
    out_.packets.clear();
    hear6(kToUs6, test::icmp6(kToUs6, 128, 0, 0xabcd0001, counting(bytes)), 1000);
    for (const Octets& one : out_.packets) EXPECT_LE(one.size(), 1280u);
    const Ip6 ip{kToUs6.to, kToUs6.from, 58};
    EXPECT_EQ(joined(out_.packets),
              packet6(ip, test::icmp6(ip, 129, 0, 0xabcd0001, counting(bytes))));
  }
}

TEST_F(Host, AShortReplyIsWhole) {
  hear6(kToUs6, test::icmp6(kToUs6, 128, 0, 1, counting(100)), 64);
  EXPECT_EQ(out_.packets.size(), 1u);
  EXPECT_EQ(out_.packets[0].size(), 148u);
  out_.packets.clear();
  out_.mtu = 68;
  hear4(kToUs4, test::icmp4(8, 0, 1, counting(100)), 64);
  EXPECT_EQ(out_.packets.size(), 3u);
}

TEST_F(Host, AnswersALinkLocalPeerOnItsLink) {
  const Ip6 ip{test::ip6_of("fe80::2"), test::ip6_of("fe80::1"), 58};
  hear6(ip, test::icmp6(ip, 128, 0, 1, counting(2000)));
  EXPECT_TRUE(out_.packets.empty());
  ASSERT_EQ(out_.frames.size(), 2u);
  for (const Octets& one : out_.frames)
    EXPECT_EQ(slice(one, 0, 14), frame6({kIn.from, kIn.to}, {}));
}

TEST_F(Host, WhatElseComes) {
  struct Case {
    const char* what;
    bool v4;
    uint8_t protocol;
    Octets payload;
    uint64_t DatagramCounts::*end;
    const char* complaint;
  };
  const auto with_protocol = [](uint8_t protocol) {
    Ip4 ip = kToUs4;
    ip.protocol = protocol;
    return ip;
  };
  Octets bad_udp = test::udp(with_protocol(17), 1, 2, counting(90));
  bad_udp[50] ^= 1;
  Octets bad_ping = test::icmp4(8, 0, 1, counting(90));
  bad_ping[50] ^= 1;
  Octets long_udp = test::udp(with_protocol(17), 1, 2, counting(90));
  long_udp[4] = 1;
  const std::vector<Case> cases = {
      {"UDP", true, 17, test::udp(with_protocol(17), 1, 2, counting(90)), &DatagramCounts::refused,
       "port 0 of 98"},
      {"UDP, spoiled", true, 17, bad_udp, &DatagramCounts::bad_checksum, nullptr},
      {"UDP, longer than it is", true, 17, long_udp, &DatagramCounts::bad_checksum, nullptr},
      {"TCP, a stump", true, 6, counting(90), &DatagramCounts::bad_checksum, nullptr},
      {"an unknown protocol", true, 200, counting(90), &DatagramCounts::refused,
       "protocol 0 of 98"},
      {"an echo request, spoiled", true, 1, bad_ping, &DatagramCounts::bad_checksum, nullptr},
      {"an echo reply", true, 1, test::icmp4(0, 0, 1, counting(90)), &DatagramCounts::delivered,
       nullptr},
      {"an error", true, 1, test::icmp4(3, 1, 1, counting(90)), &DatagramCounts::delivered,
       nullptr},
      {"a timestamp", true, 1, test::icmp4(13, 0, 1, counting(90)), &DatagramCounts::unserved,
       nullptr},
      {"UDP over IPv6", false, 17, test::udp(kToUs6, 1, 2, counting(90)), &DatagramCounts::refused,
       "port 0 of 126"},
      {"an echo reply over IPv6", false, 58, test::icmp6(kToUs6, 129, 0, 1, counting(90)),
       &DatagramCounts::delivered, nullptr},
      {"discovery in fragments (RFC 6980)", false, 58, test::icmp6(kToUs6, 135, 0, 1, counting(90)),
       &DatagramCounts::unserved, nullptr},
      {"options behind the fragment header", false, 60, test::extension(59, Octets(70)),
       &DatagramCounts::unserved, nullptr},
  };
  for (const Case& c : cases) {
    Recorder out;
    LocalHost host(out, 1);
    for (const Part& part : parts_of(c.payload, 64)) {
      Ip6 ip6 = kToUs6;
      ip6.next = c.protocol;
      host.on_fragment(
          kLeft,
          c.v4 ? piece4(with_protocol(c.protocol), c.payload, part) : piece6(ip6, c.payload, part),
          14, now_);
    }
    EXPECT_EQ(host.datagrams().*c.end, 1u) << c.what;
    EXPECT_EQ(host.reassembly().datagrams, 1u) << c.what;
    EXPECT_EQ(out.complaints, c.complaint == nullptr ? std::vector<std::string>()
                                                     : std::vector<std::string>{c.complaint})
        << c.what;
    EXPECT_EQ(out.answers.size(), host.datagrams().delivered) << c.what;
    EXPECT_TRUE(out.packets.empty()) << c.what;
  }
}

TEST_F(Host, WhatIsNotForUsIsNotAnswered) {
  Ip4 group = kToUs4;
  group.to = test::ip4_of("224.0.0.1");
  hear4(group, test::icmp4(8, 0, 1, counting(2000)));
  Ip6 all = kToUs6;
  all.to = test::ip6_of("ff02::1");
  hear6(all, test::icmp6(all, 128, 0, 1, counting(2000)));
  EXPECT_EQ(host_.datagrams().unserved, 2u);
  EXPECT_TRUE(out_.packets.empty());
}

// RFC 8200 section 4.5 has the sender told; over IPv4 there is silence.
TEST_F(Host, ComplainsOfBadFields) {
  const Octets payload = counting(66000);
  hear(piece6(kToUs6, payload, {0, 13, true}));
  hear(piece6(kToUs6, payload, {65528, 24, false}));
  hear(piece4(kToUs4, payload, {0, 13, true}));
  hear(piece4(kToUs4, payload, {65528, 24, false}));
  hear(Octets(20));
  EXPECT_EQ(out_.complaints, (std::vector<std::string>{"field 4 of 75", "field 42 of 86"}));
}

TEST_F(Host, TellsWhoWaitedInVain) {
  const Octets payload = counting(2000);
  hear(piece4(kToUs4, payload, {0, 800, true}));
  hear(piece6(kToUs6, payload, {800, 800, true}));
  EXPECT_EQ(host_.step(now_), now_ + seconds(60));
  EXPECT_TRUE(out_.complaints.empty());
  EXPECT_EQ(host_.step(now_ + seconds(60)), Nanos::never());
  EXPECT_EQ(out_.complaints, std::vector<std::string>{"timeout 0 of 834"});
}

}  // namespace
}  // namespace spanway::local
