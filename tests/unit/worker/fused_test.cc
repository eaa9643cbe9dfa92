// SPDX-License-Identifier: BSD-3-Clause
// Both roads give the same packets, drops and counts; every kernel is the same fused road.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "dataplane/packet/checksum.h"

#include "tests/unit/worker/random_frames.h"
#include "tests/unit/worker/test_router.h"

namespace spanway::test {
namespace {

using worker::KernelChoice;

// The roads keep the order within a flow, not between flows: frames are compared sorted.
struct Outcome {
  std::map<std::string, uint64_t> counts;
  std::vector<Frame> left[TestRouter::kPorts];
  uint64_t fused = 0;
};

Outcome run(KernelChoice kernel, const std::vector<Arrival>& frames, unsigned burst) {
  TestRouter router(kernel);
  router.receive(PortId(0), frames, burst);
  Outcome out;
  out.counts = router.counts();
  out.fused = out.counts["fused"];
  out.counts.erase("fused");
  EXPECT_EQ(router.unaccounted(), 0);
  router.stop();
  for (unsigned i = 0; i < TestRouter::kPorts; ++i) {
    out.left[i] = std::move(router.ports[i].left);
  }
  return out;
}

// One line a count and a frame, sorted.
std::vector<std::string> text_of(const Outcome& outcome) {
  std::vector<std::string> lines;
  for (const auto& [name, n] : outcome.counts) lines.push_back(name + " " + std::to_string(n));
  for (unsigned i = 0; i < TestRouter::kPorts; ++i)
    for (const Frame& frame : outcome.left[i]) {
      std::string line = "port " + std::to_string(i) + ":";
      for (const uint8_t byte : frame) line += " " + std::to_string(byte);
      lines.push_back(std::move(line));
    }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::string difference(const std::vector<std::string>& slow, const std::vector<std::string>& fast) {
  std::vector<std::string> only_slow, only_fast;
  std::set_difference(slow.begin(), slow.end(), fast.begin(), fast.end(),
                      std::back_inserter(only_slow));
  std::set_difference(fast.begin(), fast.end(), slow.begin(), slow.end(),
                      std::back_inserter(only_fast));
  std::string text;
  for (const std::string& line : only_slow) text += "stages: " + line + "\n";
  for (const std::string& line : only_fast) text += "fused:  " + line + "\n";
  return text;
}

class EachKernel : public testing::TestWithParam<KernelChoice> {
 protected:
  void SetUp() override {
    if (worker::fused_kernel(GetParam()) == nullptr) GTEST_SKIP() << "this CPU lacks it";
  }
};

TEST_P(EachKernel, AgreesWithTheReadableRoad) {
  uint64_t fused = 0, all = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const std::vector<Arrival> frames = random_frames(400, random);
    const auto burst = static_cast<unsigned>(1 + random.below(64));
    const Outcome slow = run(KernelChoice::kNone, frames, burst);
    const Outcome fast = run(GetParam(), frames, burst);
    EXPECT_EQ(difference(text_of(slow), text_of(fast)), "");
    EXPECT_EQ(slow.fused, 0u);
    fused += fast.fused;
    all += frames.size();
  }
  // The comparison is worth something only if the fused road took its share.
  EXPECT_GT(fused, all / 5);
  EXPECT_LT(fused, all);
  EXPECT_EQ(buffers_in_use(), 0u);
}

TEST_P(EachKernel, TakesWholeBurstsOfPlainPackets) {
  for (const bool six : {false, true})
    for (unsigned count = 1; count <= 64; ++count) {
      Random random(count);
      std::vector<Arrival> frames;
      for (unsigned i = 0; i < count; ++i)
        frames.push_back({good_frame(six, i % 2 == 0 ? kOut1 : kOut1Other, 10, random)});
      TestRouter router(GetParam());
      router.receive(PortId(0), frames);
      EXPECT_EQ(router.count("fused"), count);
      EXPECT_EQ(router.ports[1].left.size(), count);
    }
  EXPECT_EQ(buffers_in_use(), 0u);
}

// Every value of the checksum field, so that both carries of RFC 1624 are met.
TEST_P(EachKernel, MendsEveryChecksum) {
  Random random(7);
  std::vector<Arrival> frames;
  for (uint32_t id = 0; id < 65536; id += 5) {
    Frame frame = good_frame(false, kOut1, 0, random);
    auto& ip = *reinterpret_cast<Ip4Header*>(frame.data() + sizeof(EtherHeader));
    ip.id = Be16(static_cast<uint16_t>(id));
    ip.ttl = static_cast<uint8_t>(2 + id % 250);
    ip.checksum = Be16();
    ip.checksum = Be16::from_raw(
        checksum_finish(checksum_add(0, {reinterpret_cast<const uint8_t*>(&ip), sizeof ip})));
    frames.push_back({std::move(frame)});
  }
  const Outcome slow = run(KernelChoice::kNone, frames, 32);
  const Outcome fast = run(GetParam(), frames, 32);
  EXPECT_EQ(difference(text_of(slow), text_of(fast)), "");
  EXPECT_EQ(fast.fused, frames.size());
}

TEST_P(EachKernel, LeavesEverythingToTheStagesWhileSomeoneWatches) {
  TestRouter router(GetParam());
  Random random(3);
  const std::vector<Arrival> frames(8, Arrival{good_frame(false, kOut1, 10, random)});
  auto watch = std::make_unique<seam::Watch>();
  watch->capture_id = 1;
  watch->snap_bytes = 64;
  router.tables.watch.publish(std::move(watch), router.graveyard);
  router.receive(PortId(0), frames);
  EXPECT_EQ(router.count("fused"), 0u);
  EXPECT_EQ(router.ports[1].left.size(), 8u);
  router.tables.watch.publish(std::make_unique<const seam::Watch>(), router.graveyard);
  router.receive(PortId(0), frames);
  EXPECT_EQ(router.count("fused"), 8u);
}

TEST_P(EachKernel, KeepsTheOrderOfAFlow) {
  TestRouter router(GetParam());
  Random random(11);
  std::vector<Arrival> frames;
  for (unsigned i = 0; i < 200; ++i) {
    // One packet in three goes elsewhere, so that no burst leaves as one array.
    Frame frame = good_frame(false, i % 3 == 0 ? kOut2 : kOut1, 4, random);
    auto& number = *reinterpret_cast<Be32*>(frame.data() + frame.size() - 4);
    number = Be32(i);
    frames.push_back({std::move(frame)});
  }
  router.receive(PortId(0), frames, 32);
  for (const unsigned port : {1u, 2u}) {
    uint32_t before = 0;
    for (const Frame& frame : router.ports[port].left) {
      const uint32_t number =
          reinterpret_cast<const Be32*>(frame.data() + frame.size() - 4)->host();
      EXPECT_LE(before, number);
      before = number;
    }
  }
  EXPECT_EQ(router.ports[1].left.size() + router.ports[2].left.size(), 200u);
}

std::string kernel_name(const testing::TestParamInfo<KernelChoice>& choice) {
  switch (choice.param) {
    case KernelChoice::kScalar:
      return "scalar";
    case KernelChoice::kAvx2:
      return "avx2";
    default:
      return "avx512";
  }
}

INSTANTIATE_TEST_SUITE_P(Fused, EachKernel,
                         testing::Values(KernelChoice::kScalar, KernelChoice::kAvx2,
                                         KernelChoice::kAvx512),
                         kernel_name);

}  // namespace
}  // namespace spanway::test
