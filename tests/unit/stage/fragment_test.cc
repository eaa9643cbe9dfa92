// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/fragment.h"

#include "dataplane/base/random.h"
#include "tests/unit/stage/traffic.h"

namespace spanway::stage {
namespace {

constexpr uint8_t kRecordRoute[8] = {7, 7, 4, 0, 0, 0, 0, 1};

// Puts fragments together again, as RFC 791 section 3.2 has a host do it, and checks each.
struct Reassembled {
  Bytes payload;
  bool whole = false;
};
Reassembled reassemble(const std::vector<Sent>& fragments, size_t mtu, unsigned base_offset) {
  Reassembled out;
  unsigned next = base_offset;
  for (const Sent& one : fragments) {
    const Bytes packet = cut(one.bytes, 14);
    const size_t header = (packet[0] & 15u) * 4u;
    const unsigned field = packet[6] * 256u + packet[7];
    EXPECT_EQ(test::plain_checksum(cut(packet, 0, header)), 0);
    EXPECT_EQ(packet[2] * 256u + packet[3], packet.size());
    EXPECT_LE(packet.size(), mtu);
    EXPECT_EQ((field & 0x1fff) * 8, next);
    out.payload = out.payload + cut(packet, header);
    next += static_cast<unsigned>(packet.size() - header);
    out.whole = (field & 0x2000) == 0;
    EXPECT_TRUE(out.whole || (packet.size() - header) % 8 == 0);
  }
  return out;
}

TEST(Fragment, PiecesAddUpForRandomSizes) {
  Random random(11);
  for (int round = 0; round < 300; ++round) {
    const auto mtu = static_cast<uint16_t>(68 + random.below(900));
    const size_t size = mtu + random.below(1400 - mtu % 1000);
    Road road;
    road.route("10.0.2.2/32", road.to_neighbour(Road::kRight, Road::kRightPeer, Family::kIp4, mtu));
    const Bytes payload = counting(size);
    road.receive(Road::kLeftPort, frame4(kFromLeft, packet4(kThrough4, payload)));
    const auto sent = road.sent();
    ASSERT_GE(sent.size(), 2u);
    const Reassembled got = reassemble(sent, mtu, 0);
    EXPECT_TRUE(got.whole);
    EXPECT_EQ(got.payload, payload);
    EXPECT_EQ(road.counters.originated.get(), sent.size() - 1);
    for (const Sent& one : sent) EXPECT_EQ(one.bytes[14 + 8], 63);  // TTL
    expect_sound(road);
  }
}

// More pieces than a batch holds.
TEST(Fragment, ManyPieces) {
  Road road;
  road.route("10.0.2.2/32", road.to_neighbour(Road::kRight, Road::kRightPeer, Family::kIp4, 29));
  road.receive(Road::kLeftPort, frame4(kFromLeft, packet4(kThrough4, counting(1480))));
  const auto sent = road.sent();
  EXPECT_EQ(sent.size(), 185u);
  EXPECT_EQ(reassemble(sent, 29, 0).payload, counting(1480));
  expect_sound(road);
}

TEST(Fragment, AFragmentIsCutFurther) {
  for (const bool more : {false, true}) {
    Road road;
    road.route("10.0.2.2/32", road.to_neighbour(Road::kRight, Road::kRightPeer, Family::kIp4, 300));
    const Ip4 ip = with(kThrough4, &Ip4::fragment, 100 | (more ? 0x2000 : 0));
    road.receive(Road::kLeftPort, frame4(kFromLeft, packet4(ip, counting(800))));
    const Reassembled got = reassemble(road.sent(), 300, 800);
    EXPECT_EQ(got.payload, counting(800));
    EXPECT_EQ(got.whole, !more);
    expect_sound(road);
  }
}

// RFC 791 section 3.1: only options marked for it are copied into every fragment.
TEST(Fragment, CopiesOptionsThatAskForIt) {
  Road road;
  road.route("10.0.2.2/32", road.to_neighbour(Road::kRight, Road::kRightPeer, Family::kIp4, 100));
  const Bytes alert = {148, 4, 0, 0};
  const Bytes options = Bytes(std::begin(kRecordRoute), std::end(kRecordRoute)) + alert;
  const Ip4 ip = with(kThrough4, &Ip4::options, options);
  road.receive(Road::kLeftPort, frame4(kFromLeft, packet4(ip, counting(200))));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_EQ(cut(sent[0].bytes, 34, 12), options);
  EXPECT_EQ(sent[0].bytes[14], 0x48);
  for (size_t i = 1; i < 3; ++i) {
    EXPECT_EQ(sent[i].bytes[14], 0x46);
    EXPECT_EQ(cut(sent[i].bytes, 34, 4), alert);
  }
  EXPECT_EQ(reassemble(sent, 100, 0).payload, counting(200));
  expect_sound(road);
}

TEST(Fragment, AnMtuWithoutRoomDropsThePacket) {
  Road road;
  road.route("10.0.2.2/32", road.to_neighbour(Road::kRight, Road::kRightPeer, Family::kIp4, 27));
  road.receive(Road::kLeftPort, frame4(kFromLeft, packet4(kThrough4, counting(100))));
  EXPECT_EQ(road.drops(DropReason::kMtuExceeded), 1u);
  expect_sound(road);
}

TEST(Fragment, WithoutBuffersAllOrNothing) {
  Road road;
  road.route("10.0.2.2/32", road.to_neighbour(Road::kRight, Road::kRightPeer, Family::kIp4, 100));
  Packet* p = test::packet_of(frame4(kFromLeft, packet4(kThrough4, counting(1000))));
  // Empty the pool but for three buffers; thirteen would be needed.
  std::vector<Packet*> taken;
  while (Packet* one = road.buffers.allocate()) taken.push_back(one);
  for (int i = 0; i < 3; ++i) {
    release(taken.back());
    taken.pop_back();
  }
  road.receive(Road::kLeftPort, std::vector{p});
  for (Packet* one : taken) release(one);
  EXPECT_EQ(road.drops(DropReason::kNoBuffer), 1u);
  EXPECT_EQ(road.counters.originated.get(), 0u);
  EXPECT_TRUE(road.sent().empty());
  expect_sound(road);
}

// RFC 8200 section 4.5: a source cuts its own packets; of those only what may be.
TEST(Fragment, AReplyOfOursIsCutOverIp6) {
  const auto ping = [](size_t bytes) {
    const Ip6 ip{kToUs6.from, test::ip6_of("2001:db8:1::1"), 58};
    return frame6(kFromLeft, packet6(ip, test::icmp6(ip, 128, 0, 0xabcd0001, counting(bytes))));
  };
  const Ip6 reply{test::ip6_of("2001:db8:1::1"), kToUs6.from, 58};
  for (const uint16_t mtu : {1280, 1281, 1287, 1288, 1400}) {
    for (const size_t bytes : {size_t{mtu} - 48, size_t{mtu} - 47, size_t{1452}}) {
      Road road;
      road.route("2001:db8:1::2/128",
                 road.to_neighbour(Road::kLeft, Road::kLeftPeer, Family::kIp6, mtu));
      road.receive(Road::kLeftPort, ping(bytes));
      const auto sent = road.sent();
      ASSERT_EQ(sent.size(), bytes + 48 <= mtu ? 1u : 2u) << mtu << " " << bytes;
      const Bytes message = test::icmp6(reply, 129, 0, 0xabcd0001, counting(bytes));
      if (sent.size() == 1) {
        EXPECT_EQ(sent[0].bytes, frame6(kToLeft, packet6(reply, message)));
        continue;
      }
      const size_t first = (mtu - 48u) & ~size_t{7};
      const Bytes id = cut(sent[0].bytes, 14 + 44, 4);
      const uint32_t number = load_big<uint32_t>(id.data());
      const Ip6 piece = with(reply, &Ip6::next, 44);
      EXPECT_EQ(sent[0].bytes,
                frame6(kToLeft, packet6(piece, test::fragment_header(58, 0, true, number) +
                                                   cut(message, 0, first))));
      EXPECT_EQ(
          sent[1].bytes,
          frame6(kToLeft, packet6(piece, test::fragment_header(58, static_cast<uint16_t>(first),
                                                               false, number) +
                                             cut(message, first))));
      EXPECT_EQ(road.counters.originated.get(), 2u);
      expect_sound(road);
    }
  }
}

TEST(Fragment, WhatControlSendsOverIp6IsNotCut) {
  Road road;
  road.route("2001:db8:2::2/128",
             road.to_neighbour(Road::kRight, Road::kRightPeer, Family::kIp6, 1280));
  road.inject(How::kRouted, kNoInterface,
              frame6(kToRight, udp6({test::ip6_of("2001:db8:2::1"), kThrough6.to}, 1300)));
  EXPECT_EQ(road.drops(DropReason::kMtuExceeded), 1u);
  EXPECT_TRUE(road.sent().empty());
  expect_sound(road);
}

}  // namespace
}  // namespace spanway::stage
