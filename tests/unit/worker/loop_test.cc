// SPDX-License-Identifier: BSD-3-Clause
// Two pinned-thread loops at work while control replaces plans, hops and interfaces under them.
#include "dataplane/worker/loop.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "dataplane/transport/message/welcome.h"
#include "dataplane/worker/turn_clock.h"
#include "tests/support/eal.h"
#include "tests/unit/worker/random_frames.h"
#include "tests/unit/worker/test_router.h"

namespace spanway::test {
namespace {

using worker::Loop;

// Makes frames until it was asked for all of them; swallows what is sent. Queue q belongs to
// worker q.
class Mill final : public drivers::Port {
 public:
  explicit Mill(uint64_t total) : left_(total) {
    Random random(1);
    for (Frame& frame : frames_) frame = good_frame(random.below(2) == 0, kOut1, 20, random);
  }
  uint16_t rx_burst(QueueId, Packet** out, uint16_t room, Nanos) noexcept override {
    uint16_t count = 0;
    while (count < room && left_ > 0) {
      out[count++] = to_packet({frames_[left_ % frames_.size()]});
      --left_;
    }
    return count;
  }
  uint16_t tx_burst(QueueId, Packet** packets, uint16_t count, Nanos) noexcept override {
    release_burst(packets, count);
    return count;
  }
  [[nodiscard]] const drivers::PortInfo& info() const noexcept override { return info_; }
  [[nodiscard]] drivers::LinkState link() const override { return {.up = true}; }
  [[nodiscard]] drivers::PortStats stats() const override { return {}; }
  Status start() override { return {}; }
  void stop() override {}
  Status set_mtu(uint16_t) override { return {}; }
  Status set_promiscuous(bool) override { return {}; }
  Status join_group(const EtherAddr&) override { return {}; }

