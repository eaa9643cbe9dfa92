// SPDX-License-Identifier: BSD-3-Clause
// show.version, ports, workers, interfaces, neighbours, counters, stages, events: what there is.
#include <unistd.h>

#include <algorithm>

#include "control/daemon/handlers.h"
#include "control/daemon/methods.h"
#include "control/daemon/params.h"
#include "control/daemon/version.h"
#include "dataplane/base/tuning.h"

namespace spanway::daemon {
namespace {

using nlohmann::json;

const char* name_of(drivers::OffloadMode mode) {
  switch (mode) {
    case drivers::OffloadMode::kHardware:
      return "hardware";
    case drivers::OffloadMode::kTrusted:
      return "trusted";
    case drivers::OffloadMode::kSoftware:
      break;
  }
  return "software";
}

int64_t unix_ns(const Engine& engine, Nanos time) {
  return engine.options().unix_offset_ns + time.ns();
}

Result<json> show_version(Engine& engine, const json& given) {
  Params params(given);
  if (auto error = params.finish()) return *error;
  config::Store& store = engine.store();
  json remaining = nullptr;
  std::string state = store.is_saved() ? "saved" : "unsaved";
  if (store.confirm_pending()) {
    state = "confirming";
    remaining = static_cast<int64_t>((store.confirm_by() - engine.now()).seconds() + 0.999);
  }
  const Nanos age = engine.now() - engine.options().born;
  return json{{"schema", "spanway.show.version/1"},
              {"version", kVersion},
              {"commit", kCommit},
              {"dpdk", dpdk_version()},
              {"name", engine.options().name},
              {"pid", getpid()},
              {"uptime_s", static_cast<int64_t>(age.seconds())},
              {"started_unix_ns", unix_ns(engine, engine.options().born)},
              {"config_state", state},
              {"config_version", engine.store().version()},
              {"config_path", store.path()},
              {"confirm_remaining_s", remaining},
              {"workers", engine.options().workers}};
}

// Counts of interfaces added up, for a port or one interface.
struct Sum {
  uint64_t rx_packets = 0, rx_bytes = 0, tx_packets = 0, tx_bytes = 0, dropped = 0;
  double rx_pps = 0, tx_pps = 0, rx_bps = 0, tx_bps = 0;

