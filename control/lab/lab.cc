// SPDX-License-Identifier: BSD-3-Clause
#include "control/lab/lab.h"

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <thread>

#include "control/daemon/handlers.h"
#include "control/lab/handlers.h"
#include "drivers/dpdk/eal.h"
#include "drivers/factory.h"

namespace spanway::lab {
namespace {

// What one round of turns costs in virtual time while packets move: without it, wires without
// delay would let the world spin at one instant.
constexpr Nanos kRoundCost = micros(1);
// The longest jump of virtual time: housekeeping of workers is not in anybody's list of deadlines.
constexpr Nanos kLongestJump = millis(1);
// How long the workers' thread sleeps when nothing moves.
constexpr Nanos kIdleNap = micros(20);
// How long control sleeps at most between two looks at punt rings.
constexpr Nanos kControlNap = micros(500);

}  // namespace

Lab::Lab(Plan plan, const BufferSource& buffers, const std::string& run_dir)
    : plan_(std::move(plan)), buffers_(buffers), run_dir_(run_dir), guests_(new Guests) {
  if (plan_.virtual_time) {
    auto clock = std::make_unique<VirtualClock>();
    virtual_clock_ = clock.get();
    clock_ = std::move(clock);
  } else {
    clock_ = std::make_unique<MonotonicClock>();
  }
}

Lab::~Lab() {
  guests_.reset();  // before the TAPs go
  hosts_.clear();
  routers_.clear();
}

Result<std::unique_ptr<Lab>> Lab::create(Plan plan, const BufferSource& buffers,
                                         const std::string& run_dir) {
  std::unique_ptr<Lab> lab(new Lab(std::move(plan), buffers, run_dir));
  if (auto done = lab->build(); !done) return std::move(done).error();
  return lab;
}

Status Lab::build() {
  for (const WirePlan& wire : plan_.wires)
    if (auto done = network_.add(wire.name, sim::WireOptions::both(wire.lane, plan_.seed)); !done)
      return done;
  for (const RouterPlan& router : plan_.routers)
    if (auto done = build_router(router); !done) return done;
  for (const HostPlan& host : plan_.hosts)
    if (auto done = build_host(host); !done) return done;
  for (const FlowPlan& flow : plan_.flows)
    if (auto done = build_flow(flow); !done) return done;
  for (auto& host : hosts_) host->expect(flows_);
  for (const GuestPlan& guest : plan_.guests)
    if (auto done = guests_->add(guest); !done) return done;
  return {};
}

Status Lab::build_router(const RouterPlan& plan) {
  daemon::EngineOptions options;
  options.name = plan.name;
  options.workers = static_cast<uint16_t>(std::max<size_t>(1, plan.config.daemon.workers.size()));
  options.buffers = buffers_;
  options.network = &network_;
  options.seed = plan_.seed * 1000 + routers_.size();
  options.born = now();
  options.predictable = virtual_clock_ != nullptr;
  if (virtual_clock_ == nullptr) options.unix_offset_ns = daemon::unix_offset_ns(*clock_);
  Router router{plan.name, std::make_unique<daemon::Engine>(options), nullptr, {}};
  auto applied = router.engine->store().boot(plan.config);
  if (!applied)
    return Error{applied.error().code, plan.name + ": " + applied.error().message,
                 applied.error().fix};
  if (!run_dir_.empty()) {
    router.socket = run_dir_ + "/" + plan.name + ".sock";
    api::ServerOptions server;
    server.socket = router.socket;
    router.server = std::make_unique<api::Server>(server, wall_clock_);
    daemon::add_handlers(*router.server, *router.engine);
    add_handlers(*router.server, *this);
    if (auto done = router.server->listen(); !done) return done;
  }
  routers_.push_back(std::move(router));
  return {};
}

Status Lab::build_host(const HostPlan& plan) {
  daemon::Engine* gateway = router(plan.router);
  daemon::OpenPort* port = gateway == nullptr ? nullptr : gateway->ports().find(plan.port);
  if (port == nullptr)
    return Error{ErrorCode::kNotFound,
                 "host " + plan.name + ": there is no port " + plan.router + ":" + plan.port};
  auto device = drivers::open_port(plan.name, "sim:" + plan.wire + ".b", {}, buffers_, &network_);
  if (!device) return std::move(device).error();
  if (auto done = (*device)->start(); !done) return done;
  hosts_.push_back(
      std::make_unique<Host>(HostOptions{plan.name, plan.addresses, port->device->info().mac},
                             std::move(device).value(), buffers_));
  return {};
}

Status Lab::build_flow(const FlowPlan& plan) {
  const auto host_plan = [&](const std::string& name) -> const HostPlan* {
    const auto at = std::ranges::find(plan_.hosts, name, &HostPlan::name);
    return at == plan_.hosts.end() ? nullptr : &*at;
  };
  const HostPlan* ends[2] = {host_plan(plan.from), host_plan(plan.to)};
  IpAddr addresses[2];
  for (int end = 0; end < 2; ++end) {
    const std::string& name = end == 0 ? plan.from : plan.to;
    if (ends[end] == nullptr)
      return Error{ErrorCode::kNotFound, "flow: there is no host '" + name + "'"};
    const auto at = std::ranges::find(ends[end]->addresses, plan.family, &IpAddr::family);
    if (at == ends[end]->addresses.end())
      return Error{ErrorCode::kInvalid, "flow: host " + name + " has no address of that family"};
    addresses[end] = *at;
  }
  auto flow = std::make_unique<Flow>();
  flow->id = static_cast<uint32_t>(flows_.size());
  flow->name = plan.from + ">" + plan.to + (plan.family == Family::kIp4 ? " IPv4" : " IPv6");
  flow->source = addresses[0];
  flow->destination = addresses[1];
  flow->frame_bytes = plan_.frame_bytes;
  flow->window = plan_.window;
  flow->write_off = plan_.write_off;
  const auto from = std::ranges::find_if(hosts_, [&](auto& h) { return h->name() == plan.from; });
  (*from)->send_on(*flow);
  flows_.push_back(std::move(flow));
  return {};
}

unsigned Lab::worker_turns(Nanos now) noexcept {
  const bool sending = sending_.get() != 0;
  unsigned met = 0;
  for (Router& router : routers_)
    for (uint16_t w = 0; w < router.engine->options().workers; ++w)
      met += router.engine->turn(WorkerId{w}, now);
  for (auto& host : hosts_) met += host->turn(now, sending);
  return met;
}

Nanos Lab::control_steps(Nanos now) {
  Nanos next = Nanos::never();
  for (Router& router : routers_) {
    next = std::min(next, router.engine->step(now));
    if (router.server) router.server->step(wall_clock_.now());
  }
  return next;
}

void Lab::run(Nanos span, const std::function<bool()>& stop) {
  if (virtual_clock_ != nullptr)
    run_virtual(span, stop);
  else
    run_real(span, stop);
}

void Lab::run_real(Nanos span, const std::function<bool()>& stop) {
  const std::jthread workers([this](const std::stop_token& running) {
    const drivers::EalThread eal;
    while (!running.stop_requested())
      if (worker_turns(now()) == 0)
        std::this_thread::sleep_for(std::chrono::nanoseconds(kIdleNap.ns()));
  });
  const Nanos end = span == Nanos::never() ? span : now() + span;
  while (now() < end && !(stop && stop())) {
    const Nanos at = now();
    const Nanos wait = std::min(control_steps(at) - at, kControlNap);
    if (wait > Nanos()) std::this_thread::sleep_for(std::chrono::nanoseconds(wait.ns()));
  }
}

void Lab::run_virtual(Nanos span, const std::function<bool()>& stop) {
  const Nanos end = span == Nanos::never() ? span : now() + span;
  while (now() < end && !(stop && stop())) {
    const unsigned met = worker_turns(now());
    const Nanos due = control_steps(now());
    Nanos next = now() + kRoundCost;
    if (met == 0)
      next = std::max(next, std::min({due, network_.next_event(), now() + kLongestJump, end}));
    virtual_clock_->advance_to(next);
  }
}

bool Lab::ready() {
  return std::ranges::all_of(routers_, [](Router& router) {
    daemon::Interfaces& interfaces = router.engine->interfaces();
    return std::ranges::all_of(interfaces.all(), [&](daemon::NamedInterface* one) {
      return !one->admin_up || (interfaces.is_up(*one) && interfaces.all_ready(*one));
    });
  });
}

Report Lab::report() const {
  Report out;
  for (const auto& flow : flows_) {
    FlowResult one{flow->name, flow->sent.get(), flow->received.get(), flow->reordered.get(), 0, 0};
    if (one.received != 0)
      one.latency_mean_us =
          static_cast<double>(flow->latency_sum_ns.get()) / static_cast<double>(one.received) / 1e3;
    one.latency_max_us = static_cast<double>(flow->latency_max_ns.get()) / 1e3;
    out.sent += one.sent;
    out.received += one.received;
    out.flows.push_back(std::move(one));
  }
  for (const Router& router : routers_) {
    const stats::Snapshot totals = router.engine->totals();
    for (size_t reason = 1; reason < kDropReasons; ++reason)
      if (totals.drops[reason] != 0)
        out.drops[std::string(kDropReasonNames[reason])] += totals.drops[reason];
    out.imbalance += totals.imbalance();
    out.held += totals.held;
  }
  for (const sim::WireState& wire : network_.wires())
    for (const sim::LaneStats* lane : {&wire.a_to_b, &wire.b_to_a}) {
      for (size_t reason = 0; reason < sim::kLosses; ++reason)
        if (lane->lost[reason] != 0)
          out.wire_losses[std::string(sim::kLossNames[reason])] += lane->lost[reason];
      out.damaged += lane->corrupted;
      out.on_wires += lane->in_flight;
    }
  return out;
}

uint64_t Report::unexplained() const noexcept {
  uint64_t known = damaged + on_wires + held;
  for (const auto& [reason, count] : drops) known += count;
  for (const auto& [reason, count] : wire_losses) known += count;
  return lost() > known ? lost() - known : 0;
}

daemon::Engine* Lab::router(const std::string& name) noexcept {
  const auto at = std::ranges::find(routers_, name, &Router::name);
  return at == routers_.end() ? nullptr : at->engine.get();
}

std::vector<std::pair<std::string, std::string>> Lab::sockets() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Router& router : routers_) out.emplace_back(router.name, router.socket);
  return out;
}

}  // namespace spanway::lab
