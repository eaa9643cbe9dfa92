// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/daemon.h"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <filesystem>

#include "control/config/forms.h"
#include "control/config/validate.h"
#include "control/daemon/handlers.h"
#include "dataplane/base/cores.h"
#include "drivers/dpdk/device_spec.h"
#include "drivers/dpdk/eal.h"

namespace spanway::daemon {
namespace {

// Punts are looked for at least this often: the resolution of ARP and of timers.
constexpr Nanos kPollEvery = millis(1);
// Workers have this long to send what is to be said at the end.
constexpr Nanos kFarewell = millis(500);
constexpr uint32_t kBytesPerBuffer = tuning::kBufferBytes + 512;  // headroom, header and scratch

drivers::Memory memory_of(config::Memory memory) {
  switch (memory) {
    case config::Memory::kNone:
      return drivers::Memory::kNone;
    case config::Memory::kHugepages:
      return drivers::Memory::kHugepages;
    case config::Memory::kAuto:
      break;
  }
  return drivers::Memory::kAuto;
}

std::vector<std::string> pci_devices(const config::Config& config) {
  std::vector<std::string> out;
  for (const config::Port& port : config.ports)
    if (auto spec = drivers::parse_device(port.device);
        spec && spec->kind == drivers::DeviceKind::kPci)
      out.push_back(spec->target);
  return out;
}

}  // namespace

Result<std::unique_ptr<drivers::BufferPool>> start_packet_memory(
    const config::Daemon& wanted, const std::vector<std::string>& pci, bool verbose) {
  drivers::EalOptions eal;
  eal.memory = memory_of(wanted.memory);
  // The pool, and as much again for queues and DPDK's own.
  eal.memory_mb =
      wanted.memory_mib != 0
          ? wanted.memory_mib
          : 64 + static_cast<unsigned>(uint64_t{wanted.buffers} * kBytesPerBuffer * 2 >> 20);
  eal.pci = pci;
  eal.verbose = verbose;
  if (auto done = drivers::start_eal(eal); !done) return std::move(done).error();
  return drivers::BufferPool::make("packets", {.buffers = wanted.buffers});
}

Result<std::unique_ptr<Daemon>> Daemon::start(const DaemonOptions& options) {
  std::unique_ptr<Daemon> daemon(new Daemon);
  if (auto done = daemon->bring_up(options); !done) return std::move(done).error();
  return daemon;
}

Status Daemon::bring_up(const DaemonOptions& options) {
  // Read twice: what the engine is built with must be known before its store exists.
  config::Config config;
  if (std::filesystem::exists(options.config_path)) {
    auto loaded = config::load_file(options.config_path);
    if (!loaded) return std::move(loaded).error();
    config = std::move(loaded).value();
  }
  socket_ = options.socket.empty() ? config.control.socket : options.socket;
  if (auto done = start_packets(config, options.verbose); !done) return done;

  EngineOptions engine;
  engine.workers = static_cast<uint16_t>(std::max<size_t>(1, config.daemon.workers.size()));
  engine.buffers = pool_->source();
  engine.config_path = options.config_path;
  engine.ospf_record = options.ospf_record;
  engine.born = clock_.now();
  engine.unix_offset_ns = unix_offset_ns(clock_);
  engine.seed = static_cast<uint64_t>(engine.unix_offset_ns);
  crew_ = std::make_unique<publish::BuildCrew>(publish::BuildCrew::free_cores(
      allowed_cores(), {config.daemon.workers.begin(), config.daemon.workers.end()},
      engine.workers));
  engine.crew = crew_.get();
  engine_ = std::make_unique<Engine>(engine);
  if (!options.config_path.empty())
    if (auto saved = engine_->store().load(); !saved) return std::move(saved).error();
  if (auto done = start_workers(config); !done) return done;
  // The socket first: a second daemon on the same config must not touch the first one's devices.
  if (auto done = start_server(config); !done) return done;
  if (auto done = start_attach(config); !done) return done;
  if (auto done = start_http(config); !done) return done;
  if (auto applied = engine_->store().boot(config); !applied) return std::move(applied).error();
  return {};
}

Status Daemon::start_packets(const config::Config& config, bool verbose) {
  auto pool = start_packet_memory(config.daemon, pci_devices(config), verbose);
  if (!pool) return std::move(pool).error();
  pool_ = std::move(pool).value();
  return {};
}

Status Daemon::start_workers(const config::Config& config) {
  for (uint16_t w = 0; w < engine_->options().workers; ++w) {
    worker::LoopOptions options;
    if (w < config.daemon.workers.size()) options.core = config.daemon.workers[w];
    options.idle_sleep = config.daemon.idle == config::Idle::kSleep;
    auto loop = worker::Loop::start(engine_->worker(WorkerId{w}), clock_, options);
    if (!loop) return std::move(loop).error();
    loops_.push_back(std::move(loop).value());
  }
  return {};
}

Status Daemon::start_server(const config::Config& config) {
  api::ServerOptions options;
  options.socket = socket_;
  options.group = config.control.socket_group;
  options.readonly_group = config.control.readonly_group;
  options.max_clients = config.control.max_clients;
  options.max_message_bytes = size_t{config.control.max_message_mib} << 20;
  server_ = std::make_unique<api::Server>(options, clock_);
  ProcessFacts facts;
  facts.stop = [this] { stopping_ = true; };
  for (const uint16_t cpu : config.daemon.workers) facts.worker_cpus.push_back(cpu);
  add_handlers(*server_, *engine_, facts);
  return server_->listen();
}

Status Daemon::start_attach(const config::Config& config) {
  if (config.control.attach.empty()) return {};
  attach::Surroundings around{engine_->transport(), {}, {}, 0, {}};
  for (uint16_t w = 0; w < engine_->options().workers; ++w)
    around.services.push_back(&engine_->applications(WorkerId{w}));
  around.params.packet_bytes = transport::Probes::kParams.packet_bytes;
  around.most_messages = transport::ConnectionOptions{}.most_messages;
  attach_ = std::make_unique<attach::Server>(
      attach::ServerOptions{config.control.attach, config.control.socket_group}, around);
  return attach_->listen();
}

Status Daemon::start_http(const config::Config& config) {
  if (config.control.http.empty()) return {};
  const auto endpoint = config::read_endpoint(config.control.http);
  if (!endpoint) return endpoint.error();
  http::ServerOptions options;
  options.address = endpoint->address;
  options.port = endpoint->port;
  options.pages = http_pages(engine_->options().name);
  metrics_ = std::make_unique<Metrics>(*engine_, pool_.get());
  auto server = http::Server::start(std::move(options), desk_);
  if (!server) return std::move(server).error();
  http_ = std::move(server).value();
  return {};
}

void Daemon::run(const std::function<bool()>& stop) {
  while (!stopping_ && !stop()) {
    const Nanos now = clock_.now();
    const Nanos due = engine_->step(now);
    server_->step(now);
    if (attach_) attach_->step(now);
    desk_.step([&](const std::string&) { return metrics_->text(now); });
    const Nanos wait = std::min(due - now, kPollEvery);
    pollfd fds[] = {{server_->poll_fd(), POLLIN, 0},
                    {attach_ ? attach_->poll_fd() : -1, POLLIN, 0}};
    const timespec timeout{0, std::max<int64_t>(wait.ns(), 0)};
    ppoll(fds, 2, &timeout, nullptr);
  }
  if (attach_) attach_->stop();
  for (const Nanos until = clock_.now() + kFarewell;
       !engine_->take_leave(clock_.now()) && clock_.now() < until;) {
    const timespec nap{0, kPollEvery.ns()};
    nanosleep(&nap, nullptr);
  }
  // One more step, so that the answer to daemon.stop leaves.
  server_->step(clock_.now());
}

Daemon::~Daemon() {
  http_.reset();
  server_.reset();
  loops_.clear();
  // Its memory is the workers' as long as they run.
  attach_.reset();
  engine_.reset();
  crew_.reset();
}

}  // namespace spanway::daemon
