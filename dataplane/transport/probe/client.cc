// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/probe/client.h"

#include <cstring>

namespace spanway::transport {
namespace {

ProbeJob& job_of(const Session& session) noexcept {
  return *reinterpret_cast<ProbeJob*>(session.context());
}

// Each echo in its turn: they come back in the order they were sent in (one stream), and what waits
// for its answer are the last of them.
uint32_t slot_of(const ProbeJob& job, uint64_t number) noexcept {
  return static_cast<uint32_t>(number % job.slots);
}

std::span<uint8_t> bytes_of(ProbeJob& job, uint32_t slot) noexcept {
  return std::span(job.data).subspan(size_t{slot} * job.options.bytes, job.options.bytes);
}

// False: not now.
bool send_echo(ProbeJob& job, Connection& connection, Nanos now) noexcept {
  if (job.waiting == job.slots) return false;
  const uint64_t number = job.sent.get() + 1;
  const uint32_t slot = slot_of(job, number);
  const std::span<uint8_t> bytes = bytes_of(job, slot);
  std::memcpy(bytes.data() + 1, &number, sizeof number);
  if (connection.send(0, bytes, slot) != Taken::kYes) return false;
  job.sent_at[slot] = now;
  job.sent.add(1);
  ++job.waiting;
  return true;
}

void take_echo(ProbeJob& job, std::span<const uint8_t> bytes, Nanos now) noexcept {
  const uint64_t due = job.sent.get() - job.waiting + 1;
  uint64_t number = 0;
  if (job.waiting == 0 || bytes.size() != job.options.bytes) return;
  std::memcpy(&number, bytes.data() + 1, sizeof number);
  if (number != due) return;
  const Nanos rtt = now - job.sent_at[slot_of(job, number)];
  --job.waiting;
  job.done.add(1);
  job.rtt.add(rtt);
  if (job.options.kind == ProbeKind::kPing) job.replies.push({number, rtt});
}

void fill(ProbeJob& job, Connection& connection, Nanos now) noexcept {
  const ProbeOptions& options = job.options;
  switch (options.kind) {
    case ProbeKind::kPing:
      if (now >= job.send_at && send_echo(job, connection, now))
        job.send_at = job.send_at + options.interval;
      return;
    case ProbeKind::kEcho:
      while (send_echo(job, connection, now)) {
      }
      return;
    case ProbeKind::kFetch:
      if (job.sent.get() == 0 && connection.send(0, job.data, 0) == Taken::kYes) job.sent.add(1);
      return;
    case ProbeKind::kStream:
      while (job.waiting < options.outstanding &&
             connection.send(0, bytes_of(job, 0), 0) == Taken::kYes) {
        job.sent.add(1);
        ++job.waiting;
      }
      return;
  }
}

bool is_enough(const ProbeJob& job, Nanos now) noexcept {
  if (job.stop.get() != 0) return true;
  if (job.options.kind != ProbeKind::kPing) return now >= job.until;
  return job.options.count != 0 && job.sent.get() >= job.options.count;
}

// Sends what may be sent; when enough is sent and all of it answered, closes.
void run(ProbeJob& job, Endpoint& endpoint, Nanos now) noexcept {
  if (job.closing) return;
  Connection& connection = job.session->connection();
  const uint64_t before = job.sent.get();
  if (!is_enough(job, now)) {
    fill(job, connection, now);
  } else {
    if (job.ended_ns.get() == 0) job.ended_ns.set(static_cast<uint64_t>(now.ns()));
    // Who is told to stop does not wait for the answer to a ping.
    if (job.waiting == 0 || job.stop.get() != 0) {
      connection.close();
      job.closing = true;
    }
  }
  if (job.sent.get() != before || job.closing) endpoint.wake(*job.session);
}

}  // namespace

void ProbeClient::on_open(Endpoint& endpoint, Session& session, Nanos now) noexcept {
  ProbeJob& job = job_of(session);
  job.session = &session;
  job.send_at = now;
  job.until = now + job.options.duration;
  job.began_ns.set(static_cast<uint64_t>(now.ns()));
  job.state.set(static_cast<uint64_t>(ProbeJob::State::kRunning));
  job.next = first_;
  first_ = &job;
  run(job, endpoint, now);
}

void ProbeClient::on_ready(Endpoint& endpoint, Session& session, Nanos now) noexcept {
  ProbeJob& job = job_of(session);
  Connection& connection = session.connection();
  while (connection.take_done()) {
    if (job.options.kind != ProbeKind::kStream) continue;
    job.done.add(1);
    --job.waiting;
  }
  while (const auto got = connection.next()) {
    if (job.is_echoed())
      take_echo(job, got->bytes, now);
    else if (job.options.kind == ProbeKind::kFetch && !job.closing)
      job.done.add(1);
    connection.consume();
  }
  if (connection.peer_closed() && !job.closing) {
    connection.close();
    job.closing = true;
  }
  run(job, endpoint, now);
}

void ProbeClient::on_end(Endpoint&, Session& session, End why, Nanos now) noexcept {
  ProbeJob& job = job_of(session);
  ProbeJob** at = &first_;
  while (*at != nullptr && *at != &job) at = &(*at)->next;
  if (*at != nullptr) *at = job.next;
  job.session = nullptr;
  if (job.ended_ns.get() == 0) job.ended_ns.set(static_cast<uint64_t>(now.ns()));
  job.end.set(static_cast<uint64_t>(why));
  job.state.set(static_cast<uint64_t>(ProbeJob::State::kOver));
}

unsigned ProbeClient::serve(Endpoint& endpoint, Nanos now) noexcept {
  unsigned met = 0;
  for (ProbeJob* job = first_; job != nullptr; job = job->next) {
    const uint64_t before = job->sent.get();
    run(*job, endpoint, now);
    met += job->sent.get() != before ? 1 : 0;
  }
  return met;
}

}  // namespace spanway::transport
