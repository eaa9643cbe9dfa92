// SPDX-License-Identifier: BSD-3-Clause
#include "control/stats/prometheus.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cstdint>
#include <string_view>

namespace spanway::stats {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Label = ClientMetric::Label;

class Families {
 public:
  MetricFamily& add(std::string name, std::string help, MetricType type) {
    MetricFamily& family = families_.emplace_back();
    family.name = std::move(name);
    family.help = std::move(help);
    family.type = type;
    return family;
  }
  void counter(std::string name, std::string help, uint64_t value) {
    MetricFamily& family = add(std::move(name), std::move(help), MetricType::Counter);
    count(family, {}, value);
  }
  void gauge(std::string name, std::string help, double value, std::vector<Label> labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    add(std::move(name), std::move(help), MetricType::Gauge).metric.push_back(std::move(metric));
  }
  static void count(MetricFamily& family, std::vector<Label> labels, uint64_t value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = static_cast<double>(value);
    family.metric.push_back(std::move(metric));
  }
  [[nodiscard]] const std::vector<MetricFamily>& all() const { return families_; }

 private:
  std::vector<MetricFamily> families_;
};

void add_totals(Families& to, const Snapshot& totals) {
  to.counter("spanway_rx_packets_total", "Packets received from ports", totals.rx);
  to.counter("spanway_tx_packets_total", "Packets sent to ports", totals.tx);
  to.counter("spanway_local_packets_total", "Packets that ended here because they were for us",
             totals.local);
  to.counter("spanway_punted_packets_total", "Packets given to the control thread", totals.punted);
  to.counter("spanway_injected_packets_total", "Packets taken from the control thread",
             totals.injected);
  to.counter("spanway_originated_packets_total", "Packets that workers made", totals.originated);
  to.gauge("spanway_held_packets", "Packets that wait for a neighbour",
           static_cast<double>(totals.held));
  to.gauge("spanway_unaccounted_packets",
           "Packets in minus packets out, held or dropped; 0 when the workers stand still",
           static_cast<double>(totals.imbalance()));
}

void add_drops(Families& to, const Snapshot& totals) {
  MetricFamily& family =
      to.add("spanway_dropped_packets_total", "Packets lost, by reason", MetricType::Counter);
  for (size_t i = 1; i < kDropReasons; ++i)
    Families::count(family, {{"reason", std::string(kDropReasonNames[i])}}, totals.drops[i]);
}

void add_stages(Families& to, const Snapshot& totals) {
  struct Column {
    const char* name;
    const char* help;
    uint64_t StageTotals::*field;
  };
  for (const Column& column :
       {Column{"spanway_stage_packets_total", "Packets that passed a stage", &StageTotals::packets},
        Column{"spanway_stage_calls_total", "Batches that passed a stage", &StageTotals::calls},
        Column{"spanway_stage_cycles_total", "Cycles spent in a stage while timing was on",
               &StageTotals::cycles}}) {
    MetricFamily& family = to.add(column.name, column.help, MetricType::Counter);
    for (size_t i = 0; i < seam::kStages; ++i)
      Families::count(family, {{"stage", std::string(seam::kStageNames[i])}},
                      totals.stages[i].*column.field);
  }
}

void add_interfaces(Families& to, const Exposition& from) {
  struct Column {
    const char* name;
    const char* help;
    uint64_t InterfaceTotals::*field;
  };
  for (const Column& column :
       {Column{"spanway_interface_rx_packets_total", "Packets received on an interface",
               &InterfaceTotals::rx_packets},
        Column{"spanway_interface_rx_bytes_total", "Bytes received on an interface",
               &InterfaceTotals::rx_bytes},
        Column{"spanway_interface_tx_packets_total", "Packets sent on an interface",
               &InterfaceTotals::tx_packets},
        Column{"spanway_interface_tx_bytes_total", "Bytes sent on an interface",
               &InterfaceTotals::tx_bytes},
        Column{"spanway_interface_dropped_packets_total",
               "Packets lost that had come in on an interface", &InterfaceTotals::drops}}) {
    MetricFamily& family = to.add(column.name, column.help, MetricType::Counter);
    for (const auto& [index, name] : from.interfaces)
      if (index.value < seam::kMaxInterfaces)
        Families::count(family, {{"interface", name}},
                        from.totals.interfaces[index.value].*column.field);
  }
}

void add_workers(Families& to, const Snapshot& totals) {
  struct Column {
    const char* name;
    const char* help;
    uint64_t WorkerTotals::*field;
  };
  for (const Column& column :
       {Column{"spanway_worker_rx_packets_total", "Packets that a worker received",
               &WorkerTotals::rx},
        Column{"spanway_worker_turns_total", "Turns of a worker", &WorkerTotals::turns},
        Column{"spanway_worker_busy_turns_total", "Turns of a worker that met a packet",
               &WorkerTotals::busy_turns},
        Column{"spanway_worker_busy_cycles_total", "Cycles of a worker's busy turns",
               &WorkerTotals::busy_cycles},
        Column{"spanway_worker_idle_cycles_total", "Cycles of a worker's idle turns",
               &WorkerTotals::idle_cycles}}) {
    MetricFamily& family = to.add(column.name, column.help, MetricType::Counter);
    for (size_t i = 0; i < totals.workers.size(); ++i)
      Families::count(family, {{"worker", std::to_string(i)}}, totals.workers[i].*column.field);
  }
}

void add_series(Families& to, const Series& series) {
  MetricFamily& family =
      to.add(series.name, series.help, series.counter ? MetricType::Counter : MetricType::Gauge);
  for (const auto& [value, number] : series.values) {
    ClientMetric metric;
    metric.label = {{series.label, value}};
    (series.counter ? metric.counter.value : metric.gauge.value) = number;
    family.metric.push_back(std::move(metric));
  }
}

}  // namespace

std::string prometheus_text(const Exposition& exposition) {
  Families families;
  add_totals(families, exposition.totals);
  add_drops(families, exposition.totals);
  add_stages(families, exposition.totals);
  add_interfaces(families, exposition);
  add_workers(families, exposition.totals);
  for (const Gauge& gauge : exposition.gauges) families.gauge(gauge.name, gauge.help, gauge.value);
  for (const Series& series : exposition.series) add_series(families, series);
  if (!exposition.version.empty())
    families.gauge("spanway_build_info", "What is running", 1, {{"version", exposition.version}});
  return prometheus::TextSerializer().Serialize(families.all());
}

}  // namespace spanway::stats
