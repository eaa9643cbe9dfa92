// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/program.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "control/daemon/daemon.h"
#include "control/lab/lab.h"
#include "control/lab/parse.h"
#include "control/lab/picture.h"
#include "control/lab/report.h"
#include "control/lab/script.h"

namespace spanway::lab {
namespace {

// Buffers a router, its wires and hosts may hold at once; of more routers than kFewRouters it is
// their hosts that bound what is under way.
constexpr uint32_t kBuffersPerRouter = 12288;
constexpr uint32_t kFewRouters = 16;
constexpr uint32_t kBuffersPerFurtherRouter = 256;

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

Status draw(Lab& lab, const std::string& path) {
  std::ofstream file(path);
  if (!(file << to_svg(picture_of(lab))) || !file.flush())
    return Error{ErrorCode::kUnavailable, "can not write " + path, "--picture another file"};
  return {};
}

void print_start(const Lab& lab, const Script& script, bool stay) {
  for (const std::string& remark : lab.plan().remarks) fmt::print("  {}\n", remark);
  const std::string converged =
      script.converged_s() ? fmt::format("OSPF converged in {:.1f} s, ", *script.converged_s())
                           : "";
  fmt::print("  {} up, {}{:.1f} s of traffic\n", shape_line(lab.plan()), converged,
             lab.plan().duration.seconds());
  if (stay) print_where(lab);
  std::fflush(stdout);
}

Result<std::unique_ptr<drivers::BufferPool>> packet_memory(const Plan& plan, bool verbose) {
  config::Daemon wanted;
  const auto routers = static_cast<uint32_t>(std::max<size_t>(plan.routers.size(), 3));
  const uint32_t few = std::min(routers, kFewRouters);
  wanted.buffers = kBuffersPerRouter * few + kBuffersPerFurtherRouter * (routers - few);
  return daemon::start_packet_memory(wanted, {}, verbose);
}

Result<Plan> wanted_plan(const ProgramOptions& options) {
  if (options.file.empty() == options.topology.empty())
    return Error{ErrorCode::kInvalid, "a lab needs a file or a topology, and not both",
                 "spanway lab --topology ring:3"};
  auto plan = options.file.empty()
                  ? plan_of(options.topology, {.guests = options.guests}, options.routing)
                  : load(options.file, options.guests, options.routing);
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
  Script script(lab, [&](const EventResult& event) {
    if (!options.json) fmt::print("  {}\n", to_text(event));
    std::fflush(stdout);
  });
  if (auto done = script.wait_ready(stop); !done) return done;
  if (!options.json) print_start(lab, script, options.stay);
  auto took = script.run(stop);
  Report report = lab.report();
  report.seconds = took ? *took : lab.plan().duration.seconds();
  fmt::print("{}", options.json ? to_json(lab, script, report).dump() + "\n"
                                : to_text(lab, script, report));
  std::fflush(stdout);
  if (!options.picture.empty())
    if (auto done = draw(lab, options.picture); !done) return done;
  if (!took) return std::move(took).error();
  if (options.stay) {
    lab.traffic(true);
    lab.run(Nanos::never(), stop);
  }
  if (report.imbalance != 0 || report.unexplained() != 0)
    return Error{ErrorCode::kInternal, "packets went missing without a reason", "please report it"};
  return {};
}

}  // namespace spanway::lab
