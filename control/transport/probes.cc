// SPDX-License-Identifier: BSD-3-Clause
#include "control/transport/probes.h"

#include <algorithm>
#include <string>
#include <utility>

namespace spanway::transport {
namespace {

constexpr Nanos kPatience = seconds(5);
constexpr Nanos kTidyEvery = seconds(10);
constexpr Nanos kInterval = seconds(1), kShortest = millis(100);
constexpr size_t kMostServed = 1024;  // connections that have a room for echoes

}  // namespace

std::optional<Seat> Probes::Server::admit(uint32_t number, const Path&) {
  if (probes.rooms_.size() >= kMostServed) return std::nullopt;
  auto room = std::make_unique<EchoRoom>();
  const auto context = reinterpret_cast<uint64_t>(room.get());
  probes.rooms_.emplace(number, std::move(room));
  return Seat{context};
}

void Probes::Server::buried(uint32_t number, uint64_t) { probes.rooms_.erase(number); }

void Probes::Client::failed(uint32_t number, const Error& why) {
  const auto at = probes.probes_.find(number);
  if (at == probes.probes_.end()) return;
  at->second.failed = why;
  at->second.alive = false;
}

void Probes::Client::buried(uint32_t number, uint64_t) {
  if (const auto at = probes.probes_.find(number); at != probes.probes_.end())
    at->second.alive = false;
}

Result<uint32_t> Probes::start(const Peer& peer, std::optional<IpAddr> source,
                               const ProbeOptions& options, Nanos now) {
  if (probes_.size() >= kMost)
    return Error{ErrorCode::kFull, std::to_string(kMost) + " measurements are kept already",
                 "wait for one to end"};
  auto job = std::make_unique<ProbeJob>(options);
  const auto number =
      host_.dial({peer, source, kPatience, {reinterpret_cast<uint64_t>(job.get())}}, client_, now);
  if (!number) return std::move(number).error();
  probes_.emplace(*number, Probe{peer, std::move(job), std::nullopt, true, now});
  return *number;
}

Probes::Probe* Probes::poll(uint32_t number, Nanos now) {
  const auto at = probes_.find(number);
  if (at == probes_.end()) return nullptr;
  at->second.asked_at = now;
  return &at->second;
}

void Probes::stop(uint32_t number) {
  const auto at = probes_.find(number);
  if (at == probes_.end()) return;
  at->second.job->stop.set(1);
}

void Probes::note(uint32_t number, Probe& probe, Nanos now) {
  const ProbeJob& job = *probe.job;
  if (job.began_ns.get() == 0 || probe.intervals.size() >= kMostIntervals) return;
  if (probe.noted_at == Nanos()) probe.noted_at = Nanos(static_cast<int64_t>(job.began_ns.get()));
  const auto over = static_cast<int64_t>(job.ended_ns.get());
  const Nanos until = over != 0 ? std::min(now, Nanos(over)) : now;
  // A last one that is hardly any is none.
  const Nanos least = over == 0 ? kInterval : probe.intervals.empty() ? Nanos(1) : kShortest;
  if (until - probe.noted_at < least) return;
  Interval one{
      probe.intervals.size() + 1, probe.noted_at, until, job.done.get() - probe.messages, 0, 0, 0};
  if (const auto view = host_.session(number)) {
    const SessionGauges& gauges = view->session->gauges();
    const uint64_t all = gauges.lost_fast.get() + gauges.lost_timeout.get();
    one.retransmissions = all - probe.retransmissions;
    one.srtt_ns = gauges.srtt_ns.get();
    one.window_bytes = gauges.window_bytes.get();
    probe.retransmissions = all;
  }
  probe.messages += one.messages;
  probe.noted_at = until;
  probe.intervals.push_back(one);
}

Nanos Probes::step(Nanos now) {
  Nanos next = probes_.empty() ? Nanos::never() : now + kTidyEvery;
  for (auto at = probes_.begin(); at != probes_.end();) {
    Probe& probe = at->second;
    note(at->first, probe, now);
    if (probe.alive) next = std::min(next, std::max(probe.noted_at + kInterval, now + millis(10)));
    const bool unasked = now - probe.asked_at >= kForgottenAfter;
    // It goes on only while somebody looks.
    if (unasked && probe.alive) probe.job->stop.set(1);
    at = unasked && !probe.alive ? probes_.erase(at) : std::next(at);
  }
  return next;
}

}  // namespace spanway::transport
