// SPDX-License-Identifier: BSD-3-Clause
// A worker's turn around the two roads: output, handover, plans, rings and its end.
#include "dataplane/worker/worker.h"

#include <gtest/gtest.h>

#include "dataplane/worker/steering.h"
#include "tests/unit/worker/random_frames.h"
#include "tests/unit/worker/test_router.h"

namespace spanway::test {
namespace {

using worker::KernelChoice;

std::vector<Arrival> plain_frames(unsigned count, uint8_t slot = kOut1) {
  Random random(count);
  std::vector<Arrival> frames;
  for (unsigned i = 0; i < count; ++i) frames.push_back({good_frame(i % 3 == 0, slot, 20, random)});
  return frames;
}

TEST(Worker, CountsTurnsAndTime) {
  TestRouter router(KernelChoice::kBest);
  router.receive(PortId(0), plain_frames(10));
  router.turn();
  const seam::WorkerCounters& counters = router.per_worker[0]->counters;
  EXPECT_EQ(counters.turns.get(), 3u);
  EXPECT_EQ(counters.busy_turns.get(), 1u);
  EXPECT_GT(counters.busy_cycles.get(), 0u);
  EXPECT_GT(counters.idle_cycles.get(), 0u);
  EXPECT_EQ(counters.heartbeat_ns.get(), static_cast<uint64_t>(router.now.ns()));
}

TEST(Worker, DropsByNameWhatTheDeviceRefuses) {
  for (const KernelChoice kernel : {KernelChoice::kNone, KernelChoice::kBest}) {
    TestRouter router(kernel);
    router.ports[1].room = 13;
    router.receive(PortId(0), plain_frames(100));
    EXPECT_EQ(router.ports[1].left.size(), 13u);
    EXPECT_EQ(router.count("drop tx_full"), 87u);
    EXPECT_EQ(router.unaccounted(), 0);
  }
  EXPECT_EQ(buffers_in_use(), 0u);
}

TEST(Worker, FollowsANewPlanWithoutAPause) {
  TestRouter router(KernelChoice::kBest);
  router.receive(PortId(0), plain_frames(40));
  EXPECT_EQ(router.ports[1].left.size(), 40u);
  // Port 1 goes away: what still leads there is lost by name, and nothing else.
  worker::Plan plan = router.plan(0);
  plan.tx[1].port = nullptr;
  plan.rx.erase(plan.rx.begin() + 1);
  router.publish_plan(0, plan);
  router.receive(PortId(0), plain_frames(40));
  router.receive(PortId(0), plain_frames(40, kOut2));
  EXPECT_EQ(router.ports[1].left.size(), 40u);
  EXPECT_EQ(router.ports[2].left.size(), 40u);
  EXPECT_EQ(router.count("drop tx_link_down"), 40u);
  router.publish_plan(0, router.plan(0));
  router.receive(PortId(0), plain_frames(40));
  EXPECT_EQ(router.ports[1].left.size(), 80u);
  EXPECT_EQ(router.unaccounted(), 0);
}

TEST(Worker, LetsGoOfWhatWasReplaced) {
  TestRouter router(KernelChoice::kBest);
  for (int i = 0; i < 10; ++i) router.publish_plan(0, router.plan(0));
  EXPECT_GT(router.graveyard.waiting(), 0u);
  router.turn();
  router.turn();
  EXPECT_EQ(router.graveyard.waiting(), 0u);
  // A resting worker holds up nobody.
  router.workers[0]->rest();
  router.publish_plan(0, router.plan(0));
  router.graveyard.reclaim();
  EXPECT_EQ(router.graveyard.waiting(), 0u);
  router.workers[0]->wake();
  router.publish_plan(0, router.plan(0));
  router.graveyard.reclaim();
  EXPECT_EQ(router.graveyard.waiting(), 1u);
}

TEST(Worker, EndsTheHeldInVirtualTimeToo) {
  TestRouter router(KernelChoice::kBest);
  router.receive(PortId(0), plain_frames(3, kUnresolved));
  EXPECT_EQ(router.count("held") + router.count("drop hold_full"), 3u);
  // Far fewer turns than housekeeping counts, but enough time.
  for (int i = 0; i < 5; ++i) router.turn();
  EXPECT_EQ(router.count("held"), 0u);
  EXPECT_EQ(router.count("drop hold_expired"), 3u);
}

TEST(Worker, GivesUpEverythingAtItsEnd) {
  {
    TestRouter router(KernelChoice::kBest, 2);
    router.receive(PortId(0), plain_frames(6, kUnresolved));
    // In flight: a frame handed to worker 1, one from control.
    ASSERT_TRUE(router.handover.ring(WorkerId(0), WorkerId(1))
                    .push(worker::Handed{to_packet(plain_frames(1)[0]), PortId(0)}));
    router.per_worker[0]->counters.handed_out.add(1);
    ASSERT_TRUE(router.per_worker[0]->channels.inject.push(
        seam::Inject{seam::Inject::How::kFrame, IfIndex(1), to_packet(plain_frames(1)[0])}));
    router.stop();
    EXPECT_EQ(router.count("drop shutdown"), 8u);
    EXPECT_EQ(router.unaccounted(), 0);
  }
  EXPECT_EQ(buffers_in_use(), 0u);
}

TEST(Worker, SendsWhatControlInjects) {
  TestRouter router(KernelChoice::kBest);
  const Arrival frame = plain_frames(1)[0];
  ASSERT_TRUE(router.per_worker[0]->channels.inject.push(
      seam::Inject{seam::Inject::How::kFrame, IfIndex(2), to_packet(frame)}));
  router.turn();
  ASSERT_EQ(router.ports[2].left.size(), 1u);
  EXPECT_EQ(router.ports[2].left[0], frame.frame);
  EXPECT_EQ(router.unaccounted(), 0);
}

TEST(Worker, TakesTheReadableRoadWhileStagesAreTimed) {
  TestRouter router(KernelChoice::kBest);
  seam::Message message;
  message.kind = seam::Message::Kind::kFlags;
  message.value = seam::kStageTiming;
  ASSERT_TRUE(router.per_worker[0]->channels.mailbox.push(message));
  router.receive(PortId(0), plain_frames(32));
  const auto& stages = router.per_worker[0]->counters.stages;
  EXPECT_EQ(router.count("fused"), 0u);
  EXPECT_GT(stages[static_cast<size_t>(seam::Stage::kRoute)].cycles.get(), 0u);
  message.value = 0;
  ASSERT_TRUE(router.per_worker[0]->channels.mailbox.push(message));
  router.receive(PortId(0), plain_frames(32));
  EXPECT_EQ(router.count("fused"), 32u);
}

// Between two workers.

TEST(Steering, KeepsAFlowOnOneWorkerAndSpreadsFlows) {
  Random random(5);
  std::vector<unsigned> share(4);
  for (int i = 0; i < 4000; ++i) {
    Arrival arrival{good_frame(i % 2 == 0, kOut1, 10, random)};
    Packet* first = to_packet(arrival);
    // The same flow: another payload, TTL, length; with a VLAN tag.
    arrival.frame.back() ^= 0xff;
    arrival.frame.push_back(0);
    const uint8_t tag[] = {0x81, 0x00, 0x00, 0x07};
    arrival.frame.insert(arrival.frame.begin() + 12, std::begin(tag), std::end(tag));
    Packet* second = to_packet(arrival);
    const auto owner = worker::flow_owner(first, 4);
    ASSERT_TRUE(owner.has_value());
    EXPECT_EQ(worker::flow_owner(second, 4), owner);
    ++share[owner->value];
    release(first);
    release(second);
  }
  for (const unsigned number : share) EXPECT_NEAR(number, 1000, 150);
}

TEST(Steering, ReadsNothingBehindTheFrame) {
  Random random(9);
  for (const bool six : {false, true}) {
    const Frame whole = good_frame(six, kOut1, 0, random);
    for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
      Packet* packet = to_packet({Frame(whole.begin(), whole.begin() + static_cast<long>(bytes))});
      const size_t header = six ? 54 : 34;
      EXPECT_EQ(worker::flow_owner(packet, 4).has_value(), bytes >= header);
      release(packet);
    }
  }
}

TEST(Steering, HandsOverByFlowAndLosesNothing) {
  for (const KernelChoice kernel : {KernelChoice::kNone, KernelChoice::kBest}) {
    TestRouter router(kernel, 2);
    router.receive(PortId(0), plain_frames(600));
    EXPECT_EQ(router.ports[1].left.size(), 600u);
    const uint64_t handed = router.per_worker[0]->counters.handed_out.get();
    EXPECT_NEAR(static_cast<double>(handed), 300, 80);
    EXPECT_EQ(router.per_worker[1]->counters.handed_in.get(), handed);
    EXPECT_EQ(router.per_worker[1]->counters.tx.get(), handed);
    EXPECT_EQ(router.unaccounted(), 0);
  }
}

TEST(Steering, DropsByNameWhenTheOtherIsBehind) {
  {
    TestRouter router(KernelChoice::kBest, 2);
    const auto frames = plain_frames(4000);
    router.ports[0].arriving.assign(frames.begin(), frames.end());
    while (!router.ports[0].arriving.empty()) router.turn(0);
    EXPECT_GT(router.count("drop handover_full"), 500u);
    router.turn(1);
    EXPECT_EQ(router.count("rx"), router.count("tx") + router.count("drop handover_full"));
    while (router.handover.ring(WorkerId(0), WorkerId(1)).size() != 0) router.turn(1);
    EXPECT_EQ(router.count("handed_in"), tuning::kHandoverRing);
    EXPECT_EQ(router.count("rx"), 4000u);
    EXPECT_EQ(router.unaccounted(), 0);
  }
  EXPECT_EQ(buffers_in_use(), 0u);
}

TEST(Handover, SendsThroughTheOwnerOfAPort) {
  TestRouter router(KernelChoice::kBest, 2);
  worker::Plan plan = router.plan(0);
  for (auto& queue : plan.rx) queue.steer = false;
  plan.tx[1].owner = WorkerId(1);
  router.publish_plan(0, plan);
  router.receive(PortId(0), plain_frames(100));
  EXPECT_EQ(router.ports[1].left.size(), 100u);
  EXPECT_EQ(router.per_worker[1]->counters.tx.get(), 100u);
  EXPECT_EQ(router.per_worker[0]->counters.tx.get(), 0u);
  EXPECT_EQ(router.unaccounted(), 0);
}

// The port's number may be another device's by the time that its owner sends the frame.
TEST(CardSums, AreAskedForOnlyByTheOwnerOfTheQueue) {
  for (const bool owner : {true, false}) {
    TestRouter router(KernelChoice::kBest, 2);
    worker::Plan plan = router.plan(0);
    plan.tx[1].card_sums = Meta::kOpenSums;
    if (!owner) plan.tx[1].owner = WorkerId(1);
    router.publish_plan(0, plan);
    Random random(1);
    const Frame frame = good_frame(false, kOut1, 20, random);
    Frame unsummed = frame;
    unsummed[24] = unsummed[25] = 0;
    ASSERT_TRUE(router.per_worker[0]->channels.inject.push(seam::Inject{
        seam::Inject::How::kRouted, IfIndex(0), to_packet({unsummed}), Meta::kOpenIp4Sum}));
    router.turn();
    ASSERT_EQ(router.ports[1].left.size(), 1u);
    const Frame& left = router.ports[1].left[0];
    EXPECT_EQ(router.ports[1].asked[0], owner ? RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM : 0u);
    EXPECT_EQ(Frame(left.begin() + 14, left.end()),
              Frame((owner ? unsummed : frame).begin() + 14, (owner ? unsummed : frame).end()));
    EXPECT_EQ(router.unaccounted(), 0);
  }
}

TEST(CardSums, FollowTheResolutionOfThePort) {
  using drivers::OffloadMode;
  constexpr auto kSw = OffloadMode::kSoftware, kHw = OffloadMode::kHardware;
  EXPECT_EQ(worker::card_sums({.tx_ip = kSw, .tx_l4 = kSw}), 0);
  EXPECT_EQ(worker::card_sums({.tx_ip = kHw, .tx_l4 = kSw}), Meta::kOpenIp4Sum);
  EXPECT_EQ(worker::card_sums({.tx_ip = kSw, .tx_l4 = kHw}), Meta::kOpenL4Sum);
  EXPECT_EQ(worker::card_sums({.tx_ip = kHw, .tx_l4 = kHw}), Meta::kOpenSums);
  EXPECT_EQ(worker::card_sums({.rx_ip = kHw, .rx_l4 = kHw}), 0);
}

}  // namespace
}  // namespace spanway::test
