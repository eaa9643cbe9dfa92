// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/hold.h"

#include "tests/unit/stage/traffic.h"

namespace spanway::stage {
namespace {

const Ip4Addr kUnknown(10, 0, 2, 77);

Bytes to_unknown(int id, Ip4Addr to = kUnknown) {
  return frame4(kFromLeft, udp4(with(with(kThrough4, &Ip4::to, to), &Ip4::id, id)));
}
int id_of(const Sent& sent) { return sent.bytes.at(18) << 8 | sent.bytes.at(19); }
size_t questions(Road& road) {
  size_t count = 0;
  for (const auto& one : road.punted()) count += one.punt.reason == seam::PuntReason::kUnresolved;
  return count;
}

TEST(Hold, AsksOnceAndSendsInOrderWhenResolved) {
  Road road;
  for (int id = 1; id <= 3; ++id) road.receive(Road::kLeftPort, to_unknown(id));
  EXPECT_TRUE(road.sent().empty());
  EXPECT_EQ(road.counters.held.get(), 3u);
  EXPECT_EQ(road.imbalance(), 0);
  const auto punted = road.punted();
  ASSERT_EQ(punted.size(), 1u);
  EXPECT_EQ(punted[0].punt.reason, seam::PuntReason::kUnresolved);
  EXPECT_EQ(punted[0].punt.interface, Road::kRight);
  EXPECT_EQ(punted[0].punt.address, IpAddr(kUnknown));
  EXPECT_TRUE(punted[0].bytes.empty());

  road.route("10.0.2.77/32", road.to_neighbour(Road::kRight, test::mac_of("02:00:00:00:02:77")));
  road.tell(Kind::kNeighbourResolved, Road::kRight, kUnknown);
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(id_of(sent[static_cast<size_t>(i)]), i + 1);
  // The hop limit was lowered once, on the way out.
  EXPECT_EQ(sent[0].bytes[22], 63);
  EXPECT_EQ(test::plain_checksum(cut(sent[0].bytes, 14, 20)), 0);
  EXPECT_EQ(road.counters.held.get(), 0u);
  expect_sound(road);
}

TEST(Hold, AGatewayIsAskedForByItsOwnAddress) {
  Road road;
  road.route("10.9.0.0/16", Road::to_kind(NextHopKind::kResolve, Road::kRight, "10.0.2.9"));
  road.route("2001:db8:9::/48", Road::to_kind(NextHopKind::kResolve, Road::kRight, "fe80::9"));
  road.receive(Road::kLeftPort, to_unknown(1, Ip4Addr(10, 9, 1, 1)));
  road.receive(Road::kLeftPort, to_unknown(2, Ip4Addr(10, 9, 1, 2)));
  road.receive(Road::kLeftPort,
               frame6(kFromLeft, udp6(with(kThrough6, &Ip6::to, test::ip6_of("2001:db8:9::1")))));
  const auto punted = road.punted();
  ASSERT_EQ(punted.size(), 2u);
  EXPECT_EQ(punted[0].punt.address, IpAddr(Ip4Addr(10, 0, 2, 9)));
  EXPECT_EQ(punted[1].punt.address, IpAddr(test::ip6_of("fe80::9")));
  EXPECT_EQ(road.counters.held.get(), 3u);
}

TEST(Hold, KeepsTheLatestOfEachNeighbour) {
  Road road;
  const int more = static_cast<int>(tuning::kHoldPerNeighbour) + 3;
  for (int id = 1; id <= more; ++id) road.receive(Road::kLeftPort, to_unknown(id));
  EXPECT_EQ(road.drops(DropReason::kHoldFull), 3u);
  EXPECT_EQ(road.counters.held.get(), tuning::kHoldPerNeighbour);
  road.route("10.0.2.77/32", road.to_neighbour(Road::kRight, Road::kRightPeer));
  road.tell(Kind::kNeighbourResolved, Road::kRight, kUnknown);
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), tuning::kHoldPerNeighbour);
  EXPECT_EQ(id_of(sent.front()), 4);
  EXPECT_EQ(id_of(sent.back()), more);
  road.punted();
  expect_sound(road);
}

// A scan of a whole network: the worker's room is the bound, and nothing else suffers.
TEST(Hold, IsBoundedOverAllNeighbours) {
  Road road;
  road.route("10.64.0.0/10", Road::to_kind(NextHopKind::kGlean, Road::kRight));
  const uint32_t first = Ip4Addr(10, 64, 0, 1).value();
  const size_t hosts = tuning::kHoldPerWorker + 50;
  for (uint32_t i = 0; i < hosts; ++i)
    road.receive(Road::kLeftPort, to_unknown(1, Ip4Addr(first + i)));
  EXPECT_EQ(road.counters.held.get(), tuning::kHoldPerWorker);
  EXPECT_EQ(road.drops(DropReason::kHoldFull), 50u);
  EXPECT_EQ(questions(road), tuning::kHoldPerWorker);
  expect_sound(road);
  // The room is there again once the old ones have gone.
  road.advance(tuning::kHoldLifetime);
  road.expire();
  EXPECT_EQ(road.counters.held.get(), 0u);
  EXPECT_EQ(road.drops(DropReason::kHoldExpired), tuning::kHoldPerWorker);
  road.receive(Road::kLeftPort, to_unknown(1));
  EXPECT_EQ(road.counters.held.get(), 1u);
  EXPECT_EQ(questions(road), 1u);
}

