// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/link_input.h"

#include "tests/unit/stage/traffic.h"

namespace spanway::stage {
namespace {

TEST(LinkInput, DropsWhatIsNotForUs) {
  const Bytes packet = udp4(kThrough4);
  const EtherAddr stranger = test::mac_of("02:00:00:00:09:09");
  expect_drops({
      {"a frame of 13 bytes", Bytes(13), DropReason::kFrameTruncated},
      {"half a VLAN tag", cut(frame4({Road::kLeftMac, stranger, 5}, packet), 0, 17),
       DropReason::kFrameTruncated},
      {"another's MAC", frame4({stranger, Road::kLeftPeer}, packet), DropReason::kNotOurMac},
      {"our MAC on another port", frame4({Road::kRightMac, Road::kLeftPeer}, packet),
       DropReason::kNotOurMac},
      {"another's MAC, and malformed", frame4({stranger, Road::kLeftPeer}, Bytes(3)),
       DropReason::kNotOurMac},
      {"a VLAN that we are not on", frame4({Road::kLeftMac, Road::kLeftPeer, 7}, packet),
       DropReason::kUnknownVlan},
      {"an unknown ether type", test::frame(kFromLeft, 0x88cc, counting(40)),
       DropReason::kUnknownEtherType},
      {"a length instead of a type (802.3)", test::frame(kFromLeft, 38, counting(38)),
       DropReason::kUnknownEtherType},
      {"two VLAN tags",
       test::frame({Road::kLeftMac, Road::kLeftPeer, 0}, 0x8100, Bytes{0, 5, 8, 0} + packet),
       DropReason::kUnknownEtherType},
      {"ARP for token ring",
       spoiled(test::arp_request(Road::kLeftPeer, kToUs4.from, kToUs4.to), 15, 6),
       DropReason::kArpMalformed},
      {"ARP with long addresses",
       spoiled(test::arp_request(Road::kLeftPeer, kToUs4.from, kToUs4.to), 18, 8),
       DropReason::kArpMalformed},
  });
}

TEST(LinkInput, DropsAllOnAnInterfaceThatIsDown) {
  Road road;
  road.interfaces[0].up = false;
  road.interfaces[0].admin_down = true;
  road.publish_interfaces();
  road.receive(Road::kLeftPort, frame4(kFromLeft, udp4(kThrough4)));
  EXPECT_EQ(road.drops(DropReason::kInterfaceDown), 1u);
  EXPECT_EQ(road.counters.interfaces[Road::kLeft.value].drops.get(), 1u);
  expect_sound(road);
}

// The frame knows better than the last look at the link.
TEST(LinkInput, HearsALinkThatCountsAsDown) {
  Road road;
  road.interfaces[0].up = false;
  road.publish_interfaces();
  road.receive(Road::kLeftPort, frame4(kFromLeft, udp4(kThrough4)));
  EXPECT_EQ(road.drops(DropReason::kInterfaceDown), 0u);
  EXPECT_EQ(road.sent().size(), 1u);
  expect_sound(road);
}

TEST(LinkInput, DropsAllOnAPortWithoutAnInterface) {
  Road road;
  road.receive(PortId(77), frame4(kFromLeft, udp4(kThrough4)));
  EXPECT_EQ(road.drops(DropReason::kUnknownVlan), 1u);
  expect_sound(road);
}

TEST(LinkInput, TakesATagOfPriorityAloneForNone) {
  Road road;
  road.receive(Road::kLeftPort, frame4({Road::kLeftMac, Road::kLeftPeer, 0}, udp4(kThrough4)));
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].bytes, frame4(kToRight, udp4(with(kThrough4, &Ip4::ttl, 63))));
  expect_sound(road);
}

TEST(LinkInput, KnowsAnInterfaceByPortAndVlan) {
  Road road;
  table::Interface tagged = road.interfaces[0];
  tagged.index = IfIndex(3);
  tagged.vlan = 42;
  tagged.mac = test::mac_of("02:00:00:00:01:42");
  road.interfaces.push_back(tagged);
  road.publish_interfaces();
  road.receive(Road::kLeftPort, frame4({tagged.mac, Road::kLeftPeer, 42}, udp4(kThrough4)));
  EXPECT_EQ(road.sent().size(), 1u);
  EXPECT_EQ(road.counters.interfaces[3].rx_packets.get(), 1u);
  EXPECT_EQ(road.counters.interfaces[3].rx_bytes.get(), 18u + 54);
  EXPECT_EQ(road.counters.interfaces[Road::kLeft.value].rx_packets.get(), 0u);
  expect_sound(road);
}

TEST(LinkInput, GivesArpToControl) {
  Road road;
  const Bytes request = test::arp_request(Road::kLeftPeer, kToUs4.from, kToUs4.to);
  road.receive(Road::kLeftPort, request);
  const auto punted = road.punted();
  ASSERT_EQ(punted.size(), 1u);
  EXPECT_EQ(punted[0].punt.reason, seam::PuntReason::kArp);
  EXPECT_EQ(punted[0].punt.interface, Road::kLeft);
  EXPECT_EQ(punted[0].punt.time, road.now);
  EXPECT_EQ(punted[0].bytes, request);
  expect_sound(road);
}

TEST(LinkInput, CountsWhatControlIsTooSlowFor) {
  Road road;
  const Bytes request = test::arp_request(Road::kLeftPeer, kToUs4.from, kToUs4.to);
  for (size_t i = 0; i < tuning::kPuntRing + 5; ++i) road.receive(Road::kLeftPort, request);
  EXPECT_EQ(road.drops(DropReason::kPuntFull), 5u);
  EXPECT_EQ(road.counters.punted.get(), tuning::kPuntRing);
  road.punted();
  expect_sound(road);
}

}  // namespace
}  // namespace spanway::stage
