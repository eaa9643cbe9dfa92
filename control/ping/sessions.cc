// SPDX-License-Identifier: BSD-3-Clause
#include "control/ping/sessions.h"

#include <algorithm>
#include <string>

namespace spanway::ping {
namespace {

Error invalid(std::string message, std::string fix) {
  return {ErrorCode::kInvalid, std::move(message), std::move(fix)};
}

bool can_answer(const IpAddr& ip) {
  if (ip.is6()) return !ip.v6().is_unspecified() && !ip.v6().is_multicast();
  return !ip.v4().is_zero() && !ip.v4().is_multicast() && !ip.v4().is_broadcast() &&
         !ip.v4().is_reserved();
}

}  // namespace

Sessions::Sessions(Outlet& outlet, uint64_t seed, size_t max_packet_bytes)
    : outlet_(outlet), random_(seed), max_packet_bytes_(max_packet_bytes) {}

Status Sessions::admit(const IpAddr& address, const std::optional<IpAddr>& source,
                       Nanos timeout) const {
  if (sessions_.size() >= kMaxSessions)
    return Error{ErrorCode::kFull,
                 std::to_string(kMaxSessions) + " pings and traceroutes are running already",
                 "wait until some are done"};
  if (!can_answer(address))
    return invalid(address.to_string() + " is not the address of one host",
                   "give a unicast address");
  if (source && source->family() != address.family())
    return invalid(
        "the source " + source->to_string() + " is of another family than " + address.to_string(),
        "give a source of the same family");
  if (timeout <= Nanos()) return invalid("the timeout is 0", "give at least 1 ms");
  return {};
}

Result<uint32_t> Sessions::start_ping(const PingOptions& options, Nanos now) {
  if (auto fine = admit(options.address, options.source, options.timeout); !fine)
    return std::move(fine).error();
  if (options.interval <= Nanos() || options.ttl == 0)
    return invalid("the interval or the time to live is 0", "give at least 1");
  // Else a request would have to be forgotten before its time is up.
  if (options.timeout.ns() / options.interval.ns() >= static_cast<int64_t>(Pinger::kKept))
    return invalid("too many requests would be waiting at once",
                   "give a longer interval or a shorter timeout");
  const ProbePacket probe{.source = options.address,
                          .destination = options.address,
                          .mark = {},
                          .payload_bytes = options.payload_bytes};
  if (const size_t bytes = packet_bytes(probe); bytes > max_packet_bytes_)
    return invalid("a packet of " + std::to_string(bytes) + " bytes is more than a buffer holds",
                   "give a size of at most " +
                       std::to_string(options.payload_bytes - (bytes - max_packet_bytes_)));
  Session session{.ping = std::make_unique<Pinger>(options, free_id(), outlet_, now),
                  .polled = now};
  sessions_.emplace(++last_number_, std::move(session));
  return last_number_;
}

Result<uint32_t> Sessions::start_trace(const TraceOptions& options, Nanos now) {
  if (auto fine = admit(options.address, options.source, options.timeout); !fine)
    return std::move(fine).error();
  if (options.max_hops == 0 || options.probes == 0 || options.probes > 10)
    return invalid("no such number of hops or probes", "give 1 to 255 hops and 1 to 10 probes");
  Session session{.trace = std::make_unique<Tracer>(options, free_id(), outlet_, now),
                  .polled = now};
  sessions_.emplace(++last_number_, std::move(session));
  return last_number_;
}

uint16_t Sessions::free_id() {
  for (;;) {
    // 15 bits: a UDP traceroute sets the highest one, and ids stay apart either way.
    const auto id = static_cast<uint16_t>(random_.below(1 << 15));
    const bool taken = std::any_of(sessions_.begin(), sessions_.end(), [&](const auto& one) {
      const Session& session = one.second;
      return (session.ping ? session.ping->id() : session.trace->id()) == id;
    });
    if (!taken) return id;
  }
}

Sessions::Session* Sessions::poll(uint32_t number, Nanos now) {
  const auto at = sessions_.find(number);
  if (at == sessions_.end()) return nullptr;
  at->second.polled = now;
  return &at->second;
}

const Pinger* Sessions::poll_ping(uint32_t number, Nanos now) {
  const auto at = sessions_.find(number);
  return at == sessions_.end() || !at->second.ping ? nullptr : poll(number, now)->ping.get();
}

const Tracer* Sessions::poll_trace(uint32_t number, Nanos now) {
  const auto at = sessions_.find(number);
  return at == sessions_.end() || !at->second.trace ? nullptr : poll(number, now)->trace.get();
}

bool Sessions::stop(uint32_t number, Nanos now) {
  Session* session = poll(number, now);
  if (session == nullptr) return false;
  session->stop();
  return true;
}

bool Sessions::on_packet(std::span<const uint8_t> packet, Nanos received) {
  const auto answer = parse_answer(packet);
  if (!answer) return false;
  return std::any_of(sessions_.begin(), sessions_.end(), [&](auto& one) {
    Session& session = one.second;
    return session.ping ? session.ping->on_answer(*answer, received)
                        : session.trace->on_answer(*answer, received);
  });
}

Nanos Sessions::step(Nanos now) {
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    Session& session = at->second;
    if (session.polled + kUnpolled <= now) {
      if (session.done()) {
        at = sessions_.erase(at);
        continue;
      }
      // Stopped first, forgotten one period later: a late poll still sees the figures.
      session.stop();
      session.polled = now;
    }
    if (session.ping)
      session.ping->step(now);
    else
      session.trace->step(now);
    ++at;
  }
  return next_deadline();
}

Nanos Sessions::next_deadline() const {
  Nanos next = Nanos::never();
  for (const auto& [number, session] : sessions_)
    next = std::min({next, session.next_deadline(), session.polled + kUnpolled});
  return next;
}

}  // namespace spanway::ping
