// SPDX-License-Identifier: BSD-3-Clause
// A million malformed frames through the whole walk: no crash, no leak, and a name for every loss.
//
// SPANWAY_SEED and SPANWAY_FRAMES in the environment change the run.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "tests/support/hostile.h"
#include "tests/support/road.h"

namespace spanway::test {
namespace {

uint64_t setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// What a frame alone can bring about, without control, links or memory playing a part.
constexpr DropReason kByFrame[] = {
    DropReason::kFrameTruncated,
    DropReason::kNotOurMac,
    DropReason::kUnknownEtherType,
    DropReason::kUnknownVlan,
    DropReason::kArpMalformed,
    DropReason::kIp4Truncated,
    DropReason::kIp4BadVersion,
    DropReason::kIp4BadHeaderLength,
    DropReason::kIp4BadTotalLength,
    DropReason::kIp4BadChecksum,
    DropReason::kIp4BadOptions,
    DropReason::kIp4MartianSource,
    DropReason::kIp4MartianDestination,
    DropReason::kIp4NotForwardable,
    DropReason::kTtlExpired,
    DropReason::kIp6Truncated,
    DropReason::kIp6BadVersion,
    DropReason::kIp6BadPayloadLength,
    DropReason::kIp6BadExtension,
    DropReason::kIp6NotForwardable,
    DropReason::kHopLimitExpired,
    DropReason::kNoRoute,
    DropReason::kLocalBadChecksum,
    DropReason::kLocalUnknownProtocol,
    DropReason::kLocalMalformed,
};

uint64_t refused(const Road& road) {
  uint64_t sum = 0;
  for (const DropReason reason : kByFrame) sum += road.drops(reason);
  return sum;
}

TEST(Soak, AMillionMalformedFrames) {
  const uint64_t seed = setting("SPANWAY_SEED", 1);
  const uint64_t frames = setting("SPANWAY_FRAMES", 1'000'000);
  std::cout << "seed " << seed << ", until " << frames << " frames are refused\n";
  Hostile hostile(seed);
  Road road;
  set_hostile_routes(road);
  constexpr unsigned kBurst = 32;
  uint64_t done = 0;
  // Some damage does no harm, and the frame goes its way: only those that were refused count.
  while (refused(road) < frames) {
    std::vector<Packet*> packets;
    for (; packets.size() < kBurst; ++done) packets.push_back(exact_packet_of(hostile.malformed()));
    road.receive(Road::kLeftPort, packets);
    ASSERT_EQ(road.imbalance(), 0) << "after " << done;
    road.sent();
    road.punted();
    road.advance(millis(1));
    road.expire();
  }
  EXPECT_EQ(road.counters.rx.get(), done);
  road.shut_down();
  EXPECT_EQ(road.imbalance(), 0);
  EXPECT_EQ(buffers_in_use(), 0u);
  EXPECT_EQ(road.drops(DropReason::kNone), 0u);
  for (const DropReason reason : kByFrame)
    EXPECT_GT(road.drops(reason), 0u) << name_of(reason) << ": the frames do not reach it";
  std::cout << "offered " << done << ", refused " << refused(road) << ", sent "
            << road.counters.tx.get() << ", punted " << road.counters.punted.get() << ", local "
            << road.counters.local.get() << ", dropped " << road.all_drops() << "\n";
  for (size_t i = 0; i < kDropReasons; ++i)
    if (const uint64_t count = road.counters.drops[i].get(); count != 0)
      std::cout << "  " << kDropReasonNames[i] << " " << count << "\n";
}

}  // namespace
}  // namespace spanway::test
