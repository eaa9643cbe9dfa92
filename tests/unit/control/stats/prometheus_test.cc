// SPDX-License-Identifier: BSD-3-Clause
#include "control/stats/prometheus.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

namespace spanway::stats {
namespace {

Exposition sample() {
  Exposition out;
  out.totals.rx = 1234567;
  out.totals.tx = 1234500;
  out.totals.drops[static_cast<size_t>(DropReason::kNoRoute)] = 42;
  out.totals.interfaces[2].rx_bytes = 99;
  out.totals.stages[static_cast<size_t>(seam::Stage::kRoute)].packets = 7;
  out.totals.workers.resize(2);
  out.totals.workers[1].turns = 5;
  out.interfaces = {{IfIndex{2}, "p0.100"}, {IfIndex{3}, "odd\"name\\"}};
  out.gauges = {{"spanway_routes", "Routes in the FIB", 100012}};
  out.version = "0.1.0";
  return out;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Prometheus, SaysEveryCount) {
  const std::string text = prometheus_text(sample());
  for (const char* line : {
           "spanway_rx_packets_total 1234567",
           "spanway_dropped_packets_total{reason=\"no_route\"} 42",
           "spanway_dropped_packets_total{reason=\"shutdown\"} 0",
           "spanway_interface_rx_bytes_total{interface=\"p0.100\"} 99",
           "spanway_stage_packets_total{stage=\"route\"} 7",
           "spanway_worker_turns_total{worker=\"1\"} 5",
           "spanway_routes 100012",
           "spanway_unaccounted_packets 25",
           "spanway_build_info{version=\"0.1.0\"} 1",
           "# TYPE spanway_rx_packets_total counter",
           "# TYPE spanway_held_packets gauge",
       })
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text.substr(0, 2000);
}

TEST(Prometheus, EscapesLabels) {
  EXPECT_TRUE(has_line(prometheus_text(sample()),
                       "spanway_interface_rx_bytes_total{interface=\"odd\\\"name\\\\\"} 0"));
}

TEST(Prometheus, EveryLineIsWellFormedAndNoFamilyComesTwice) {
  std::istringstream text(prometheus_text(sample()));
  std::set<std::string> types, samples;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("# TYPE ")) {
      EXPECT_TRUE(types.insert(line.substr(7, line.find(' ', 7) - 7)).second) << line;
    } else if (!line.starts_with("# HELP ")) {
      const size_t value = line.rfind(' ');
      ASSERT_NE(value, std::string::npos) << line;
      EXPECT_NO_THROW((void)std::stod(line.substr(value + 1))) << line;
      EXPECT_TRUE(samples.insert(line.substr(0, value)).second) << line;
      EXPECT_TRUE(types.contains(line.substr(0, line.find_first_of(" {")))) << line;
    }
  }
  EXPECT_GT(samples.size(), kDropReasons + 3 * seam::kStages);
}

}  // namespace
}  // namespace spanway::stats
