// SPDX-License-Identifier: BSD-3-Clause
#include "control/stats/prometheus.h"

#include <gtest/gtest.h>

#include "tests/support/exposition.h"

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
  out.series = {{"spanway_levels", "Levels", "state", false, {{"Full", 2}, {"odd\"", 0.5}}},
                {"spanway_refused_total", "Refused", "reason", true, {{"late", 3}}}};
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
           "spanway_levels{state=\"Full\"} 2",
           "# TYPE spanway_levels gauge",
           "spanway_refused_total{reason=\"late\"} 3",
           "# TYPE spanway_refused_total counter",
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

TEST(Prometheus, KeepsTheFormat) {
  const test::ExpositionCheck check = test::check_exposition(prometheus_text(sample()));
  EXPECT_EQ(check.fault, "");
  EXPECT_GT(check.samples, kDropReasons + 3 * seam::kStages);
}

TEST(ExpositionCheck, FindsWhatPrometheusWouldRefuse) {
  const std::string head = "# HELP a_total x\n# TYPE a_total counter\n";
  EXPECT_EQ(test::check_exposition(head + "a_total 1\na_total{l=\"\\\"\"} 2\n").fault, "");
  for (const std::string& bad : std::vector<std::string>{
           std::string("a_total 1\n"),                            // no type
           head + "a_total 1",                                    // no end of the last line
           head + "a_total 1\na_total 2\n",                       // twice
           head + "a_total one\n",                                // no number
           head + "a_total -1\n",                                 // a counter below 0
           head + "a_total{l=\"x} 1\n",                           // an open quote
           head + "a_total{0l=\"x\"} 1\n",                        // no name of a label
           head + "a_total{l=\"x\",l=\"y\"} 1\n",                 // a label twice
           head + "b 1\n",                                        // of another family
           head,                                                  // a family without a sample
           "# TYPE a_total counter\na_total 1\n",                 // no help
           "# HELP a x\n# TYPE a counter\na 1\n",                 // a counter not called _total
           "# HELP a x\n# TYPE a level\na 1\n",                   // no such type
           head + "a_total 1\n" + head + "a_total{l=\"x\"} 1\n",  // a family in two places
       })
    EXPECT_NE(test::check_exposition(bad).fault, "") << bad;
}

}  // namespace
}  // namespace spanway::stats
