// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "drivers/sim/network.h"
#include "tests/support/eal.h"

namespace spanway::sim {
namespace {

using drivers::Port;
using drivers::PortOptions;

Packet* frame(uint32_t bytes, uint32_t mark = 0) {
  Packet* p = test::buffers().allocate();
  uint8_t* d = append(p, static_cast<uint16_t>(bytes));
  std::memset(d, 0x5a, bytes);
  std::memcpy(d + bytes - sizeof(mark), &mark, sizeof(mark));
  return p;
}

uint32_t mark_of(const Packet* p) {
  uint32_t mark;
  std::memcpy(&mark, data(p) + length(p) - sizeof(mark), sizeof(mark));
  return mark;
}

class SimTest : public testing::Test {
 protected:
  // One wire, "w", with a started port at each end.
  void make(const WireOptions& options, const PortOptions& ports = {}) {
    test::buffers();
    ASSERT_TRUE(net_.add("w", options));
    a_ = open("w.a", ports);
    b_ = open("w.b", ports);
  }
  void make(const LaneOptions& lane, uint64_t seed = 1) { make(WireOptions::both(lane, seed)); }
  std::unique_ptr<Port> open(const std::string& end, const PortOptions& options = {}) {
    auto port = net_.open(end, end, options);
    EXPECT_TRUE(port) << port.error().message;
    EXPECT_TRUE((*port)->start());
    return std::move(*port);
  }
  // Sends one frame; what the port refuses is freed and reported as false.
  bool send(Nanos now, uint32_t bytes = 60, uint32_t mark = 0) {
    Packet* p = frame(bytes, mark);
    if (a_->tx_burst(QueueId{0}, &p, 1, now) == 1) return true;
    release(p);
    return false;
  }
  // The marks of what has arrived by now.
  std::vector<uint32_t> fetch(Nanos now, uint16_t queue = 0) {
    std::vector<uint32_t> marks;
    Packet* p[8];
    while (const uint16_t n = b_->rx_burst(QueueId{queue}, p, 8, now)) {
      for (uint16_t i = 0; i < n; ++i) marks.push_back(mark_of(p[i]));
      release_burst(p, n);
    }
    return marks;
  }
  LaneStats stats() { return net_.state("w")->a_to_b; }
  void expect_conserved() {
    const LaneStats s = stats();
    EXPECT_EQ(s.taken + s.duplicated, s.delivered + s.lost_total() + s.in_flight);
  }
  uint64_t lost(Loss why) { return stats().lost[static_cast<size_t>(why)]; }
  void TearDown() override {
    a_.reset();
    b_.reset();
    EXPECT_EQ(test::buffers_in_use(), 0u);
  }

