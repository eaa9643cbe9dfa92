// SPDX-License-Identifier: BSD-3-Clause
// What monitoring reads of a router that forwards: the right format and the engine's own numbers.
#include "control/daemon/metrics.h"

#include <gtest/gtest.h>

#include "control/lab/lab.h"
#include "control/lab/shape.h"
#include "tests/support/eal.h"
#include "tests/support/exposition.h"

namespace spanway::daemon {
namespace {

TEST(Metrics, TellTheEnginesNumbersInPrometheusFormat) {
  lab::Plan plan = lab::build(*lab::make_graph("line", 2), {});
  plan.virtual_time = true;
  auto made = lab::Lab::create(std::move(plan), test::buffers(), "");
  ASSERT_TRUE(made) << made.error().message;
  lab::Lab& lab = **made;
  lab.run(seconds(5), [&] { return lab.ready(); });
  lab.traffic(true);
  lab.run(millis(20));
  Engine& engine = *lab.router("r1");
  Metrics metrics(engine);
  const std::string first = metrics.text(lab.now());
  const test::ExpositionCheck check = test::check_exposition(first);
  EXPECT_EQ(check.fault, "");
  const stats::Snapshot totals = engine.totals();
  ASSERT_GT(totals.rx, 0u);
  const auto value = [&](const std::string& name) {
    const auto at = check.values.find(name);
    return at == check.values.end() ? -1 : at->second;
  };
  EXPECT_EQ(value("spanway_rx_packets_total"), static_cast<double>(totals.rx));
  EXPECT_EQ(value("spanway_routes_ipv4"), static_cast<double>(engine.rib().counts().prefixes4));
  for (const NamedInterface* one : engine.interfaces().all())
    EXPECT_EQ(value("spanway_interface_rx_packets_total{interface=\"" + one->name + "\"}"),
              static_cast<double>(totals.interfaces[one->index.value].rx_packets))
        << one->name;
  // Fresh enough: the same text; then a new one.
  lab.run(Metrics::kFresh - millis(50));
  EXPECT_EQ(metrics.text(lab.now()), first);
  lab.run(Metrics::kFresh);
  EXPECT_NE(metrics.text(lab.now()), first);
}

TEST(Metrics, HaveAFrontPageThatNamesEveryOther) {
  const auto pages = http_pages("r7");
  const std::string& front = pages.at("/").text;
  EXPECT_NE(front.find("r7"), std::string::npos);
  for (const auto& [path, page] : pages) EXPECT_NE(front.find(path), std::string::npos) << path;
}

}  // namespace
}  // namespace spanway::daemon