 private:
  uint64_t left_;
  std::array<Frame, 64> frames_;
  drivers::PortInfo info_;
};

worker::Plan plan_over(Mill& mill, uint16_t id) {
  worker::Plan plan;
  plan.workers = 2;
  if (id == 0) plan.rx = {{&mill, PortId(0), QueueId(0), true}};
  for (unsigned port = 0; port < TestRouter::kPorts; ++port)
    plan.tx.push_back({&mill, QueueId(id), WorkerId(id)});
  return plan;
}

void change_everything(TestRouter& router, Mill& mill, uint8_t round) {
  for (uint16_t id = 0; id < 2; ++id) router.publish_plan(id, plan_over(mill, id));
  router.tables.next_hops.set(NextHopId(kOut1),
                              std::make_unique<const table::NextHop>(hop_out(1, round)),
                              router.graveyard);
  auto interfaces = router.tables.interfaces.load()->all();
  router.tables.interfaces.publish(
      std::make_unique<const table::InterfaceSet>(std::move(interfaces)), router.graveyard);
  router.graveyard.seal();
  router.graveyard.reclaim();
}

TEST(Loop, LosesNothingWhileControlChangesEverything) {
  constexpr uint64_t kTotal = 100'000;
  {
    TestRouter router(worker::KernelChoice::kBest, 2);
    Mill mill(kTotal);
    for (uint16_t id = 0; id < 2; ++id) router.publish_plan(id, plan_over(mill, id));
    const MonotonicClock clock;
    std::vector<std::unique_ptr<Loop>> loops;
    for (auto& one : router.workers) {
      auto loop = Loop::start(*one, clock, {});
      ASSERT_TRUE(loop.has_value());
      loops.push_back(std::move(loop).value());
    }
    const Nanos give_up = clock.now() + seconds(20);
    uint32_t rounds = 0;
    const auto ended = [&] {
      return router.count("tx") + router.count("drop handover_full") == kTotal;
    };
    while (!ended() && clock.now() < give_up) {
      change_everything(router, mill, static_cast<uint8_t>(++rounds));
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    loops.clear();
    EXPECT_EQ(router.count("rx"), kTotal);
    EXPECT_EQ(router.unaccounted(), 0);
    EXPECT_GT(router.count("handed_in"), 0u);
    EXPECT_GT(router.count("fused"), 0u);
    EXPECT_GT(rounds, 0u);
    router.stop();
  }
  EXPECT_EQ(buffers_in_use(), 0u);
}

TEST(Loop, SaysWhichCoreItCanNotHave) {
  TestRouter router(worker::KernelChoice::kBest);
  const MonotonicClock clock;
  const auto failed = Loop::start(*router.workers[0], clock, {.core = CPU_SETSIZE - 1});
  ASSERT_FALSE(failed.has_value());
  EXPECT_NE(failed.error().message.find(std::to_string(CPU_SETSIZE - 1)), std::string::npos);
  EXPECT_FALSE(Loop::start(*router.workers[0], clock, {.core = 1 << 20}).has_value());
}

TEST(Loop, SleepsWhenNothingComes) {
  TestRouter router(worker::KernelChoice::kBest);
  const MonotonicClock clock;
  auto loop = Loop::start(*router.workers[0], clock, {});
  ASSERT_TRUE(loop.has_value());
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const uint64_t before = router.per_worker[0]->counters.turns.get();
  const Nanos began = clock.now();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const uint64_t turns = router.per_worker[0]->counters.turns.get() - before;
  const double passed = (clock.now() - began).seconds();
  EXPECT_GT(turns, 10u);
  // One turn in 50 microseconds, and half as much again for timers that fire early.
  EXPECT_LT(static_cast<double>(turns), passed * 30'000);
}

// Lies down when it is asked, or never does.
class Sleeper final : public transport::App {
 public:
  explicit Sleeper(bool lies_down) : lies_down_(lies_down) {}
  void on_open(transport::Endpoint&, transport::Session&, Nanos) noexcept override {}
  void on_ready(transport::Endpoint&, transport::Session&, Nanos) noexcept override {}
  void on_end(transport::Endpoint&, transport::Session&, transport::End, Nanos) noexcept override {}
  unsigned serve(transport::Endpoint&, Nanos) noexcept override {
    EXPECT_FALSE(lying) << "a turn while it lies down";
    return 0;
  }
  bool lie_down() noexcept override {
    lying = lies_down_;
    return lies_down_;
  }
  void get_up() noexcept override { lying = false; }
  bool lying = false;  // the worker's, and whoever's after its end

 private:
  bool lies_down_;
};

// A worker that sleeps for an hour when nobody wakes it.
class SleepyWorker {
 public:
  explicit SleepyWorker(bool lies_down) : sleeper_(lies_down) {
    router_.stop();
    parts_.bell = bell_;
    watch(eventfd_, EPOLLIN | EPOLLET);
    worker_ = std::make_unique<worker::Worker>(worker::WorkerParts{.id = WorkerId(0),
                                                                   .tables = router_.tables,
                                                                   .plan = of_worker().plan,
                                                                   .qsbr = router_.qsbr,
                                                                   .counters = of_worker().counters,
                                                                   .channels = of_worker().channels,
                                                                   .handover = router_.handover,
                                                                   .buffers = buffers(),
                                                                   .transport = &parts_});
    auto loop = Loop::start(*worker_, clock_, {.idle_spin = {}, .longest_sleep = seconds(3600)});
    EXPECT_TRUE(loop.has_value());
    loop_ = std::move(*loop);
  }
  ~SleepyWorker() {
    // From now on it sleeps no more.
    watch(open_end_, EPOLLIN);
    loop_.reset();
    EXPECT_FALSE(sleeper_.lying);
    worker_.reset();
    for (const int fd : {eventfd_, open_end_, bell_}) close(fd);
  }
  void ring() const {
    const uint64_t one = 1;
    EXPECT_EQ(write(eventfd_, &one, sizeof one), static_cast<ssize_t>(sizeof one));
  }
  [[nodiscard]] uint64_t turns() { return of_worker().counters.turns.get(); }
  [[nodiscard]] bool has_slept() { return turns() > tuning::kIdleTurns + 100; }

 private:
  TestRouter::PerWorker& of_worker() { return *router_.per_worker[0]; }
  void watch(int fd, uint32_t events) const {
    epoll_event event{};
    event.events = events;
    EXPECT_EQ(epoll_ctl(bell_, EPOLL_CTL_ADD, fd, &event), 0);
  }

  const MonotonicClock clock_;
  TestRouter router_{worker::KernelChoice::kBest};
  Sleeper sleeper_;
  const int bell_ = epoll_create1(0), eventfd_ = eventfd(0, 0), open_end_ = eventfd(1, 0);
  transport::Listening listening_;
  transport::Welcome welcome_{{}, {1, 2, 3}, 4};
  transport::SessionRings rings_{4};
  transport::Owners owners_;
  worker::TransportParts parts_{listening_, owners_, welcome_.gate(), rings_, 4, {&sleeper_}};
  std::unique_ptr<worker::Worker> worker_;
  std::unique_ptr<Loop> loop_;
};

constexpr auto kTick = std::chrono::microseconds(100);

TEST(Loop, TheBellEndsASleep) {
  const MonotonicClock clock;
  SleepyWorker sleepy(true);
  for (const Nanos give_up = clock.now() + seconds(60); !sleepy.has_slept();) {
    ASSERT_LT(clock.now(), give_up) << sleepy.turns();
    sleepy.ring();
    std::this_thread::sleep_for(kTick);
  }
}

TEST(Loop, NobodySleepsWhileAnApplicationHasSomethingToDo) {
  const MonotonicClock clock;
  SleepyWorker sleepy(false);
  for (const Nanos give_up = clock.now() + seconds(60); !sleepy.has_slept();) {
    ASSERT_LT(clock.now(), give_up) << sleepy.turns();
    std::this_thread::sleep_for(kTick);
  }
}

class ATurnClock : public testing::Test {
 protected:
  // The rate of the counter is known when DPDK has been started.
  static void SetUpTestSuite() { buffers(); }
};

TEST_F(ATurnClock, StaysWithTheEnginesClockAndNeverGoesBack) {
  const MonotonicClock clock;
  worker::TurnClock turns(clock);
  Nanos before{};
  const Nanos end = clock.now() + millis(30);
  while (before < end) {
    const Nanos low = clock.now();
    const Nanos now = turns.now();
    const Nanos high = clock.now();
    ASSERT_GE(now, before);
    ASSERT_GE(now, low - micros(5));
    ASSERT_LE(now, high + micros(5));
    before = now;
  }
}

// A thread that loses its core in the middle of every other reading.
class Interrupted final : public Clock {
 public:
  [[nodiscard]] Nanos now() const noexcept override {
    const Nanos until = clock_.now() + millis(1);
    if (++readings_ % 2 == 1)
      while (clock_.now() < until) {
      }
    return clock_.now();
  }

 private:
  MonotonicClock clock_;
  mutable unsigned readings_ = 0;
};

TEST_F(ATurnClock, IsNotOffByWhatInterruptsAReading) {
  const Interrupted interrupted;
  const MonotonicClock clock;
  worker::TurnClock turns(interrupted);
  for (const Nanos end = clock.now() + millis(30); clock.now() < end;) {
    const Nanos low = clock.now();
    const Nanos now = turns.now();
    ASSERT_LE(now, clock.now() + micros(100));
    ASSERT_GE(now, low - micros(100));
  }
}

}  // namespace
}  // namespace spanway::test
