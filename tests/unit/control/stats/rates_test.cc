// SPDX-License-Identifier: BSD-3-Clause
#include "control/stats/rates.h"

#include <gtest/gtest.h>

namespace spanway::stats {
namespace {

struct RatesTest : testing::Test {
  Rates rates{1};
  Snapshot totals;
  Nanos now = seconds(5);
  int collected = 0;

  RatesTest() { totals.workers.resize(1); }
  void tick(uint64_t packets, Nanos span = seconds(1)) {
    totals.interfaces[3].rx_packets += packets;
    totals.interfaces[3].rx_bytes += packets * 64;
    totals.workers[0].rx += packets;
    totals.workers[0].busy_cycles += packets * 100;
    totals.drops[static_cast<size_t>(DropReason::kNoRoute)] += packets / 10;
    now += span;
    sample();
  }
  Nanos sample() {
    return rates.sample(now, [this] {
      ++collected;
      return totals;
    });
  }
  [[nodiscard]] double rx(Window window) const {
    return rates.interface_rates(IfIndex{3}, window).rx_packets;
  }
};

TEST_F(RatesTest, NothingBeforeTwoSamples) {
  EXPECT_EQ(rx(Window::kSecond), 0);
  sample();
  EXPECT_EQ(rx(Window::kSecond), 0);
  EXPECT_EQ(rates.drop_rate(DropReason::kNoRoute), 0);
  EXPECT_EQ(rates.worker_rates(WorkerId{0}).rx, 0);
}

TEST_F(RatesTest, OneSecondAndTen) {
  sample();
  for (int i = 1; i <= 20; ++i) tick(static_cast<uint64_t>(i) * 100);
  EXPECT_DOUBLE_EQ(rx(Window::kSecond), 2000);
  EXPECT_DOUBLE_EQ(rx(Window::kTenSeconds), 1550);  // the mean of 1100 to 2000
  EXPECT_DOUBLE_EQ(rates.interface_rates(IfIndex{3}).rx_bytes, 2000 * 64);
  EXPECT_DOUBLE_EQ(rates.worker_rates(WorkerId{0}).rx, 2000);
  EXPECT_DOUBLE_EQ(rates.worker_rates(WorkerId{0}).busy_cycles, 200'000);
  EXPECT_DOUBLE_EQ(rates.drop_rate(DropReason::kNoRoute), 200);
  EXPECT_EQ(rates.interface_rates(IfIndex{4}).rx_packets, 0);
}

TEST_F(RatesTest, AWindowNotYetFullIsWhatThereIs) {
  sample();
  tick(100);
  tick(300);
  EXPECT_DOUBLE_EQ(rx(Window::kTenSeconds), 200);
}

TEST_F(RatesTest, SamplesOnlyWhenDueAndDividesByRealTime) {
  EXPECT_EQ(sample(), now + seconds(1));
  tick(100, millis(400));
  EXPECT_EQ(collected, 1);
  tick(100, millis(2100));  // late: 200 packets in 2.5 s
  EXPECT_EQ(collected, 2);
  EXPECT_DOUBLE_EQ(rx(Window::kSecond), 80);
}

TEST_F(RatesTest, ACounterThatFellIsNoRate) {
  sample();
  tick(100);
  totals.interfaces[3].rx_packets = 0;  // its interface was made anew
  tick(0);
  EXPECT_EQ(rx(Window::kSecond), 0);
}

TEST_F(RatesTest, UnknownIndexesAreQuiet) {
  sample();
  tick(100);
  EXPECT_EQ(rates.interface_rates(kNoInterface).rx_packets, 0);
  EXPECT_EQ(rates.worker_rates(WorkerId{9}).rx, 0);
}

}  // namespace
}  // namespace spanway::stats
