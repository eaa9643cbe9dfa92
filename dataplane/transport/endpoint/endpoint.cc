// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/endpoint/endpoint.h"

#include <algorithm>
#include <utility>

namespace spanway::transport {
namespace {

// So often, while a session is busy, everybody is told how it is.
constexpr Nanos kGaugeEvery = millis(1);

End end_of(Life life) noexcept {
  switch (life) {
    case Life::kClosed:
      return End::kClosed;
    case Life::kSilent:
      return End::kSilent;
    case Life::kSpent:
      return End::kSpent;
    case Life::kOpen:
      break;
  }
  return End::kStopped;
}

}  // namespace

Endpoint::Endpoint(size_t most, SessionRings& rings, std::vector<App*> apps, Nanos now)
    : rings_(rings), apps_(std::move(apps)), table_(most), wheel_(now) {}

void Endpoint::make_busy(Session& session) noexcept {
  if (session.busy_) return;
  session.busy_ = true;
  session.next_busy_ = nullptr;
  (busy_.first == nullptr ? busy_.first : busy_.last->next_busy_) = &session;
  busy_.last = &session;
}

Session* Endpoint::take_busy() noexcept {
  Session* session = busy_.first;
  busy_.first = session->next_busy_;
  return session;
}

Met Endpoint::on_packet(const Path& path, std::span<uint8_t> payload, bool ce, Nanos now) noexcept {
  const auto header = read_header(payload);
  if (!header) return Met::kRefused;
  Session* session = table_.find(header->connection);
  if (session == nullptr) return Met::kNobody;
  if (session->path() != path) return Met::kStranger;
  const Heard heard = session->connection_.on_packet(payload, ce, now);
  if (heard != Heard::kTaken) return Met::kRefused;
  session->bytes_received_ += payload.size();
  session->ready_ = true;
  make_busy(*session);
  return Met::kTaken;
}

unsigned Endpoint::serve(Nanos now, PacketSink& sink) noexcept {
  if (!leaving_ && rings_.leaving.get() != 0) leave();
  unsigned met = adopt(now);
  wheel_.advance(now, kTimersATurn, [&](Timer& timer) {
    auto& session = static_cast<Session&>(timer);
    session.connection_.on_timer(now);
    make_busy(session);
    ++met;
  });
  for (App* app : apps_) met += app->serve(*this, now);
  met += serve_busy(now, sink);
  for (App* app : apps_) app->settle(now);
  return met;
}

bool Endpoint::lie_down() noexcept {
  for (App* app : apps_)
    if (!app->lie_down()) {
      get_up();
      return false;
    }
  return true;
}

void Endpoint::get_up() noexcept {
  for (App* app : apps_) app->get_up();
}

void Endpoint::leave() noexcept {
  leaving_ = true;
  table_.for_each([this](Session& session) {
    session.connection_.close();
    make_busy(session);
  });
}

unsigned Endpoint::adopt(Nanos now) noexcept {
  unsigned met = 0;
  Session* session = nullptr;
  while (rings_.made.pop(session)) {
    ++met;
    if (!table_.insert(session->id_, *session)) {
      session->app().on_end(*this, *session, End::kStopped, now);
      rings_.ended.push(session);
      continue;
    }
    session->app().on_open(*this, *session, now);
    if (leaving_) session->connection_.close();
    make_busy(*session);
  }
  return met;
}

// Those that are busy now; who becomes busy on the way waits for the next turn.
unsigned Endpoint::serve_busy(Nanos now, PacketSink& sink) noexcept {
  if (busy_.first == nullptr) return 0;
  Session* const last = busy_.last;
  unsigned met = 0, packets = 0;
  for (bool more = true; more && packets < kPackets;) {
    Session& session = *take_busy();
    more = &session != last;
    ++met;
    if (std::exchange(session.ready_, false)) session.app().on_ready(*this, session, now);
    bool left = false;
    if (!session.stopped_)
      packets += write(session, now, sink, std::min(kPacketsATurn, kPackets - packets), left);
    if (session.stopped_ || session.connection_.life() != Life::kOpen) {
      end(session, now);
      continue;
    }
    // Not before: whom its application wakes while it is being served needs no further turn, and
    // who ends now must not be in the queue.
    session.busy_ = false;
    if (left) make_busy(session);
    wheel_.arm(session, session.connection_.deadline(now));
    if (now >= session.gauge_at_) {
      session.gauge_at_ = now + kGaugeEvery;
      session.write_gauges();
    }
  }
  return met;
}

unsigned Endpoint::write(Session& session, Nanos now, PacketSink& sink, unsigned most,
                         bool& left) noexcept {
  for (unsigned written = 0; written < most; ++written) {
    const std::span<uint8_t> room = sink.room(session);
    const size_t bytes = room.empty() ? 0 : session.connection_.write(room, now);
    if (bytes == 0) {
      left = room.empty();
      return written;
    }
    sink.send(session, bytes);
  }
  left = true;
  return most;
}

void Endpoint::end(Session& session, Nanos now) noexcept {
  session.write_gauges();
  wheel_.cancel(session);
  table_.erase(session.id_);
  const End why = session.stopped_ ? End::kStopped : end_of(session.connection_.life());
  session.app().on_end(*this, session, why, now);
  rings_.ended.push(&session);
}

void Session::write_gauges() noexcept {
  const Sender& sender = connection_.sender();
  const SenderCounts counts = sender.counts();
  SessionGauges& to = gauges_;
  to.srtt_ns.set(static_cast<uint64_t>(sender.rtt().smoothed().ns()));
  to.min_rtt_ns.set(static_cast<uint64_t>(sender.rtt().min().ns()));
  to.rto_ns.set(static_cast<uint64_t>(sender.rtt().rto().ns()));
  to.window_bytes.set(sender.congestion().window());
  to.threshold_bytes.set(sender.congestion().threshold());
  to.in_flight_bytes.set(sender.scoreboard().bytes_in_flight());
  to.in_flight_packets.set(sender.scoreboard().packets_in_flight());
  to.packets_sent.set(counts.packets_sent);
  to.bytes_sent.set(sender.bytes_sent());
  to.packets_received.set(connection_.heard(Heard::kTaken));
  to.bytes_received.set(bytes_received_);
  to.lost_fast.set(counts.lost_fast);
  to.lost_timeout.set(counts.lost_timeout);
  to.probes.set(counts.probes);
  to.timeouts.set(counts.timeouts);
  to.spurious.set(counts.spurious);
  to.episodes.set(counts.episodes);
  to.marks.set(counts.marks);
  uint64_t refused = 0;
  for (size_t what = 1; what < static_cast<size_t>(Heard::kCount); ++what)
    refused += connection_.heard(static_cast<Heard>(what));
  to.refused.set(refused);
  to.packet_bytes.set(connection_.packet_bytes());
  to.peer_closed.set(connection_.peer_closed() ? 1 : 0);
}

}  // namespace spanway::transport