TEST(Hold, AsksAgainAfterASecondAtMost) {
  Road road;
  road.receive(Road::kLeftPort, to_unknown(1));
  EXPECT_EQ(questions(road), 1u);
  for (int i = 0; i < 99; ++i) {
    road.advance(millis(10));
    road.receive(Road::kLeftPort, to_unknown(2));
  }
  EXPECT_EQ(questions(road), 0u);
  road.advance(millis(10));
  road.receive(Road::kLeftPort, to_unknown(3));
  EXPECT_EQ(questions(road), 1u);
}

TEST(Hold, AFailedNeighbourIsNotAskedForAtOnce) {
  Road road;
  road.receive(Road::kLeftPort, to_unknown(1));
  EXPECT_EQ(questions(road), 1u);
  road.tell(Kind::kNeighbourFailed, Road::kRight, kUnknown);
  road.receive(Road::kLeftPort, to_unknown(2));
  EXPECT_EQ(questions(road), 0u);
  EXPECT_EQ(road.counters.held.get(), 1u);
  road.advance(seconds(1));
  road.receive(Road::kLeftPort, to_unknown(3));
  EXPECT_EQ(questions(road), 1u);
}

TEST(Hold, FailureTellsEverySender) {
  Road road;
  road.receive(Road::kLeftPort, to_unknown(1));
  road.receive(Road::kLeftPort,
               frame6(kFromLeft, udp6(with(kThrough6, &Ip6::to, test::ip6_of("2001:db8:2::77")))));
  road.punted();
  road.tell(Kind::kNeighbourFailed, Road::kRight, kUnknown);
  road.tell(Kind::kNeighbourFailed, Road::kRight, test::ip6_of("2001:db8:2::77"));
  EXPECT_EQ(road.drops(DropReason::kNeighbourFailed), 2u);
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(cut(sent[0].bytes, 34, 2), (Bytes{3, 1}));
  EXPECT_EQ(cut(sent[1].bytes, 54, 2), (Bytes{1, 3}));
  EXPECT_EQ(sent[0].port, Road::kLeftPort);
  expect_sound(road);
}

TEST(Hold, AnInterfaceThatGoesTakesItsPacketsAlong) {
  Road road;
  road.receive(Road::kLeftPort, to_unknown(1));
  road.receive(Road::kRightPort, frame4({Road::kRightMac, Road::kRightPeer},
                                        udp4({kThrough4.to, Ip4Addr(10, 0, 1, 88)})));
  EXPECT_EQ(road.counters.held.get(), 2u);
  road.tell(Kind::kInterfaceGone, Road::kRight);
  EXPECT_EQ(road.drops(DropReason::kInterfaceDown), 1u);
  EXPECT_EQ(road.counters.held.get(), 1u);
  road.punted();
  expect_sound(road);
}

TEST(Hold, NewsOfAStrangerChangesNothing) {
  Road road;
  road.receive(Road::kLeftPort, to_unknown(1));
  road.tell(Kind::kNeighbourResolved, Road::kLeft, kUnknown);  // the address, on another link
  road.tell(Kind::kNeighbourResolved, Road::kRight, Ip4Addr(10, 0, 2, 78));
  road.tell(Kind::kNeighbourFailed, Road::kRight, Ip4Addr(10, 0, 2, 78));
  EXPECT_EQ(road.counters.held.get(), 1u);
  EXPECT_TRUE(road.sent().empty());
}

// News came before the route: the packet waits on, but not for ever.
TEST(Hold, ResolvedWithoutARouteWaitsAgain) {
  Road road;
  road.receive(Road::kLeftPort, to_unknown(1));
  road.tell(Kind::kNeighbourResolved, Road::kRight, kUnknown);
  EXPECT_EQ(road.counters.held.get(), 1u);
  road.advance(tuning::kHoldLifetime);
  road.expire();
  EXPECT_EQ(road.drops(DropReason::kHoldExpired), 1u);
  road.punted();
  expect_sound(road);
}

TEST(Hold, WhatIsHeldAtTheEndIsDroppedAsShutdown) {
  Road road;
  road.receive(Road::kLeftPort, to_unknown(1));
  road.receive(Road::kLeftPort, to_unknown(2, Ip4Addr(10, 0, 2, 78)));
  road.shut_down();
  EXPECT_EQ(road.drops(DropReason::kShutdown), 2u);
  EXPECT_EQ(road.counters.held.get(), 0u);
  road.punted();
  expect_sound(road);
}

}  // namespace
}  // namespace spanway::stage
