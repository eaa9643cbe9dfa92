// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/program.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "control/daemon/daemon.h"
#include "control/lab/lab.h"
#include "control/lab/parse.h"

namespace spanway::lab {
namespace {

using nlohmann::json;

// IPv6 addresses wait for duplicate address detection: at most a random second, then one more.
constexpr Nanos kReadyWithin = seconds(10);
// After the last datagram was sent: longer than any held packet or wire delay of the examples.
constexpr Nanos kSettle = millis(300);
// Buffers a router, its wires and hosts may hold at once.
constexpr uint32_t kBuffersPerRouter = 12288;

std::string grouped(uint64_t n) {
  std::string digits = std::to_string(n);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

std::string default_run_dir() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime != '\0') return std::string(runtime) + "/spanway-lab";
  return "/tmp/spanway-lab-" + std::to_string(getuid());
}

// A directory of our own that nobody else can write to.
Status make_run_dir(const std::string& path) {
  const bool made = mkdir(path.c_str(), 0750) == 0;
  struct stat info {};
  if (!made &&
      (lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != getuid()))
    return Error{ErrorCode::kPermission, path + " is not a directory of ours",
                 "--run-dir another one"};
  return {};
}

std::string shape_line(const Lab& lab) {
  std::string out;
  for (const RouterPlan& router : lab.plan().routers) {
    if (out.size() > 60) return out + " ...";
    out += (out.empty() ? "" : " == ") + router.name;
  }
  return out;
}

json to_json(const Lab& lab, const Report& report) {
  json flows = json::array();
  for (const FlowResult& flow : report.flows)
    flows.push_back({{"name", flow.name},
                     {"sent", flow.sent},
                     {"received", flow.received},
                     {"reordered", flow.reordered},
                     {"latency_mean_us", flow.latency_mean_us},
                     {"latency_max_us", flow.latency_max_us}});
  json guests = json::array();
  for (const Guests::Made& guest : lab.guests().all()) {
    json addresses = json::array();
    for (const IpWithLength& address : guest.addresses)
      addresses.push_back(address.addr.to_string());
    guests.push_back({{"name", guest.name}, {"netns", guest.netns}, {"addresses", addresses}});
  }
  return {{"schema", "spanway.lab.report/1"},
          {"name", lab.plan().name},
          {"seed", lab.plan().seed},
          {"virtual_time", lab.plan().virtual_time},
          {"seconds", report.seconds},
          {"sent", report.sent},
          {"received", report.received},
          {"lost", report.sent - report.received},
          {"packets_per_s",
           report.seconds > 0 ? static_cast<double>(report.received) / report.seconds : 0},
          {"imbalance", report.imbalance},
          {"drops", report.drops},
          {"flows", std::move(flows)},
          {"guests", std::move(guests)}};
}

void print(const Lab& lab, const Report& report) {
  const double rate =
      report.seconds > 0 ? static_cast<double>(report.received) / report.seconds : 0;
  fmt::print("  {}: {:.2f} Mpps end to end, {} lost of {}\n",
             lab.plan().virtual_time ? "simulated links, virtual time"
                                     : "simulated links, generator shares this CPU",
             rate / 1e6, grouped(report.sent - report.received), grouped(report.sent));
  for (const FlowResult& flow : report.flows)
    fmt::print("    {:<16} {:>13} sent {:>13} received   latency mean {:.0f} us, max {:.0f} us\n",
               flow.name, grouped(flow.sent), grouped(flow.received), flow.latency_mean_us,
               flow.latency_max_us);
  if (report.drops.empty()) fmt::print("  no router dropped anything\n");
  for (const auto& [reason, count] : report.drops)
    fmt::print("  dropped {} {}\n", reason, grouped(count));
  if (report.imbalance != 0)
    fmt::print("  UNEXPLAINED: the routers' counters are out of balance by {}\n", report.imbalance);
}

void print_where(const Lab& lab) {
  for (const auto& [name, socket] : lab.sockets())
    fmt::print("  {}: spanway -s {}\n", name, socket);
  for (const Guests::Made& guest : lab.guests().all()) {
    fmt::print("  {}: ip netns exec {} ", guest.name, guest.netns);
    for (const IpWithLength& address : guest.addresses) fmt::print(" {}", address.addr.to_string());
    fmt::print("\n");
  }
  std::fflush(stdout);
}

// The routers' own addresses are usable, and their links up.
Status wait_ready(Lab& lab, const std::function<bool()>& stop) {
  lab.run(kReadyWithin, [&] { return stop() || lab.ready(); });
  if (!lab.ready() && !stop())
    return Error{ErrorCode::kUnavailable,
                 "the lab's routers were not ready within " +
                     std::to_string(static_cast<int>((kReadyWithin).seconds())) + " s",
                 "spanway -s SOCKET show ports, events"};
  return {};
}

Result<std::unique_ptr<drivers::BufferPool>> packet_memory(const Plan& plan, bool verbose) {
  config::Daemon wanted;
  wanted.buffers =
      kBuffersPerRouter * static_cast<uint32_t>(std::max<size_t>(plan.routers.size(), 3));
  return daemon::start_packet_memory(wanted, {}, verbose);
}

Result<Plan> wanted_plan(const ProgramOptions& options) {
  if (options.file.empty() == options.topology.empty())
    return Error{ErrorCode::kInvalid, "a lab needs a file or a topology, and not both",
                 "spanway lab --topology ring:3"};
  auto plan = options.file.empty() ? plan_of(options.topology, options.guests)
                                   : load(options.file, options.guests);
  if (!plan) return plan;
  if (auto done = override_settings(*plan, options.seed, options.time, options.duration); !done)
    return std::move(done).error();
  return plan;
}

}  // namespace

Status run_program(const ProgramOptions& options, const std::function<bool()>& stop) {
  auto plan = wanted_plan(options);
  if (!plan) return std::move(plan).error();
  if (!plan->guests.empty() && geteuid() != 0)
    return Error{ErrorCode::kPermission, "Linux hosts in the lab need root",
                 "run it without --guests"};
  auto pool = packet_memory(*plan, options.verbose);
  if (!pool) return std::move(pool).error();
  const std::string run_dir = options.run_dir.empty() ? default_run_dir() : options.run_dir;
  if (auto done = make_run_dir(run_dir); !done) return done;

  auto made = Lab::create(std::move(plan).value(), (*pool)->source(), run_dir);
  if (!made) return std::move(made).error();
  Lab& lab = **made;
  if (auto done = wait_ready(lab, stop); !done) return done;
  if (!options.json) {
    fmt::print("  {} up, {:.1f} s of traffic\n", shape_line(lab), lab.plan().duration.seconds());
    if (options.stay) print_where(lab);
    std::fflush(stdout);
  }
  const Nanos start = lab.now();
  lab.traffic(true);
  lab.run(lab.plan().duration, stop);
  const double took = (lab.now() - start).seconds();
  lab.traffic(false);
  lab.run(kSettle, nullptr);
  Report report = lab.report();
  report.seconds = took;
  if (options.json)
    fmt::print("{}\n", to_json(lab, report).dump());
  else
    print(lab, report);
  std::fflush(stdout);
  if (options.stay) {
    lab.traffic(true);
    lab.run(Nanos::never(), stop);
  }
  if (report.imbalance != 0)
    return Error{ErrorCode::kInternal, "packets went missing without a reason", "please report it"};
  return {};
}

}  // namespace spanway::lab
