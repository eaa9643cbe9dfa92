// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/connection.h"

#include <algorithm>
#include <memory>

#include "dataplane/base/check.h"

namespace spanway::transport {
namespace {

// A quarter of the idle time without a word asks for one.
constexpr int64_t kAskAfter = 4;
// Retransmission timeouts for which a closed connection still answers, should its last
// acknowledgement be lost.
constexpr int64_t kLinger = 3;
// Of a limited rate, what may be saved up: a millisecond's worth, and never less than may leave a
// pacer at once.
constexpr uint64_t kRateBursts = 1'000;

// Room for the frames of a packet; not written before it is used.
union Frames {
  Frames() noexcept {}            // NOLINT: that is the point
  Frame frames[kMostFrames + 1];  // with padding
};

// As much of what the peer takes as we make use of.
Params used(Params theirs, const ConnectionOptions& options) {
  theirs.streams = std::min(theirs.streams, options.most_streams);
  return theirs;
}

// nullopt: CRC-32C.
std::optional<Secret> secret_of(const Established& established, bool of_client) {
  if (!established.secrets) return std::nullopt;
  return of_client ? established.secrets->client : established.secrets->server;
}

}  // namespace

struct Connection::Fate {
  Connection& of;
  Nanos now;

  void delivered(PacketNumber n) noexcept {
    const Load& load = of.carried_.of(n);
    of.carried_.each(load, [this](const Piece& piece) { of.outgoing_.delivered(piece); });
    if (load.close) of.close_heard_ = true;
    settle(n, true);
  }
  void lost(PacketNumber n) noexcept {
    of.say_again(of.carried_.of(n));
    settle(n, false);
  }
  void late(PacketNumber n) noexcept { delivered(n); }

