// SPDX-License-Identifier: BSD-3-Clause
// The average window against the tables of RFC 9438 section 5.1, and how flows share a link.
#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "tests/support/path_sim.h"

namespace spanway::transport::test {
namespace {

constexpr uint32_t kSegment = 1500;

// Table 1 of RFC 9438: RTT 0.1 s, C 0.4, one loss every 1/p packets.
struct Row {
  double p;
  double reno;
  double cubic;
};
constexpr Row kTable1[] = {{1e-2, 12, 12},    {1e-3, 38, 38},     {1e-4, 120, 187},
                           {1e-5, 379, 1054}, {1e-6, 1200, 5926}, {1e-7, 3795, 33325}};

SenderOptions options_of(Algorithm algorithm, double window) {
  SenderOptions options{};
  options.rtt = {.floor = seconds(1), .ceiling = seconds(60)};
  options.algorithm = algorithm;
  options.segment = kSegment;
  options.capacity = static_cast<uint32_t>(window * 8) + 64;
  options.pacing = false;
  return options;
}

// The model lets the window fall at once and knows no recovery, so neither the packets of a
// recovery nor its time count; that matters for the smallest windows, where a recovery is a tenth
// of an epoch.
double average_window(Algorithm algorithm, double p, double expected, uint64_t epochs) {
  const auto every = static_cast<uint64_t>(1 / p + 0.5);
  PathSim sim({.delay = millis(50)});
  Flow& flow = sim.add({.sender = options_of(algorithm, expected),
                        .acks = {.every = 1, .delay = Nanos(0)},
                        .bytes = kSegment});
  uint64_t counted = 0;
  sim.options().lost = [&](uint64_t, Nanos) {
    return !flow.sender.congestion().recovering() && ++counted % every == 0;
  };
  const auto until_episode = [&](uint64_t episode) {
    sim.run(seconds(1'000'000), [&] { return flow.sender.counts().episodes >= episode; });
  };
  // Slow start overshoots by far; the window then comes down by a factor an epoch.
  until_episode(20);
  flow.start_mean(sim.now());
  until_episode(20 + epochs);
  EXPECT_EQ(flow.sender.counts().timeouts, 0u);
  return flow.mean_window();
}

void table_1(double from, double to, uint64_t epochs) {
  for (const Row& row : kTable1) {
    if (row.p > from || row.p < to) continue;
    const double reno = average_window(Algorithm::kReno, row.p, row.reno, epochs);
    const double cubic = average_window(Algorithm::kCubic, row.p, row.cubic, epochs);
    printf("p %.0e: Reno %.1f (%.0f), CUBIC %.1f (%.0f)\n", row.p, reno, row.reno, cubic,
           row.cubic);
    EXPECT_NEAR(reno, row.reno, 0.1 * row.reno) << row.p;
    EXPECT_NEAR(cubic, row.cubic, 0.1 * row.cubic) << row.p;
  }
}

// Rarer losses take millions of packets an epoch; the suite recovery-long asks for them.
TEST(Window, IsThatOfTable1) {
  const char* down_to = std::getenv("SPANWAY_LOSS_DOWN_TO");
  table_1(1e-2, 1e-5, 10);
  if (down_to != nullptr) table_1(1e-6, std::strtod(down_to, nullptr), 4);
}

}  // namespace
}  // namespace spanway::transport::test
