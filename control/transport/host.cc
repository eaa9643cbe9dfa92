// SPDX-License-Identifier: BSD-3-Clause
#include "control/transport/host.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "dataplane/packet/datagram.h"

namespace spanway::transport {
namespace {

// RFC 6335 section 6: nobody's service is there.
constexpr uint16_t kFirstEphemeral = 49152;
constexpr uint32_t kEphemerals = 65536 - kFirstEphemeral;
constexpr unsigned kPortTries = 64;
constexpr size_t kMostDials = 1024;
constexpr Nanos kSampleEvery = seconds(1);

SipKey random_key(Host::Entropy entropy, void* source) {
  SipKey key;
  entropy(source, key);
  return key;
}

}  // namespace

std::string text_of(const Peer& peer) {
  const std::string address = peer.address.to_string();
  return (peer.address.is6() ? "[" + address + "]" : address) + ":" + std::to_string(peer.port);
}

Host::Host(const HostOptions& options, Outlet& outlet, Entropy entropy, void* source)
    : options_(options),
      outlet_(outlet),
      entropy_(entropy),
      source_(source),
      random_(options.seed),
      welcome_(security_, random_key(entropy, source), options.most_sessions * options.workers),
      held_(options.workers, 0) {
  for (uint16_t w = 0; w < options.workers; ++w)
    rings_.push_back(std::make_unique<SessionRings>(options.most_sessions));
}

void Host::protect(const Security& security) {
  security_ = security;
  welcome_.protect(security);
}

Nonce128 Host::nonce() {
  Nonce128 bytes;
  entropy_(source_, bytes);
  return bytes;
}

ConnectionId Host::new_id() {
  for (;;) {
    std::array<uint8_t, sizeof(uint32_t)> bytes;
    entropy_(source_, bytes);
    const ConnectionId id{std::bit_cast<uint32_t>(bytes)};
    if (id.value != 0 && places_.insert(Owners::place_of(id)).second) return id;
  }
}

std::optional<uint16_t> Host::free_port() {
  for (unsigned i = 0; i < kPortTries; ++i) {
    const auto port = static_cast<uint16_t>(kFirstEphemeral + random_.below(kEphemerals));
    if (!users_.contains(port)) return port;
  }
  return std::nullopt;
}

void Host::free_id(ConnectionId id) {
  places_.erase(Owners::place_of(id));
  owners_.clear(id);
}

void Host::leave() {
  for (const auto& rings : rings_) rings->leaving.set(1);
}

Status Host::listen(uint16_t port, Owner& owner) {
  // Connections that a former listener accepted are told from new ones by their identifiers: while
  // they end, the port is free for the next.
  if (listeners_.contains(port) || is_dialled_from(port))
    return Error{ErrorCode::kExists, "UDP port " + std::to_string(port) + " is taken",
                 "choose another port"};
  listeners_.emplace(port, &owner);
  hold_port(port);
  return {};
}

void Host::unlisten(uint16_t port) {
  if (listeners_.erase(port) != 0) release_port(port);
}

bool Host::is_dialled_from(uint16_t port) const {
  const auto from = [port](const Path& path) { return path.own.port == port; };
  return std::ranges::any_of(dials_, [&](const auto& one) { return from(one.second.path); }) ||
         std::ranges::any_of(made_, [&](const auto& one) {
           return one.second.by_us && from(one.second.session->path());
         });
}

void Host::hold_port(uint16_t port) {
  if (++users_[port] == 1) listening_.add(port);
}

void Host::release_port(uint16_t port) {
  const auto at = users_.find(port);
  if (--at->second != 0) return;
  users_.erase(at);
  listening_.remove(port);
}

Result<uint32_t> Host::dial(const DialOptions& options, Owner& owner, Nanos now) {
  const IpAddr& to = options.peer.address;
  if (to.is6() && to.v6().is_link_local())
    return Error{ErrorCode::kInvalid, to.to_string() + " is an address of one link",
                 "use an address that is routed"};
  if (dials_.size() >= kMostDials)
    return Error{ErrorCode::kFull, std::to_string(kMostDials) + " dials wait for their answers",
                 "wait for some of them"};
  const auto source = options.source ? options.source : outlet_.source_towards(to);
  if (!source)
    return Error{ErrorCode::kUnavailable, "no route leads to " + to.to_string(), "show routes"};
  if (source->family() != to.family())
    return Error{ErrorCode::kInvalid,
                 source->to_string() + " and " + to.to_string() + " are of two families"};
  const auto port = free_port();
  if (!port) return Error{ErrorCode::kFull, "all UDP ports are taken", "close connections"};
  Params ours = owner.params();
  ours.first = PacketNumber(static_cast<uint32_t>(random_()));
  const ConnectionId own = new_id();
  const uint32_t number = next_number_++;
  dials_.emplace(
      own, Dialling{number, Dial(security_, own, nonce(), ours, options.patience, now),
                    Path{{*source, *port}, options.peer}, &owner, options.seat, options.patience});
  hold_port(*port);
  owners_.set_dialled(own);
  ++counts_.dialled;
  return number;
}

void Host::hang_up(uint32_t number) {
  const auto at =
      std::ranges::find_if(dials_, [&](const auto& one) { return one.second.number == number; });
  if (at == dials_.end()) return;
  release_port(at->second.path.own.port);
  free_id(at->first);
  dials_.erase(at);
}

void Host::on_packet(WorkerId worker, const Path& path, std::span<const uint8_t> payload,
                     Nanos now) {
  const auto header = read_header(payload);
  if (!header) return;
  if (header->kind == PacketKind::kOpen) return on_open(worker, path, payload, now);
  if (header->kind == PacketKind::kChallenge || header->kind == PacketKind::kAccept)
    return on_answer(worker, path, payload, header->connection, now);
}

void Host::on_open(WorkerId worker, const Path& path, std::span<const uint8_t> payload, Nanos now) {
  const auto listener = listeners_.find(path.own.port);
  if (listener == listeners_.end() || worker.value >= rings_.size()) return void(++counts_.stray);
  Owner& owner = *listener->second;
  const ConnectionId own = new_id();
  Params ours = owner.params();
  ours.first = PacketNumber(static_cast<uint32_t>(random_()));
  const auto [answer, why] = welcome_.on_open(path.peer, payload, own, nonce(), ours, now);
  if (!answer || !answer->made) free_id(own);
  if (!answer) return;
  if (answer->made) {
    const uint32_t number = next_number_;
    const auto seat = owner.admit(number, path);
    if (!seat || !hand_over(number, path, *seat, owner, *answer->made, worker, std::nullopt, now)) {
      if (seat) owner.buried(number, seat->context);
      free_id(own);
      return welcome_.forget(own, now);
    }
    ++next_number_;
    ++counts_.accepted;
  }
  // The worker knows the connection before the peer does.
  say(path, answer->packet);
}

void Host::on_answer(WorkerId worker, const Path& path, std::span<const uint8_t> payload,
                     ConnectionId own, Nanos now) {
  const auto at = dials_.find(own);
  if (at == dials_.end() || at->second.path != path || worker.value >= rings_.size() ||
      !at->second.dial.on_packet(payload, now))
    return void(++counts_.stray);
  Dialling& dialling = at->second;
  if (dialling.dial.state() != DialState::kConnected) {
    // What is to be said next need not wait.
    if (const auto packet = dialling.dial.step(now)) say(path, *packet);
    return;
  }
  Owner& owner = *dialling.owner;
  const uint32_t number = dialling.number;
  const bool given = hand_over(number, path, dialling.seat, owner, dialling.dial.established(),
                               worker, dialling.dial.round_trip(), now);
  if (given) {
    made_.at(number).by_us = true;
    ++counts_.connected;
  }
  release_port(path.own.port);  // the session holds it by itself
  if (!given) free_id(own);
  dials_.erase(at);
  if (given) return owner.connected(number);
  ++counts_.failed;
  owner.failed(number, Error{ErrorCode::kFull, "the worker has no room for more connections",
                             "close connections"});
}

bool Host::hand_over(uint32_t number, const Path& path, const Seat& seat, Owner& owner,
                     const Established& established, WorkerId worker,
                     std::optional<Nanos> round_trip, Nanos now) {
  if (held_[worker.value] >= options_.most_sessions) return false;
  Made made{.owner = &owner,
            .worker = worker,
            .since = now,
            .by = security_.by,
            .ours = established.ours,
            .theirs = established.theirs,
            .sampled_at = now};
  std::span<uint8_t> memory = seat.memory;
  if (memory.empty()) {
    const size_t bytes = receive_bytes(established.ours);
    made.memory = Memory(static_cast<uint8_t*>(std::aligned_alloc(kUnitBytes, bytes)));
    if (!made.memory) return false;
    memory = {made.memory.get(), bytes};
  }
  made.session = std::make_unique<Session>(
      SessionParts{number, path, &owner.app(worker), seat.context, memory}, established,
      options_.connection, now);
  if (round_trip) made.session->connection().learn_rtt(*round_trip, now);
  // As many fit as the worker may have.
  rings_[worker.value]->made.push(made.session.get());
  ++held_[worker.value];
  hold_port(path.own.port);
  owners_.set(established.own, worker);
  made_.emplace(number, std::move(made));
  return true;
}

void Host::sample(Nanos now) {
  next_sample_ = now + kSampleEvery;
  for (auto& [number, made] : made_) {
    const double seconds = (now - made.sampled_at).seconds();
    if (seconds <= 0) continue;
    const SessionGauges& gauges = made.session->gauges();
    const uint64_t sent = gauges.bytes_sent.get(), received = gauges.bytes_received.get();
    made.sent_rate = static_cast<double>(sent - made.bytes_sent) / seconds;
    made.received_rate = static_cast<double>(received - made.bytes_received) / seconds;
    made.bytes_sent = sent;
    made.bytes_received = received;
    made.sampled_at = now;
  }
}

Nanos Host::step(Nanos now) {
  for (const auto& rings : rings_) {
    Session* session = nullptr;
    while (rings->ended.pop(session)) bury(*session, now);
  }
  if (now >= next_sample_) sample(now);
  Nanos next = made_.empty() ? Nanos::never() : next_sample_;
  for (auto at = dials_.begin(); at != dials_.end();) {
    Dialling& one = at->second;
    if (const auto packet = one.dial.step(now)) say(one.path, *packet);
    next = std::min(next, one.dial.deadline());
    if (one.dial.state() != DialState::kFailed) {
      ++at;
      continue;
    }
    const Dialling gone = std::move(one);
    free_id(at->first);
    at = dials_.erase(at);
    release_port(gone.path.own.port);
    ++counts_.failed;
    gone.owner->failed(gone.number,
                       Error{ErrorCode::kUnavailable,
                             "no answer from " + text_of(gone.path.peer) + " within " +
                                 std::to_string(gone.patience.ns() / 1'000'000) + " ms",
                             "on the other router: transport listen " +
                                 std::to_string(gone.path.peer.port) + "; both need the same key"});
  }
  return next;
}

void Host::bury(Session& session, Nanos now) {
  const auto at = made_.find(session.number());
  Made made = std::move(at->second);
  made_.erase(at);
  free_id(session.id());
  --held_[made.worker.value];
  if (!made.by_us) welcome_.forget(session.id(), now);
  release_port(session.path().own.port);
  ++counts_.ended;
  const uint32_t number = session.number();
  const uint64_t context = session.context();
  made.session.reset();
  made.owner->buried(number, context);
}

void Host::say(const Path& path, std::span<const uint8_t> payload) {
  const size_t front = front_bytes(path.own.address.is4());
  std::vector<uint8_t> packet(front + payload.size());
  write_front(packet.data(), {path.own.address, path.peer.address, path.own.port, path.peer.port},
              payload.size());
  std::ranges::copy(payload, packet.begin() + static_cast<std::ptrdiff_t>(front));
  if (!outlet_.send_datagram(packet)) ++counts_.unsent;
}

Host::View Host::view_of(const Made& made) {
  return {made.session.get(), made.worker, made.by_us,     made.since,        made.by,
          made.ours,          made.theirs, made.sent_rate, made.received_rate};
}

std::vector<Host::View> Host::sessions() const {
  std::vector<View> all;
  for (const auto& [number, made] : made_) all.push_back(view_of(made));
  return all;
}

std::optional<Host::View> Host::session(uint32_t number) const {
  const auto at = made_.find(number);
  if (at == made_.end()) return std::nullopt;
  return view_of(at->second);
}

std::vector<uint16_t> Host::ports() const {
  std::vector<uint16_t> all;
  for (const auto& [port, owner] : listeners_) all.push_back(port);
  return all;
}

}  // namespace spanway::transport