  Network net_;
  std::unique_ptr<Port> a_, b_;
};

TEST_F(SimTest, FrameArrivesAfterSerialisationAndDelayToTheNanosecond) {
  make(LaneOptions{.rate_bps = 1'000'000'000, .delay = micros(10)});
  ASSERT_TRUE(send(Nanos(1000), 1514));  // (1514 + 24) * 8 bits at 1 bit a nanosecond
  const Nanos arrival(1000 + 1538 * 8 + 10'000);
  EXPECT_EQ(net_.next_event(), arrival);
  EXPECT_TRUE(fetch(arrival - Nanos(1)).empty());
  EXPECT_EQ(fetch(arrival).size(), 1u);
  EXPECT_EQ(net_.next_event(), Nanos::never());
}

TEST_F(SimTest, RateIsExactOverManyFrames) {
  // 84 byte times of 67.2 ns: a rounded sum would be off by 200 ns after a thousand.
  make(LaneOptions{.rate_bps = 10'000'000'000, .queue_frames = 2000});
  for (uint32_t i = 0; i < 1000; ++i) ASSERT_TRUE(send(Nanos(0), 60, i));
  EXPECT_EQ(fetch(Nanos(67'199)).size(), 999u);
  EXPECT_EQ(fetch(Nanos(67'200)), std::vector<uint32_t>{999});
  expect_conserved();
}

TEST_F(SimTest, ShortFramesArePaddedAndAnIdleWireSavesNothingUp) {
  make(LaneOptions{.rate_bps = 1'000'000'000});
  ASSERT_TRUE(send(Nanos(0), 20));
  EXPECT_EQ(net_.next_event(), Nanos(84 * 8));
  EXPECT_EQ(fetch(Nanos(84 * 8)).size(), 1u);
  ASSERT_TRUE(send(Nanos(5000)));
  EXPECT_EQ(net_.next_event(), Nanos(5000 + 84 * 8));
}

TEST_F(SimTest, UnlimitedRateTakesNoTime) {
  make(LaneOptions{.rate_bps = 0, .delay = millis(1)});
  ASSERT_TRUE(send(Nanos(7)));
  EXPECT_EQ(net_.next_event(), millis(1) + Nanos(7));
}

TEST_F(SimTest, FullQueueRefusesLikeACard) {
  make(LaneOptions{.rate_bps = 1'000'000'000, .queue_frames = 4});
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(send(Nanos(0)));
  EXPECT_FALSE(send(Nanos(0)));
  EXPECT_FALSE(send(Nanos(84 * 8 - 1)));
  EXPECT_TRUE(send(Nanos(84 * 8)));  // the first is out: room for one
  EXPECT_FALSE(send(Nanos(84 * 8)));
  EXPECT_EQ(stats().refused, 3u);
  EXPECT_EQ(stats().taken, 5u);
  expect_conserved();
}

TEST_F(SimTest, FullQueueDropsTheTailLikeASwitch) {
  make(LaneOptions{.rate_bps = 1'000'000'000, .queue_frames = 4, .when_full = WhenFull::kDrop});
  for (uint32_t i = 0; i < 10; ++i) EXPECT_TRUE(send(Nanos(0), 60, i));
  EXPECT_EQ(fetch(seconds(1)), (std::vector<uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(lost(Loss::kQueueFull), 6u);
  expect_conserved();
}

TEST_F(SimTest, QueueOfBytes) {
  make(LaneOptions{.rate_bps = 1'000'000'000, .queue_frames = 0, .queue_bytes = 1000});
  EXPECT_TRUE(send(Nanos(0), 1500));  // longer than the queue, but the queue is empty
  EXPECT_FALSE(send(Nanos(0), 60));
  EXPECT_TRUE(send(micros(100), 600));
  EXPECT_TRUE(send(micros(100), 400));
  EXPECT_FALSE(send(micros(100), 60));
}

TEST_F(SimTest, FlightIsBoundedWhenNobodyFetches) {
  make(LaneOptions{.rate_bps = 0, .queue_frames = 0, .flight = 16});
  int sent = 0;
  while (send(Nanos(0)) && sent < 100) ++sent;
  EXPECT_EQ(sent, 15);  // one slot is kept for a duplicate
  expect_conserved();
  EXPECT_EQ(stats().in_flight, 15u);
}

TEST_F(SimTest, CutLosesWhatIsInFlightAndWhatIsSent) {
  make(LaneOptions{.delay = millis(10)});
  EXPECT_TRUE(a_->link().up);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(send(Nanos(0)));
  ASSERT_TRUE(net_.cut("w"));
  EXPECT_FALSE(a_->link().up);
  EXPECT_FALSE(b_->link().up);
  EXPECT_TRUE(send(Nanos(1)));
  EXPECT_EQ(lost(Loss::kCut), 1u);
  ASSERT_TRUE(net_.mend("w"));
  EXPECT_TRUE(a_->link().up);
  ASSERT_TRUE(send(millis(1), 60, 77));
  EXPECT_EQ(fetch(seconds(1)), std::vector<uint32_t>{77});
  EXPECT_EQ(lost(Loss::kCut), 6u);
  EXPECT_EQ(stats().in_flight, 0u);
  expect_conserved();
}

TEST_F(SimTest, CutFramesAreFreedBeforeTheyWouldHaveArrived) {
  make(LaneOptions{.delay = seconds(100)});
  ASSERT_TRUE(send(Nanos(0)));
  ASSERT_TRUE(net_.cut("w"));
  EXPECT_TRUE(fetch(Nanos(1)).empty());
  EXPECT_EQ(stats().in_flight, 0u);
  EXPECT_EQ(net_.next_event(), Nanos::never());
}

TEST_F(SimTest, LinkIsUpOnlyWithBothEndsStarted) {
  make(LaneOptions{});
  b_->stop();
  EXPECT_FALSE(a_->link().up);
  EXPECT_TRUE(send(Nanos(0)));
  EXPECT_EQ(lost(Loss::kNoPeer), 1u);
  ASSERT_TRUE(b_->start());
  EXPECT_TRUE(a_->link().up);
  EXPECT_EQ(a_->link().speed_bps, 10'000'000'000u);
}

TEST_F(SimTest, StopFreesWhatIsInFlightAndCountsIt) {
  make(LaneOptions{.delay = millis(10)});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(send(Nanos(0)));
  Packet* one[1];
  EXPECT_EQ(b_->rx_burst(QueueId{0}, one, 1, Nanos(0)), 0);  // some are fetched from the ring
  b_->stop();
  EXPECT_EQ(lost(Loss::kNoPeer), 5u);
  EXPECT_EQ(test::buffers_in_use(), 0u);
  expect_conserved();
}

struct Expected {
  double mean, sigma;
};
Expected binomial(double n, double p) { return {n * p, std::sqrt(n * p * (1 - p))}; }

TEST_F(SimTest, RandomLossHasItsRate) {
  make(LaneOptions{.rate_bps = 0, .impairment = {.loss = 0.1}}, 42);
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_TRUE(send(Nanos(i)));
    fetch(Nanos(i));
  }
  const auto [mean, sigma] = binomial(20'000, 0.1);
  EXPECT_NEAR(static_cast<double>(lost(Loss::kRandom)), mean, 4 * sigma);
  expect_conserved();
}

TEST_F(SimTest, BurstLossComesInBurstsOfTheMeanLength) {
  // The bad state is entered once in 100 frames and lasts 5: 5/105 of all frames.
  make(LaneOptions{.rate_bps = 0, .impairment = {.burst_enter = 0.01, .burst_leave = 0.2}}, 7);
  std::vector<bool> arrived(50'000);
  for (uint32_t i = 0; i < arrived.size(); ++i) {
    ASSERT_TRUE(send(Nanos(i), 60, i));
    for (const uint32_t mark : fetch(Nanos(i))) arrived[mark] = true;
  }
  double bursts = 0;
  for (size_t i = 1; i < arrived.size(); ++i) bursts += !arrived[i] && arrived[i - 1] ? 1 : 0;
  const auto lost_frames = static_cast<double>(lost(Loss::kBurst));
  EXPECT_NEAR(lost_frames / 50'000, 5.0 / 105, 0.008);
  EXPECT_NEAR(lost_frames / bursts, 5, 0.8);
  expect_conserved();
}

TEST_F(SimTest, ReorderedFramesAreOvertaken) {
  make(LaneOptions{.rate_bps = 0, .impairment = {.reorder = 0.2, .reorder_delay = micros(5)}}, 3);
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < 1000; ++i) ASSERT_TRUE(send(micros(i), 60, i));
  for (Nanos next = net_.next_event(); next != Nanos::never(); next = net_.next_event()) {
    for (const uint32_t mark : fetch(next)) {
      // Each frame leaves its instant in its mark: it is due then, or five microseconds later.
      const int64_t late = next.ns() - micros(mark).ns();
      EXPECT_TRUE(late == 0 || late == 5000) << mark << " at " << next.ns();
      order.push_back(mark);
    }
  }
  ASSERT_EQ(order.size(), 1000u);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (uint32_t i = 0; i < 1000; ++i) ASSERT_EQ(order[i], i);
  const auto [mean, sigma] = binomial(1000, 0.2);
  EXPECT_NEAR(static_cast<double>(stats().reordered), mean, 4 * sigma);
}

TEST_F(SimTest, DuplicatesArriveBehindTheirOriginals) {
  make(LaneOptions{.rate_bps = 0, .impairment = {.duplicate = 1}});
  for (uint32_t i = 0; i < 3; ++i) ASSERT_TRUE(send(Nanos(0), 60, i));
  EXPECT_EQ(fetch(Nanos(0)), (std::vector<uint32_t>{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(stats().duplicated, 3u);
  expect_conserved();
}

TEST_F(SimTest, CorruptionFlipsExactlyOneBit) {
  make(LaneOptions{.rate_bps = 0, .impairment = {.corrupt = 1}});
  for (int round = 0; round < 200; ++round) {
    ASSERT_TRUE(send(Nanos(0), 100));
    Packet* p = nullptr;
    ASSERT_EQ(b_->rx_burst(QueueId{0}, &p, 1, Nanos(0)), 1);
    int flipped = 0;
    for (uint32_t i = 0; i < 100; ++i)
      flipped += std::popcount(static_cast<unsigned>(data(p)[i] ^ (i < 96 ? 0x5a : 0)));
    EXPECT_EQ(flipped, 1);
    release(p);
  }
  EXPECT_EQ(stats().corrupted, 200u);
}

std::vector<uint32_t> run(uint64_t seed) {
  Network net;
  LaneOptions lane{.rate_bps = 0};
  lane.impairment = {.loss = 0.2,
                     .burst_enter = 0.05,
                     .burst_leave = 0.3,
                     .reorder = 0.1,
                     .reorder_delay = micros(3),
                     .duplicate = 0.1,
                     .corrupt = 0.1};
  EXPECT_TRUE(net.add("w", WireOptions::both(lane, seed)));
  auto a = std::move(*net.open("a", "w.a", {}));
  auto b = std::move(*net.open("b", "w.b", {}));
  EXPECT_TRUE(a->start() && b->start());
  std::vector<uint32_t> got;
  for (uint32_t i = 0; i < 500; ++i) {
    Packet* p = frame(60, i);
    EXPECT_EQ(a->tx_burst(QueueId{0}, &p, 1, micros(i)), 1);
    Packet* out[8];
    const uint16_t n = b->rx_burst(QueueId{0}, out, 8, micros(i));
    for (uint16_t k = 0; k < n; ++k) got.push_back(mark_of(out[k]));
    release_burst(out, n);
  }
  return got;
}

TEST_F(SimTest, SameSeedSameFate) {
  const auto first = run(11);
  EXPECT_EQ(first, run(11));
  EXPECT_NE(first, run(12));
}

TEST_F(SimTest, ImpairmentChangesWhileRunning) {
  make(LaneOptions{.rate_bps = 0});
  ASSERT_TRUE(send(Nanos(0)));
  ASSERT_TRUE(net_.impair("w", End::kA, {.loss = 1}));
  ASSERT_TRUE(send(Nanos(0)));
  EXPECT_EQ(fetch(Nanos(0)).size(), 1u);
  EXPECT_EQ(lost(Loss::kRandom), 1u);
  EXPECT_FALSE(net_.impair("w", End::kA, {.loss = 1.5}));
}

TEST_F(SimTest, TrustedOnlyWhereNothingIsCorrupted) {
  LaneOptions bad{.impairment = {.corrupt = 0.1}};
  make(WireOptions{LaneOptions{}, bad, 1}, PortOptions{.trust_checksums = true});
  EXPECT_EQ(b_->info().offloads.rx_ip, drivers::OffloadMode::kTrusted);
  EXPECT_EQ(a_->info().offloads.rx_ip, drivers::OffloadMode::kSoftware);
  EXPECT_FALSE(net_.impair("w", End::kA, {.corrupt = 0.1}));
  EXPECT_TRUE(net_.impair("w", End::kB, {.corrupt = 0.2}));
}

TEST_F(SimTest, FlowsSpreadOverQueuesAndStayThere) {
  make(WireOptions::both({.rate_bps = 0, .queues = 4}), PortOptions{.rx_queues = 4});
  EXPECT_EQ(b_->info().rx_queues, 4);
  EXPECT_TRUE(b_->info().offloads.rss);
  std::vector<int> queue_of(64, -1);
  for (int round = 0; round < 2; ++round) {
    for (uint32_t flow = 0; flow < 64; ++flow) {
      Packet* p = frame(60, flow);
      static constexpr uint8_t kUdp[] = {0x08, 0x00, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0,
                                         0,    10,   0,    0, 1, 10, 0, 0, 2, 0, 9,  0,  9};
      std::memcpy(data(p) + 12, kUdp, sizeof(kUdp));
      data(p)[35] = static_cast<uint8_t>(flow);  // source port
      ASSERT_EQ(a_->tx_burst(QueueId{0}, &p, 1, Nanos(0)), 1);
    }
    for (uint16_t q = 0; q < 4; ++q) {
      for (const uint32_t flow : fetch(Nanos(0), q)) {
        if (round == 0) queue_of[flow] = q;
        EXPECT_EQ(queue_of[flow], q);
      }
    }
  }
  for (int q = 0; q < 4; ++q) EXPECT_GT(std::count(queue_of.begin(), queue_of.end(), q), 4);
  expect_conserved();
}

TEST_F(SimTest, NamesAreChecked) {
  make(LaneOptions{});
  EXPECT_EQ(net_.add("w").error().code, ErrorCode::kExists);
  EXPECT_EQ(net_.open("p", "w.a", {}).error().code, ErrorCode::kExists);
  EXPECT_EQ(net_.open("p", "w", {}).error().code, ErrorCode::kExists);
  EXPECT_EQ(net_.open("p", "nope.a", {}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(net_.remove("w").error().code, ErrorCode::kExists);
  EXPECT_EQ(net_.cut("nope").error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(net_.add("x", WireOptions::both({.delay = Nanos(-1)})));
  EXPECT_FALSE(net_.add("x", WireOptions::both({.queues = 0})));
  a_.reset();
  b_.reset();
  EXPECT_TRUE(net_.remove("w"));
  EXPECT_TRUE(net_.wires().empty());
}

TEST_F(SimTest, BareNameTakesTheFreeEnds) {
  ASSERT_TRUE(net_.add("w"));
  a_ = open("w");
  b_ = open("w");
  EXPECT_NE(a_->info().mac, b_->info().mac);
  ASSERT_TRUE(send(Nanos(0)));
  EXPECT_EQ(fetch(seconds(1)).size(), 1u);
}

TEST_F(SimTest, EndsOnTwoThreadsLoseNothing) {
  make(LaneOptions{.rate_bps = 0, .queue_frames = 0, .flight = 256});
  constexpr uint32_t kFrames = 50'000;
  std::thread sender([&] {
    for (uint32_t i = 0; i < kFrames;) {
      Packet* p = frame(60, i);
      if (a_->tx_burst(QueueId{0}, &p, 1, Nanos(0)) == 1) {
        ++i;
      } else {
        release(p);
        std::this_thread::yield();
      }
    }
  });
  uint32_t next = 0;
  while (next < kFrames) {
    const auto marks = fetch(Nanos(0));
    if (marks.empty()) std::this_thread::yield();
    for (const uint32_t mark : marks) {
      if (mark != next) ADD_FAILURE() << mark << " instead of " << next;
      next = mark + 1;
    }
  }
  sender.join();
  expect_conserved();
}

}  // namespace
}  // namespace spanway::sim
