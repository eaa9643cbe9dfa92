// SPDX-License-Identifier: BSD-3-Clause
// The counters as Prometheus text (exposition format 0.0.4). Control thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "control/stats/snapshot.h"
#include "dataplane/base/ids.h"

namespace spanway::stats {

// A level that is not in a Snapshot: how many routes, neighbours, buffers in use.
struct Gauge {
  std::string name;  // as Prometheus wants it: spanway_routes
  std::string help;
  double value = 0;
};

// Numbers that are told apart by one label.
struct Series {
  std::string name, help;
  std::string label;
  bool counter = false;                                // only ever grows; its name ends in _total
  std::vector<std::pair<std::string, double>> values;  // by the label's value
};

struct Exposition {
  Snapshot totals;
  std::vector<std::pair<IfIndex, std::string>>
      interfaces{};  // those to be listed, with their names
  std::vector<Gauge> gauges{};
  std::vector<Series> series{};
  std::string version{};  // of the daemon; empty: not said
};

std::string prometheus_text(const Exposition& exposition);

}  // namespace spanway::stats
