// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/watch.h"

#include <algorithm>

#include "tests/unit/stage/traffic.h"

namespace spanway::stage {
namespace {

using seam::Stage;

uint32_t path_of(std::initializer_list<Stage> stages) {
  uint32_t out = 0;
  for (const Stage stage : stages) out |= 1u << static_cast<unsigned>(stage);
  return out;
}
Ip6Addr front4(Ip4Addr a) {
  Ip6Addr out;
  const Bytes bytes = test::be32(a.value());
  std::copy(bytes.begin(), bytes.end(), out.bytes.begin());
  return out;
}
template <class T>
std::vector<T> drain(SpscRing<T>& ring) {
  std::vector<T> out;
  T one;
  while (ring.pop(one)) out.push_back(one);
  return out;
}
seam::Watch trace_all(uint64_t limit = 1000) {
  seam::Watch watch;
  watch.trace_id = 7;
  watch.trace_limit = limit;
  return watch;
}
seam::Watch capture_all(uint16_t snap) {
  seam::Watch watch;
  watch.capture_id = 9;
  watch.snap_bytes = snap;
  return watch;
}

TEST(Trace, TellsTheRoadOfEveryEnd) {
  struct Case {
    const char* what;
    Bytes bytes;
    DropReason drop;
    uint32_t path;
  };
  const uint32_t to_route4 =
      path_of({Stage::kRx, Stage::kLinkInput, Stage::kIp4Input, Stage::kRoute});
  const uint32_t dropped = path_of({Stage::kDrop});
  const std::vector<Case> cases = {
      {"forwarded", frame4(kFromLeft, udp4(kThrough4)), DropReason::kNone,
       to_route4 | path_of({Stage::kIpForward, Stage::kLinkOutput})},
      {"not ours", frame4({Road::kRightMac, Road::kLeftPeer}, udp4(kThrough4)),
       DropReason::kNotOurMac, path_of({Stage::kRx, Stage::kLinkInput}) | dropped},
      {"spent", frame4(kFromLeft, udp4(with(kThrough4, &Ip4::ttl, 1))), DropReason::kTtlExpired,
       to_route4 | path_of({Stage::kIpForward, Stage::kIcmpError}) | dropped},
      {"OSPF", frame4(kFromLeft, packet4(with(kToUs4, &Ip4::protocol, 89), counting(44))),
       DropReason::kNone, to_route4 | path_of({Stage::kLocalDemux, Stage::kPunt})},
      {"a ping for us",
       frame4(kFromLeft, packet4(with(kToUs4, &Ip4::protocol, 1), test::icmp4(8, 0, 0, {}))),
       DropReason::kNone, to_route4 | path_of({Stage::kLocalDemux})},
      {"13 bytes", Bytes(13), DropReason::kFrameTruncated,
       path_of({Stage::kRx, Stage::kLinkInput}) | dropped},
  };
  for (const Case& c : cases) {
    Road road;
    road.watch(trace_all());
    road.receive(Road::kLeftPort, c.bytes);
    const auto records = drain(road.channels.trace);
    ASSERT_EQ(records.size(), 1u) << c.what;
    EXPECT_EQ(name_of(records[0].drop), name_of(c.drop)) << c.what;
    EXPECT_EQ(records[0].path, c.path) << c.what;
    EXPECT_EQ(records[0].trace_id, 7u) << c.what;
    EXPECT_EQ(records[0].in_port, Road::kLeftPort) << c.what;
    road.punted();
    expect_sound(road);
  }
}

TEST(Trace, RecordsWhoAndWhere) {
  Road road;
  road.watch(trace_all());
  road.timing = true;
  road.receive(Road::kLeftPort, frame4(kFromLeft, udp4(kThrough4)));
  const auto records = drain(road.channels.trace);
  ASSERT_EQ(records.size(), 1u);
  const seam::TraceRecord& r = records[0];
  EXPECT_EQ(r.family, 4);
  EXPECT_EQ(r.protocol, 17);
  EXPECT_EQ(r.ttl, 63);
  EXPECT_EQ(r.in_if, Road::kLeft);
  EXPECT_EQ(r.out_if, Road::kRight);
  EXPECT_EQ(r.source_port, 4000);
  EXPECT_EQ(r.destination_port, 5000);
  EXPECT_EQ(r.length, 14u + 54);
  EXPECT_NE(r.next_hop.value, 0);
  EXPECT_EQ(r.time, road.now);
  EXPECT_EQ(r.source, front4(kThrough4.from));
  EXPECT_EQ(r.destination, front4(kThrough4.to));
  EXPECT_GT(r.cycles, 0u);
}

TEST(Trace, OfAHeldPacketComesWhenItEnds) {
  Road road;
  road.watch(trace_all());
  road.receive(Road::kLeftPort,
               frame4(kFromLeft, udp4(with(kThrough4, &Ip4::to, Ip4Addr(10, 0, 2, 77)))));
  EXPECT_TRUE(drain(road.channels.trace).empty());
  road.route("10.0.2.77/32", road.to_neighbour(Road::kRight, Road::kRightPeer));
  road.tell(Kind::kNeighbourResolved, Road::kRight, Ip4Addr(10, 0, 2, 77));
  const auto records = drain(road.channels.trace);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_TRUE(records[0].path & path_of({Stage::kHold}));
  EXPECT_TRUE(records[0].path & path_of({Stage::kLinkOutput}));
}

TEST(Trace, StopsAtItsLimitAndStartsAnewWithAnother) {
  Road road;
  road.watch(trace_all(3));
  const Bytes bytes = frame4(kFromLeft, udp4(kThrough4));
  for (int i = 0; i < 10; ++i) road.receive(Road::kLeftPort, bytes);
  EXPECT_EQ(drain(road.channels.trace).size(), 3u);
  seam::Watch another = trace_all(2);
  another.trace_id = 8;
  road.watch(another);
  for (int i = 0; i < 10; ++i) road.receive(Road::kLeftPort, bytes);
  EXPECT_EQ(drain(road.channels.trace).size(), 2u);
}

TEST(Trace, CountsWhatTheRingHadNoRoomFor) {
  Road road;
  road.watch(trace_all(100'000));
  const Bytes bytes = frame4(kFromLeft, udp4(kThrough4));
  for (size_t i = 0; i < tuning::kTraceRing + 11; ++i) road.receive(Road::kLeftPort, bytes);
  EXPECT_EQ(road.channels.trace_lost.get(), 11u);
  EXPECT_EQ(drain(road.channels.trace).size(), tuning::kTraceRing);
  expect_sound(road);
}

TEST(Watch, NothingIsRecordedWhenNobodyWatches) {
  Road road;
  road.receive(Road::kLeftPort, frame4(kFromLeft, udp4(kThrough4)));
  EXPECT_TRUE(drain(road.channels.trace).empty());
  EXPECT_TRUE(drain(road.channels.capture).empty());
}

TEST(Match, EveryFieldNarrows) {
  const Bytes bytes = frame4(kFromLeft, udp4(kThrough4));
  struct Case {
    const char* what;
    seam::Match match;
    bool fits;
  };
  const Ip6Addr from = front4(kThrough4.from);
  const std::vector<Case> cases = {
      {"anything", {}, true},
      {"the port", {.port = 0}, true},
      {"another port", {.port = 1}, false},
      {"the family", {.family = 4}, true},
      {"the other family", {.family = 6}, false},
      {"the protocol", {.protocol = 17}, true},
      {"another protocol", {.protocol = 6}, false},
      {"the source port", {.source_port = 4000}, true},
      {"another source port", {.source_port = 4001}, false},
      {"the destination port", {.destination_port = 5000}, true},
      {"another destination port", {.source_port = 4000, .destination_port = 53}, false},
      {"the source", {.family = 4, .source_bits = 32, .source = from}, true},
      {"a prefix of the source",
       {.family = 4, .source_bits = 30, .source = front4(Ip4Addr(10, 0, 1, 3))},
       true},
      {"a longer prefix of another",
       {.family = 4, .source_bits = 32, .source = front4(Ip4Addr(10, 0, 1, 3))},
       false},
      {"another destination",
       {.family = 4, .destination_bits = 9, .destination = front4(Ip4Addr(10, 128, 0, 0))},
       false},
      {"an IPv6 prefix of the same bytes", {.family = 6, .source_bits = 32, .source = from}, false},
  };
  for (const Case& c : cases) {
    Road road;
    seam::Watch watch = trace_all();
    watch.trace_match = c.match;
    road.watch(watch);
    road.receive(Road::kLeftPort, bytes);
    EXPECT_EQ(drain(road.channels.trace).size(), c.fits ? 1u : 0u) << c.what;
  }
}

TEST(Capture, CopiesBothDirections) {
  Road road;
  road.watch(capture_all(64));
  const Bytes in = frame4(kFromLeft, udp4(kThrough4, 100));
  road.receive(Road::kLeftPort, in);
  const auto sent = road.sent();
  ASSERT_EQ(sent.size(), 1u);
  const auto records = drain(road.channels.capture);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_FALSE(records[0].outbound);
  EXPECT_EQ(records[0].port, 0);
  EXPECT_TRUE(records[1].outbound);
  EXPECT_EQ(records[1].port, 1);
  for (size_t i = 0; i < 2; ++i) {
    const Bytes& whole = i == 0 ? in : sent[0].bytes;
    EXPECT_EQ(records[i].capture_id, 9u);
    EXPECT_EQ(records[i].time, road.now);
    EXPECT_EQ(records[i].original_bytes, whole.size());
    ASSERT_EQ(records[i].bytes, 64);
    EXPECT_EQ(Bytes(records[i].data.begin(), records[i].data.begin() + 64), cut(whole, 0, 64));
  }
}

TEST(Capture, TakesNoMoreThanThereIsRoomFor) {
  Road road;
  road.watch(capture_all(0xffff));
  road.receive(Road::kLeftPort, frame4(kFromLeft, udp4(kThrough4, 1000)));
  road.receive(Road::kLeftPort, Bytes(5, 1));
  const auto records = drain(road.channels.capture);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].bytes, seam::CaptureRecord::kSnap);
  EXPECT_EQ(records[2].bytes, 5);
  for (size_t i = 0; i < tuning::kCaptureRing + 4; ++i) road.receive(Road::kLeftPort, Bytes(5));
  EXPECT_EQ(road.channels.capture_lost.get(), 4u);
  expect_sound(road);
}

TEST(Capture, SeesWhatControlSendsByItsPort) {
  Road road;
  seam::Watch watch = capture_all(128);
  watch.capture_match.port = Road::kRightPort.value;
  road.watch(watch);
  const Bytes arp = test::arp_request(Road::kRightMac, Ip4Addr(10, 0, 2, 1), Ip4Addr(10, 0, 2, 9));
  road.inject(How::kFrame, Road::kRight, arp);
  road.inject(How::kFrame, Road::kLeft, arp);
  const auto records = drain(road.channels.capture);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_TRUE(records[0].outbound);
  EXPECT_EQ(records[0].bytes, arp.size());
}

}  // namespace
}  // namespace spanway::stage