  void add(const stats::InterfaceTotals& one, const stats::InterfaceRates& rates) {
    rx_packets += one.rx_packets;
    rx_bytes += one.rx_bytes;
    tx_packets += one.tx_packets;
    tx_bytes += one.tx_bytes;
    dropped += one.drops;
    rx_pps += rates.rx_packets;
    tx_pps += rates.tx_packets;
    rx_bps += rates.rx_bytes * 8;
    tx_bps += rates.tx_bytes * 8;
  }
  [[nodiscard]] json rates() const {
    return {{"rx_packets_per_s", whole(rx_pps)},
            {"tx_packets_per_s", whole(tx_pps)},
            {"rx_bits_per_s", whole(rx_bps)},
            {"tx_bits_per_s", whole(tx_bps)}};
  }
  [[nodiscard]] json counters() const {
    return {{"rx_packets", rx_packets},
            {"rx_bytes", rx_bytes},
            {"tx_packets", tx_packets},
            {"tx_bytes", tx_bytes},
            {"dropped", dropped}};
  }
  static uint64_t whole(double rate) { return static_cast<uint64_t>(rate + 0.5); }
};

json describe_port(Engine& engine, const OpenPort& port, const stats::Snapshot& totals) {
  const drivers::PortInfo& info = port.device->info();
  const drivers::PortStats device = port.device->stats();
  Sum sum;
  for (NamedInterface* one : engine.interfaces().all())
    if (one->port == port.id)
      sum.add(totals.interfaces[one->index.value], engine.rates().interface_rates(one->index));
  json workers = json::array();
  for (const WorkerId id : engine.ports().owners(port)) workers.push_back(id.value);
  return {{"name", port.config.name},
          {"index", port.id.value},
          {"device", port.config.device},
          {"driver", info.driver},
          {"mac", info.mac.to_string()},
          {"mtu", port.config.mtu},
          {"admin_up", port.config.up},
          {"link_up", port.link.up},
          {"speed_bps", port.link.speed_bps == 0 ? json(nullptr) : json(port.link.speed_bps)},
          {"full_duplex", port.link.full_duplex},
          {"promiscuous", port.config.promiscuous},
          {"rx_queues", info.rx_queues},
          {"tx_queues", info.tx_queues},
          {"workers", std::move(workers)},
          {"offloads",
           {{"rx_ip", name_of(info.offloads.rx_ip)},
            {"rx_l4", name_of(info.offloads.rx_l4)},
            {"tx_ip", name_of(info.offloads.tx_ip)},
            {"tx_l4", name_of(info.offloads.tx_l4)},
            {"rss", info.offloads.rss}}},
          {"rates", sum.rates()},
          {"counters", sum.counters()},
          {"device_counters",
           {{"rx_packets", device.rx_packets},
            {"rx_bytes", device.rx_bytes},
            {"rx_errors", device.rx_errors},
            {"rx_missed", device.rx_missed},
            {"rx_no_buffer", device.rx_no_buffer},
            {"tx_packets", device.tx_packets},
            {"tx_bytes", device.tx_bytes},
            {"tx_errors", device.tx_errors}}}};
}

Result<json> show_ports(Engine& engine, const json& given) {
  Params params(given);
  const auto wanted = params.text("port");
  if (auto error = params.finish()) return *error;
  const stats::Snapshot totals = engine.totals();
  json ports = json::array();
  for (const OpenPort* port : engine.ports().all())
    if (!wanted || port->config.name == *wanted)
      ports.push_back(describe_port(engine, *port, totals));
  if (wanted && ports.empty())
    return Error{ErrorCode::kNotFound, "there is no port " + *wanted, "show ports"};
  return json{{"schema", "spanway.show.ports/1"}, {"ports", std::move(ports)}};
}

Result<json> show_interfaces(Engine& engine, const json& given) {
  Params params(given);
  const auto wanted = params.text("interface");
  if (auto error = params.finish()) return *error;
  const stats::Snapshot totals = engine.totals();
  json out = json::array();
  for (NamedInterface* one : engine.interfaces().all()) {
    if (wanted && one->name != *wanted) continue;
    json addresses = json::array();
    for (const neighbour::OwnAddress& own : engine.neighbours().addresses(one->index))
      addresses.push_back(own.address.to_string());
    Sum sum;
    sum.add(totals.interfaces[one->index.value], engine.rates().interface_rates(one->index));
    out.push_back({{"name", one->name},
                   {"index", one->index.value},
                   {"port", one->port_name},
                   {"vlan", one->vlan},
                   {"mac", engine.interfaces().mac_of(*one).to_string()},
                   {"mtu", one->mtu},
                   {"up", engine.interfaces().is_up(*one)},
                   {"addresses", std::move(addresses)},
                   {"rates", sum.rates()},
                   {"counters", sum.counters()}});
  }
  if (wanted && out.empty())
    return Error{ErrorCode::kNotFound, "there is no interface " + *wanted, "show interfaces"};
  return json{{"schema", "spanway.show.interfaces/1"}, {"interfaces", std::move(out)}};
}

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }
double tenths(double value) {
  return static_cast<double>(static_cast<int64_t>(value * 10 + 0.5)) / 10;
}

const char* worker_state(const ProcessFacts& facts, Nanos since_turn, double busy) {
  if (!facts.workers_run) return "stopped";
  if (since_turn > tuning::kStallAfter) return "stalled";
  return busy > 0 ? "running" : "idle";
}

json describe_worker(Engine& engine, const ProcessFacts& facts, uint16_t w) {
  const stats::WorkerTotals now =
      stats::totals_of(engine.counters(WorkerId{w}), engine.channels(WorkerId{w}));
  const stats::WorkerRates rates = engine.rates().worker_rates(WorkerId{w});
  const Nanos since = engine.now() - Nanos(static_cast<int64_t>(now.heartbeat_ns));
  const double busy = ratio(rates.busy_cycles, rates.busy_cycles + rates.idle_cycles);
  json queues = json::array();
  for (const OpenPort* port : engine.ports().all()) {
    const auto owners = engine.ports().owners(*port);
    for (size_t q = 0; q < owners.size(); ++q)
      if (owners[q] == WorkerId{w})
        queues.push_back(
            {{"port", port->config.name},
             {"queue", q},
             {"steered", engine.options().workers > 1 && !port->device->info().offloads.rss}});
  }
  const bool pinned = w < facts.worker_cpus.size() && facts.worker_cpus[w] >= 0;
  return {{"id", w},
          {"cpu", pinned ? json(facts.worker_cpus[w]) : json(nullptr)},
          {"state", worker_state(facts, since, busy)},
          {"busy_percent", tenths(busy * 100)},
          {"rx_packets_per_s", Sum::whole(rates.rx)},
          {"tx_packets_per_s", Sum::whole(rates.tx)},
          {"cycles_per_packet",
           rates.rx > 0 ? json(tenths(rates.busy_cycles / rates.rx)) : json(nullptr)},
          {"burst", tenths(ratio(rates.rx, rates.busy_turns))},
          {"last_turn_us", std::max<int64_t>(0, since.ns() / 1000)},
          {"counters",
           {{"turns", now.turns},
            {"busy_turns", now.busy_turns},
            {"rx", now.rx},
            {"tx", now.tx},
            {"local", now.local},
            {"punted", now.punted},
            {"injected", now.injected},
            {"originated", now.originated},
            {"held", now.held},
            {"dropped", now.dropped},
            {"handed_out", now.handed_out},
            {"handed_in", now.handed_in},
            {"trace_lost", now.trace_lost},
            {"capture_lost", now.capture_lost}}},
          {"queues", std::move(queues)}};
}

Result<json> show_workers(Engine& engine, const ProcessFacts& facts, const json& given) {
  Params params(given);
  if (auto error = params.finish()) return *error;
  json workers = json::array();
  for (uint16_t w = 0; w < engine.options().workers; ++w)
    workers.push_back(describe_worker(engine, facts, w));
  return json{{"schema", "spanway.show.workers/1"}, {"workers", std::move(workers)}};
}

Result<json> show_neighbours(Engine& engine, const json& given) {
  Params params(given);
  const auto interface = params.text("interface");
  const auto family = params.family("family");
  const Page page = Page::of(params);
  if (auto error = params.finish()) return *error;
  if (interface && engine.interfaces().find(*interface) == nullptr)
    return Error{ErrorCode::kNotFound, "there is no interface " + *interface, "show interfaces"};
  json rows = json::array();
  uint64_t total = 0;
  for (const neighbour::Info& info : engine.neighbours().list(engine.now())) {
    const std::string name = engine.interfaces().name_of(info.interface);
    if ((interface && name != *interface) || (family && info.ip.family() != *family)) continue;
    const uint64_t at = total++;
    if (at < page.offset || at - page.offset >= page.limit) continue;
    rows.push_back({{"address", info.ip.to_string()},
                    {"interface", name},
                    {"mac", info.mac.is_zero() ? json(nullptr) : json(info.mac.to_string())},
                    {"state", std::string(neighbour::name_of(info.state))},
                    {"age_s", static_cast<int64_t>(info.age.seconds())}});
  }
  json result = {{"schema", "spanway.show.neighbours/1"}};
  page.describe(result, total);
  result["neighbours"] = std::move(rows);
  return result;
}

// What workers punted as fragments, to its end: these are the books of control.
json describe_reassembly(const local::LocalHost& host) {
  const local::ReassemblyCounts& pieces = host.reassembly();
  const local::DatagramCounts& whole = host.datagrams();
  json lost = json::object();
  for (size_t why = 0; why < local::kLosses; ++why)
    lost[std::string(local::kLossNames[why])] = pieces.lost[why];
  return {{"received", pieces.received},        {"joined", pieces.joined},
          {"waiting", pieces.waiting},          {"lost", std::move(lost)},
          {"datagrams", pieces.datagrams},      {"answered", whole.answered},
          {"delivered", whole.delivered},       {"refused", whole.refused},
          {"bad_checksum", whole.bad_checksum}, {"unserved", whole.unserved}};
}

Result<json> show_counters(Engine& engine, const json& given) {
  Params params(given);
  const bool all = params.flag("drops").value_or(false);
  if (auto error = params.finish()) return *error;
  const stats::Snapshot totals = engine.totals();
  json drops = json::object(), rates = json::object();
  for (size_t reason = 1; reason < kDropReasons; ++reason) {
    if (totals.drops[reason] == 0 && !all) continue;
    const std::string name(kDropReasonNames[reason]);
    drops[name] = totals.drops[reason];
    rates[name] = Sum::whole(engine.rates().drop_rate(static_cast<DropReason>(reason)));
  }
  return json{{"schema", "spanway.show.counters/1"},
              {"rx", totals.rx},
              {"tx", totals.tx},
              {"local", totals.local},
              {"punted", totals.punted},
              {"injected", totals.injected},
              {"originated", totals.originated},
              {"held", totals.held},
              {"in_flight", totals.in_flight()},
              {"dropped", totals.dropped()},
              {"balance", totals.imbalance()},
              {"drops", std::move(drops)},
              {"drop_rates_per_s", std::move(rates)},
              {"reassembly", describe_reassembly(engine.local_host())}};
}

Result<json> show_stages(Engine& engine, const json& given) {
  Params params(given);
  if (auto error = params.finish()) return *error;
  const stats::Snapshot totals = engine.totals();
  json stages = json::array();
  for (size_t i = 0; i < seam::kStages; ++i) {
    const stats::StageTotals& one = totals.stages[i];
    const double packets = static_cast<double>(one.packets);
    stages.push_back(
        {{"name", std::string(seam::kStageNames[i])},
         {"packets", one.packets},
         {"calls", one.calls},
         {"cycles", one.cycles},
         {"packets_per_call", tenths(ratio(packets, static_cast<double>(one.calls)))},
         {"cycles_per_packet", one.cycles != 0 && one.packets != 0
                                   ? json(tenths(static_cast<double>(one.cycles) / packets))
                                   : json(nullptr)}});
  }
  return json{{"schema", "spanway.show.stages/1"},
              {"timing", engine.stage_timing()},
              {"stages", std::move(stages)}};
}

Result<json> events(Engine& engine, const json& given) {
  Params params(given);
  const uint64_t after = params.number("after", 0, UINT64_MAX).value_or(0);
  const uint64_t limit = params.number("limit", 1, 10000).value_or(100);
  if (auto error = params.finish()) return *error;
  const auto& log = engine.events().log();
  const uint64_t oldest = log.empty() ? engine.events().last() + 1 : log.front().sequence;
  json rows = json::array();
  uint64_t next_after = std::max(after, oldest - 1);
  for (const Event& event : log) {
    if (event.sequence <= after || rows.size() == limit) continue;
    rows.push_back({{"sequence", event.sequence},
                    {"time_unix_ns", unix_ns(engine, event.time)},
                    {"severity", event.severity},
                    {"kind", event.kind},
                    {"subject", event.subject},
                    {"message", event.message}});
    next_after = event.sequence;
  }
  return json{{"schema", "spanway.events/1"},
              {"next_after", next_after},
              {"lost", oldest > after + 1 ? oldest - after - 1 : 0},
              {"events", std::move(rows)}};
}

}  // namespace

void add_show_handlers(api::Server& server, Engine& engine, const ProcessFacts& facts) {
  const Methods methods(server, engine);
  methods.look("show.version", show_version);
  methods.look("show.ports", show_ports);
  methods.look("show.interfaces", show_interfaces);
  methods.look("show.neighbours", show_neighbours);
  methods.look("show.counters", show_counters);
  methods.look("show.stages", show_stages);
  methods.look("events", events);
  server.add("show.workers", api::Role::kReadOnly,
             [&engine, facts](const json& params, const api::Caller&) {
               return show_workers(engine, facts, params);
             });
}

}  // namespace spanway::daemon