  void settle(PacketNumber n, bool arrived) noexcept {
    const Transmission& sent = of.sender_.scoreboard().at(n);
    if (sent.bytes > PathMtu::kBase) of.measure(sent, arrived, now);
  }
};

Connection::Connection(const Established& established, const ConnectionOptions& options,
                       std::span<uint8_t> receive_memory, Nanos now)
    : established_(established),
      options_(options),
      seals_(secret_of(established, established.is_client), established.ours.first),
      opens_(secret_of(established, !established.is_client), established.theirs.first),
      sender_(options.sender, established.ours.first),
      log_(options.acks, established.theirs.first),
      outgoing_(used(established.theirs, options), options.most_messages, options.most_span_bytes),
      incoming_(established.ours, receive_memory),
      carried_(sender_.scoreboard().capacity()),
      mtu_(std::min<uint32_t>(options.packet_bytes, established.theirs.packet_bytes),
           std::min<uint32_t>(options.most_packet_bytes, established.theirs.packet_bytes)),
      heard_at_(now) {
  if (const uint64_t rate = options.rate_bytes_per_second; rate != 0)
    rate_.emplace(rate, std::max({rate / kRateBursts, kPacerBurst * options.packet_bytes,
                                  uint64_t{options.most_packet_bytes}}));
  SPANWAY_CHECK(is_valid(established.ours) && is_valid(established.theirs));
  SPANWAY_CHECK(receive_memory.size() == receive_bytes(established.ours) &&
                reinterpret_cast<uintptr_t>(receive_memory.data()) % kUnitBytes == 0);
}

Nanos Connection::idle() const noexcept {
  return millis(std::min(established_.ours.idle_ms, established_.theirs.idle_ms));
}

Taken Connection::send(uint16_t stream, std::span<const uint8_t> bytes, uint64_t tag) noexcept {
  if (closing_ || life_ != Life::kOpen) return Taken::kClosed;
  return outgoing_.send(stream, bytes, tag);
}

Heard Connection::on_packet(std::span<uint8_t> packet, bool ce, Nanos now) noexcept {
  const Heard what = judge(packet, ce, now);
  ++heard_[static_cast<size_t>(what)];
  review(now);
  return what;
}

Heard Connection::judge(std::span<uint8_t> packet, bool ce, Nanos now) noexcept {
  if (life_ != Life::kOpen) return Heard::kOver;
  const auto header = read_header(packet);
  if (!header || header->kind != PacketKind::kData || header->connection != established_.own)
    return Heard::kMalformed;
  // Before its trailer costs anything. What is sent again has a new number, so this one is the
  // network's copy, or somebody's who overheard it, and asks for no answer.
  if (log_.look(header->number) != Arrival::kNew) return Heard::kDuplicate;
  if (!opens_.open(packet, header->flags, header->number)) return Heard::kDamaged;
  const auto body =
      packet.subspan(kHeaderBytes, packet.size() - kHeaderBytes - opens_.trailer_bytes());
  return apply(header->flags, body, header->number, ce, now);
}

// All of it or nothing: a first look before anything is taken.
Heard Connection::apply(uint8_t flags, std::span<const uint8_t> body, PacketNumber number, bool ce,
                        Nanos now) noexcept {
  auto reader = BodyReader::begin(flags, body);
  if (!reader) return Heard::kMalformed;
  Frames room;
  size_t count = 0;
  while (!reader->done()) {
    Frame& frame = *std::construct_at(&room.frames[count]);
    if (reader->next(frame) != WireFault::kNone) return Heard::kMalformed;
    if (frame.type == FrameType::kPadding) break;  // the last there is
    if (const Heard what = look(frame); what != Heard::kTaken) return what;
    ++count;
  }
  if (reader->ack() && !take_ack(*reader->ack(), now)) return Heard::kForged;
  log_.note(number, count != 0, ce, now);
  heard_at_ = now;
  for (size_t i = 0; i < count; ++i) take(room.frames[i]);
  return Heard::kTaken;
}

Heard Connection::look(const Frame& frame) const noexcept {
  switch (frame.type) {
    case FrameType::kMessage:
    case FrameType::kFragment:
      return incoming_.look(frame) == Fits::kOverrun ? Heard::kOverrun : Heard::kTaken;
    case FrameType::kWindow:
      return outgoing_.believes(frame.stream, frame.message, frame.place) ? Heard::kTaken
                                                                          : Heard::kForged;
    case FrameType::kClose:
    case FrameType::kPing:
    case FrameType::kPadding:
      return Heard::kTaken;
  }
  return Heard::kMalformed;
}

bool Connection::take_ack(const AckField& ack, Nanos now) noexcept {
  AckRanges room;
  Fate fate{*this, now};
  const Nanos delay = ack.delay < kMostAckDelay ? ack.delay : Nanos::never();
  return sender_.on_ack({ranges_of(ack.words, room), delay, ack.ce_count}, now, fate) !=
         AckVerdict::kRefused;
}

void Connection::take(const Frame& frame) noexcept {
  switch (frame.type) {
    case FrameType::kMessage:
    case FrameType::kFragment:
      incoming_.take(frame);
      return;
    case FrameType::kWindow:
      outgoing_.open_window(frame.stream, frame.message, frame.place);
      return;
    case FrameType::kClose:
      peer_closed_ = true;
      return;
    case FrameType::kPing:
    case FrameType::kPadding:
      return;
  }
}

bool Connection::wants_to_speak() const noexcept {
  return ping_ || incoming_.window_due() || outgoing_.ready() ||
         (closing_ && !close_sent_ && outgoing_.idle());
}

bool Connection::fill(BodyWriter& body, Load& load) noexcept {
  const size_t before = body.size();
  if (const auto stream = incoming_.write_window(body)) load.window = static_cast<uint8_t>(*stream);
  while (load.pieces < Carried::kPiecesAPacket) {
    const auto piece = outgoing_.write(body);
    if (!piece) break;
    carried_.add(load, *piece);
  }
  if (closing_ && !close_sent_ && outgoing_.idle()) load.close = close_sent_ = body.close(0);
  if (ping_ && body.size() == before) body.ping();
  if (body.size() != before) ping_ = false;
  return body.size() != before;
}

size_t Connection::write(std::span<uint8_t> room, Nanos now) noexcept {
  if (life_ != Life::kOpen) return 0;
  if (seals_.due(options_.phase_packets)) [[unlikely]]
    turn_key();
  const size_t most = std::min<size_t>(room.size(), mtu_.size());
  const bool speaks = wants_to_speak() && may_send(most, now);
  if (!speaks && !log_.ack_due(now)) return 0;
  if (speaks)
    if (const size_t size = write_probe(room, now)) return size;
  const PacketNumber number = sender_.next();
  const size_t trailer = seals_.trailer_bytes();
  BodyWriter body(room.subspan(kHeaderBytes, most - kHeaderBytes - trailer));
  uint8_t flags = 0;
  if (log_.any() && (speaks || log_.owed())) {
    flags = body.ack({log_.words(), log_.delay(now), static_cast<uint16_t>(log_.ce_count())});
    log_.told();
  }
  // An acknowledgement alone leaves no load behind, and takes nobody's place when the ring is full.
  const bool asks = speaks && fill(body, carried_.begin(number));
  if (body.size() == 0) return 0;
  return leave(room.first(kHeaderBytes + body.size() + trailer), flags,
               asks ? Cargo::kData : Cargo::kSilent, now);
}

// Nothing but padding: what is lost with it need not be said again. Not while the path is in doubt:
// then the few packets that may leave have to be such as are known to arrive.
size_t Connection::write_probe(std::span<uint8_t> room, Nanos now) noexcept {
  const uint32_t size = mtu_.to_probe(now);
  if (size == 0 || size > room.size() || !sender_.rtt().known() || sender_.rtt().doublings() != 0 ||
      sender_.congestion().recovering() || !may_send(size, now))
    return 0;
  BodyWriter body(room.subspan(kHeaderBytes, size - kHeaderBytes - seals_.trailer_bytes()));
  body.ping();
  body.pad_to(size - kHeaderBytes - seals_.trailer_bytes());
  carried_.begin(sender_.next());
  mtu_.probed();
  return leave(room.first(size), 0, Cargo::kPathProbe, now);
}

size_t Connection::leave(std::span<uint8_t> packet, uint8_t flags, Cargo cargo,
                         Nanos now) noexcept {
  const PacketNumber number = sender_.next();
  const auto all_flags = static_cast<uint8_t>(flags | seals_.flag());
  write_header({PacketKind::kData, all_flags, established_.peer, number}, packet.data());
  seals_.seal(packet, number);
  sender_.on_sent(static_cast<uint32_t>(packet.size()), now, cargo);
  if (rate_ && cargo != Cargo::kSilent) rate_->take(now, packet.size());
  if (seals_.spent()) life_ = Life::kSpent;
  return packet.size();
}

// Not before the peer has shown that it knows the phase; who only acknowledges asks it to.
void Connection::turn_key() noexcept {
  if (sender_.rack().any() && seals_.known(sender_.rack().newest()))
    seals_.turn(sender_.next());
  else if (sender_.scoreboard().packets_in_flight() == 0)
    ping_ = true;
}

void Connection::measure(const Transmission& sent, bool delivered, Nanos now) noexcept {
  const bool probe = sent.cargo == Cargo::kPathProbe;
  if (delivered ? mtu_.delivered(sent.bytes, probe, now)
                : mtu_.lost(sent.bytes, probe, now, sender_.rtt().smoothed()))
    sender_.set_segment(mtu_.size());
}

// For a tail loss probe without anything new: the newest packet that is outstanding, again.
void Connection::repeat_newest() noexcept {
  const Scoreboard& board = sender_.scoreboard();
  ping_ = true;  // should it have carried nothing that is still wanted
  for (PacketNumber n = sender_.next() - 1; n >= board.first(); n = n - 1) {
    if (!board.in_flight(n)) continue;
    say_again(carried_.of(n));
    return;
  }
}

void Connection::say_again(const Load& load) noexcept {
  carried_.each(load, [this](const Piece& piece) { outgoing_.again(piece); });
  if (load.window != Load::kNoWindow) incoming_.tell_again(load.window);
  if (load.close) close_sent_ = false;
}

void Connection::on_timer(Nanos now) noexcept {
  if (life_ != Life::kOpen) return;
  Fate fate{*this, now};
  if (now >= sender_.deadline() && sender_.on_timer(now, fate) == TimerVerdict::kProbe &&
      !wants_to_speak())
    repeat_newest();
  if (now - heard_at_ >= Nanos(idle().ns() / kAskAfter) &&
      sender_.scoreboard().packets_in_flight() == 0)
    ping_ = true;
  review(now);
}

void Connection::review(Nanos now) noexcept {
  if (life_ != Life::kOpen) return;
  if (now - heard_at_ >= idle()) {
    // Nothing is missing where both have said all: the peer has gone, and the word that it heard
    // our last one was lost.
    life_ = peer_closed_ && close_sent_ && outgoing_.idle() ? Life::kClosed : Life::kSilent;
  }
  if (!close_heard_ || !peer_closed_) return;
  if (linger_until_ == Nanos::never()) linger_until_ = now + sender_.rtt().rto() * kLinger;
  // Not without the answer to the peer's last word, however late our turn.
  if (now >= linger_until_ && !log_.owed()) life_ = Life::kClosed;
}

Nanos Connection::deadline(Nanos now) const noexcept {
  if (life_ != Life::kOpen) return Nanos::never();
  Nanos due = std::min({sender_.deadline(), log_.deadline(), heard_at_ + idle()});
  // It does not leave before the answer has left, whose time is above.
  if (!log_.owed()) due = std::min(due, linger_until_);
  if (sender_.scoreboard().packets_in_flight() == 0 && !ping_)
    due = std::min(due, heard_at_ + Nanos(idle().ns() / kAskAfter));
  // Held back by pacing or the rate alone.
  if (!wants_to_speak()) return due;
  if (sender_.paced_until() > now) due = std::min(due, sender_.paced_until());
  if (rate_ && rate_->when(mtu_.size()) > now) due = std::min(due, rate_->when(mtu_.size()));
  return due;
}

}  // namespace spanway::transport
