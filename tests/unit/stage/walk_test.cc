// SPDX-License-Identifier: BSD-3-Clause
// Whole walks: truncated, many at once, random; whatever comes, every packet ends exactly once.
#include "dataplane/stage/walk.h"

#include "dataplane/stage/batch.h"
#include "tests/support/hostile.h"
#include "tests/unit/stage/traffic.h"

namespace spanway::stage {
namespace {

TEST(Walk, TruncationAtEveryLengthIsANamedDrop) {
  for (const Bytes& whole : test::valid_frames()) {
    for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
      Road road;
      road.receive(Road::kLeftPort, cut(whole, 0, bytes));
      EXPECT_EQ(road.all_drops(), 1u) << bytes << " of " << whole.size();
      EXPECT_EQ(road.drops(DropReason::kNone), 0u);
      expect_sound(road);
    }
  }
}

TEST(Walk, EveryValidFrameHasItsEnd) {
  for (const Bytes& whole : test::valid_frames()) {
    Road road;
    road.receive(Road::kLeftPort, whole);
    const size_t questions = road.counters.held.get();
    EXPECT_EQ(road.sent().size() + road.punted().size() - questions + road.counters.held.get(), 1u);
    expect_sound(road);
  }
}

// More than a batch at once, every kind mixed: order within a flow and all counts hold.
TEST(Walk, ALargeBurst) {
  Road road;
  std::vector<Packet*> packets;
  constexpr unsigned kEach = 100;
  for (unsigned i = 0; i < kEach; ++i) {
    packets.push_back(test::packet_of(frame4(kFromLeft, udp4(with(kThrough4, &Ip4::id, i)))));
    packets.push_back(test::packet_of(frame6(kFromLeft, udp6(kThrough6))));
    packets.push_back(test::packet_of(frame4(kFromLeft, udp4(with(kThrough4, &Ip4::ttl, 1)))));
    packets.push_back(test::packet_of(Bytes(i % 14)));
  }
  road.receive(Road::kLeftPort, packets);
  unsigned next = 0, back = 0, six = 0;
  for (const Sent& one : road.sent()) {
    if (one.port == Road::kLeftPort)
      ++back;
    else if (one.bytes[12] == 0x86)
      ++six;
    else {
      EXPECT_EQ(one.bytes[18] * 256u + one.bytes[19], next++);
    }
  }
  EXPECT_EQ(next, kEach);
  EXPECT_EQ(six, kEach);
  EXPECT_EQ(back, kEach);
  EXPECT_EQ(road.counters.rx.get(), 4 * kEach);
  const seam::StageCount& rx = road.counters.stages[static_cast<size_t>(seam::Stage::kRx)];
  EXPECT_EQ(rx.packets.get(), 4 * kEach);
  EXPECT_EQ(rx.calls.get(), (4 * kEach + Batch::kRoom - 1) / Batch::kRoom);
  expect_sound(road);
}

TEST(Walk, StagesAreCountedAndTimed) {
  Road road;
  const auto stage = [&](seam::Stage s) -> const seam::StageCount& {
    return road.counters.stages[static_cast<size_t>(s)];
  };
  road.receive(Road::kLeftPort, frame4(kFromLeft, udp4(kThrough4)));
  for (const auto s : {seam::Stage::kRx, seam::Stage::kLinkInput, seam::Stage::kIp4Input,
                       seam::Stage::kRoute, seam::Stage::kIpForward, seam::Stage::kLinkOutput}) {
    EXPECT_EQ(stage(s).packets.get(), 1u);
    EXPECT_EQ(stage(s).calls.get(), 1u);
    EXPECT_EQ(stage(s).cycles.get(), 0u);
  }
  EXPECT_EQ(stage(seam::Stage::kIp6Input).calls.get(), 0u);
  EXPECT_EQ(stage(seam::Stage::kDrop).packets.get(), 0u);
  road.timing = true;
  road.receive(Road::kLeftPort, frame4(kFromLeft, udp4(kThrough4)));
  EXPECT_GT(stage(seam::Stage::kRoute).cycles.get(), 0u);
}

// Random traffic with random news from control in between: the equation of seam/counters.h.
TEST(Walk, ConservesPackets) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    test::Hostile hostile(seed);
    Road road;
    test::set_hostile_routes(road);
    for (int step = 0; step < 400; ++step) {
      hostile.step(road);
      ASSERT_EQ(road.imbalance(), 0) << "step " << step;
    }
    road.punted();
    EXPECT_EQ(test::buffers_in_use(), road.counters.held.get());
    road.shut_down();
    road.punted();
    EXPECT_EQ(road.imbalance(), 0);
    EXPECT_EQ(test::buffers_in_use(), 0u);
  }
}

}  // namespace
}  // namespace spanway::stage
