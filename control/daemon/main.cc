// SPDX-License-Identifier: BSD-3-Clause
// spanwayd: reads the command line, then is a router, a lab, or a doctor.
#include <getopt.h>
#include <signal.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <string>

#include "control/config/validate.h"
#include "control/daemon/daemon.h"
#include "control/daemon/doctor.h"
#include "control/daemon/ospf_replay.h"
#include "control/daemon/version.h"
#include "control/lab/program.h"

namespace {

using spanway::Error;
using spanway::ErrorCode;

// sysexits.h EX_CONFIG; the others as in docs/cli.md.
constexpr int kExitOk = 0, kExitRefused = 1, kExitUsage = 2, kExitConfig = 78;

volatile sig_atomic_t g_stop = 0;  // set by the signal handler, read by control's loop

void on_signal(int) { g_stop = 1; }

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int complain(const Error& error) {
  std::fprintf(stderr, "spanwayd: %s\n", error.message.c_str());
  if (!error.fix.empty()) std::fprintf(stderr, "  try: %s\n", error.fix.c_str());
  return error.code == ErrorCode::kInvalid ? kExitConfig : kExitRefused;
}

constexpr char kUsage[] =
    "usage: spanwayd [-c FILE] [-s SOCKET] [-v]       run a router\n"
    "       spanwayd --check FILE                     read a config, say what is wrong with it\n"
    "       spanwayd --lab FILE [lab options]         run many routers on simulated wires\n"
    "       spanwayd --topology SHAPE:N|FILE.gml [lab options]\n"
    "       spanwayd --doctor [DEVICE] [-j]           what this machine and device still need\n"
    "       spanwayd --ospf-replay FILE [-j]          what was recorded over again, without a "
    "network\n"
    "       spanwayd --version\n"
    "a router also takes\n"
    "  --ospf-record FILE  all that OSPF is told and does, keys included, for --ospf-replay\n"
    "lab options:\n"
    "  --topology ring:6 grid, line, mesh, ring, star or tree of so many routers, or FILE.gml\n"
    "  --routing WAY     static or ospf; instead of the file's\n"
    "  --seed N          of every random choice; instead of the file's\n"
    "  --time TIME       real or virtual; instead of the file's\n"
    "  --guests          Linux hosts in network namespaces behind the edge routers (root)\n"
    "  --duration SPAN   of traffic, for example 5s; instead of the file's\n"
    "  --run-dir DIR     where each router gets its control socket\n"
    "  --picture FILE    draw the network, with costs and states, as SVG\n"
    "  --stay            keep the routers and the traffic until interrupted\n"
    "  -j                the report as one JSON document\n";

struct Arguments {
  enum class Do { kRun, kCheck, kLab, kDoctor, kOspfReplay, kVersion, kHelp } what = Do::kRun;
  spanway::daemon::DaemonOptions daemon;
  spanway::lab::ProgramOptions lab;
  std::string file;
  std::string device;
  bool json = false;
};

std::optional<Arguments> parse(int argc, char** argv) {
  enum {
    kCheck = 256,
    kLab,
    kDoctor,
    kVersion,
    kGuests,
    kDuration,
    kRunDir,
    kStay,
    kTopology,
    kSeed,
    kTime,
    kRouting,
    kPicture,
    kOspfRecord,
    kOspfReplay
  };
  static const option kOptions[] = {{"config", required_argument, nullptr, 'c'},
                                    {"socket", required_argument, nullptr, 's'},
                                    {"verbose", no_argument, nullptr, 'v'},
                                    {"json", no_argument, nullptr, 'j'},
                                    {"help", no_argument, nullptr, 'h'},
                                    {"check", required_argument, nullptr, kCheck},
                                    {"lab", required_argument, nullptr, kLab},
                                    {"doctor", no_argument, nullptr, kDoctor},
                                    {"version", no_argument, nullptr, kVersion},
                                    {"guests", no_argument, nullptr, kGuests},
                                    {"duration", required_argument, nullptr, kDuration},
                                    {"run-dir", required_argument, nullptr, kRunDir},
                                    {"topology", required_argument, nullptr, kTopology},
                                    {"seed", required_argument, nullptr, kSeed},
                                    {"time", required_argument, nullptr, kTime},
                                    {"routing", required_argument, nullptr, kRouting},
                                    {"picture", required_argument, nullptr, kPicture},
                                    {"stay", no_argument, nullptr, kStay},
                                    {"ospf-record", required_argument, nullptr, kOspfRecord},
                                    {"ospf-replay", required_argument, nullptr, kOspfReplay},
                                    {nullptr, 0, nullptr, 0}};
  Arguments out;
  for (int c; (c = getopt_long(argc, argv, "c:s:vjh", kOptions, nullptr)) != -1;) {
    switch (c) {
      case 'c':
        out.daemon.config_path = optarg;
        break;
      case 's':
        out.daemon.socket = optarg;
        break;
      case 'v':
        out.daemon.verbose = out.lab.verbose = true;
        break;
      case 'j':
        out.json = out.lab.json = true;
        break;
      case 'h':
        out.what = Arguments::Do::kHelp;
        return out;
      case kCheck:
        out.what = Arguments::Do::kCheck;
        out.file = optarg;
        break;
      case kLab:
        out.what = Arguments::Do::kLab;
        out.lab.file = optarg;
        break;
      case kDoctor:
        out.what = Arguments::Do::kDoctor;
        break;
      case kVersion:
        out.what = Arguments::Do::kVersion;
        break;
      case kGuests:
        out.lab.guests = true;
        break;
      case kDuration:
        out.lab.duration = optarg;
        break;
      case kRunDir:
        out.lab.run_dir = optarg;
        break;
      case kTopology:
        out.what = Arguments::Do::kLab;
        out.lab.topology = optarg;
        break;
      case kSeed:
        out.lab.seed = optarg;
        break;
      case kTime:
        out.lab.time = optarg;
        break;
      case kRouting:
        out.lab.routing = optarg;
        break;
      case kPicture:
        out.lab.picture = optarg;
        break;
      case kOspfRecord:
        out.daemon.ospf_record = optarg;
        break;
      case kOspfReplay:
        out.what = Arguments::Do::kOspfReplay;
        out.file = optarg;
        break;
      case kStay:
        out.lab.stay = true;
        break;
      default:
        return std::nullopt;
    }
  }
  if (optind < argc && out.what == Arguments::Do::kDoctor) out.device = argv[optind++];
  if (optind < argc) {
    std::fprintf(stderr, "spanwayd: unexpected argument '%s'\n", argv[optind]);
    return std::nullopt;
  }
  return out;
}

int check(const std::string& file) {
  auto config = spanway::config::load_file(file);
  if (!config) return complain(config.error());
  std::printf("%s: no errors\n", file.c_str());
  return kExitOk;
}

int run(const spanway::daemon::DaemonOptions& options) {
  auto daemon = spanway::daemon::Daemon::start(options);
  if (!daemon) return complain(daemon.error());
  std::printf("spanwayd %s: %u workers, control on %s\n", spanway::daemon::kVersion,
              unsigned{(*daemon)->engine().options().workers}, (*daemon)->socket().c_str());
  if (const std::string url = (*daemon)->url(); !url.empty())
    std::printf("metrics on %s/metrics\n", url.c_str());
  std::fflush(stdout);
  (*daemon)->run([] { return g_stop != 0; });
  return kExitOk;
}

int dispatch(const Arguments& arguments) {
  switch (arguments.what) {
    case Arguments::Do::kHelp:
      std::fputs(kUsage, stdout);
      return kExitOk;
    case Arguments::Do::kVersion:
      std::printf("spanwayd %s, DPDK %s\n", spanway::daemon::kVersion,
                  spanway::daemon::dpdk_version().c_str());
      return kExitOk;
    case Arguments::Do::kCheck:
      return check(arguments.file);
    case Arguments::Do::kOspfReplay:
      return spanway::daemon::run_ospf_replay(arguments.file, arguments.json);
    case Arguments::Do::kDoctor:
      return spanway::daemon::run_doctor(arguments.device, arguments.json);
    case Arguments::Do::kLab: {
      auto done = spanway::lab::run_program(arguments.lab, [] { return g_stop != 0; });
      return done ? kExitOk : complain(done.error());
    }
    case Arguments::Do::kRun:
      return run(arguments.daemon);
  }
  return kExitUsage;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = parse(argc, argv);
  if (!arguments) {
    std::fputs(kUsage, stderr);
    return kExitUsage;
  }
  catch_signals();
  try {
    return dispatch(*arguments);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "spanwayd: %s\n", e.what());
    return kExitRefused;
  }
}
