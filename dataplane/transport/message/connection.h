// SPDX-License-Identifier: BSD-3-Clause
// An established connection: messages in and out, packets in and out, one timer. Calls with a time;
// no clock, no socket, no thread of its own. Allocates when it is made and never again. The worker
// that owns it.
//
// Always: every message that send() took is either told done, which means that the peer has all of
// it, or the connection ends with a named reason. Messages of a stream are received in the order in
// which they were sent, each once; streams do not wait for each other.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/token_bucket.h"
#include "dataplane/base/units.h"
#include "dataplane/transport/message/carried.h"
#include "dataplane/transport/message/established.h"
#include "dataplane/transport/message/incoming.h"
#include "dataplane/transport/message/outgoing.h"
#include "dataplane/transport/message/path_mtu.h"
#include "dataplane/transport/message/phase_keys.h"
#include "dataplane/transport/recovery/receive_log.h"
#include "dataplane/transport/recovery/sender.h"

namespace spanway::transport {

struct ConnectionOptions {
  SenderOptions sender{};
  AckPolicy acks{};
  uint32_t most_messages = 1'024;        // of a stream that may wait to be sent
  uint16_t most_streams = kMostStreams;  // of the peer's that are used
  // Of a stream that are on their way at once, a power of two; the longest message is half of it.
  uint32_t most_span_bytes = 1u << 25;
  uint32_t packet_bytes = 1'200;   // of the UDP payloads that we send
  uint32_t most_packet_bytes = 0;  // that are tried on the path; below packet_bytes: none are
  // Of UDP payloads, acknowledgements alone not counted; 0: as fast as the path allows.
  uint64_t rate_bytes_per_second = 0;
  uint32_t phase_packets = kPhasePackets;  // under one key; not 0
};

enum class Life : uint8_t {
  kOpen,
  kClosed,  // both sides have said all and know it
  kSilent,  // nothing was heard for the idle time
  kSpent,   // more packets than one key may protect, and no answer that would let it turn
};

enum class Heard : uint8_t {
  kTaken,
  kDuplicate,  // or so old, or so far ahead, that nobody can tell
  kDamaged,    // its trailer does not fit
  kMalformed,  // against docs/transport.md
  kOverrun,    // more than we granted
  kForged,     // acknowledges or makes room for what was never sent
  kOver,       // the connection has ended
  kCount
};

class Connection {
 public:
  // `options` outlive it, and so does `receive_memory`: receive_bytes() of our Params, at a
  // multiple of kUnitBytes.
  Connection(const Established& established, const ConnectionOptions& options,
             std::span<uint8_t> receive_memory, Nanos now);

  // The bytes stay the caller's and must not change until take_done() names `tag`.
  Taken send(uint16_t stream, std::span<const uint8_t> bytes, uint64_t tag) noexcept;
  std::optional<uint64_t> take_done() noexcept { return outgoing_.take_done(); }
  // The next message; stays it until it is consumed.
  [[nodiscard]] std::optional<Received> next() const noexcept { return incoming_.next(); }
  void consume() noexcept { incoming_.consume(); }
  // The same for whoever reads several side by side: a message that is taken stays where it is
  // until it is released, which goes by the order of its stream. False: none of the stream is
  // taken.
  std::optional<Received> take_next() noexcept { return incoming_.take_next(); }
  bool release(uint16_t stream) noexcept { return incoming_.release(stream); }
  // Nothing more will be sent. What was taken still goes out.
  void close() noexcept { closing_ = true; }
  [[nodiscard]] bool peer_closed() const noexcept { return peer_closed_; }

  // A UDP payload whose header names this connection; it is opened in place. `ce`: it came marked
  // "congestion experienced".
  Heard on_packet(std::span<uint8_t> packet, bool ce, Nanos now) noexcept;
  // Writes the next packet into `room`, which holds at least packet_bytes, and most_packet_bytes if
  // such are to be tried; how long it is, 0: none now.
  size_t write(std::span<uint8_t> room, Nanos now) noexcept;
  void on_timer(Nanos now) noexcept;
  // What the handshake measured: better than to know nothing of the round trip.
  void learn_rtt(Nanos rtt, Nanos now) noexcept { sender_.learn_rtt(rtt, now); }
  // When on_timer() or write() has something to do, apart from what the calls above bring.
  [[nodiscard]] Nanos deadline(Nanos now) const noexcept;

  // What the peer takes.
  [[nodiscard]] const Params& theirs() const noexcept { return established_.theirs; }
  [[nodiscard]] Life life() const noexcept { return life_; }
  [[nodiscard]] const Sender& sender() const noexcept { return sender_; }
  // Of the UDP payload of a full packet, as the path takes them.
  [[nodiscard]] uint32_t packet_bytes() const noexcept { return mtu_.size(); }
  [[nodiscard]] uint64_t heard(Heard what) const noexcept {
    return heard_[static_cast<size_t>(what)];
  }

 private:
  // Who is told by the sender what became of a packet.
  struct Fate;

  Heard judge(std::span<uint8_t> packet, bool ce, Nanos now) noexcept;
  Heard apply(uint8_t flags, std::span<const uint8_t> body, PacketNumber number, bool ce,
              Nanos now) noexcept;
  [[nodiscard]] Heard look(const Frame& frame) const noexcept;
  bool take_ack(const AckField& ack, Nanos now) noexcept;
  void take(const Frame& frame) noexcept;
  [[nodiscard]] bool wants_to_speak() const noexcept;
  [[nodiscard]] bool may_send(size_t bytes, Nanos now) noexcept {
    return sender_.may_send(static_cast<uint32_t>(bytes), now) &&
           (!rate_ || rate_->has(now, bytes));
  }
  // What asks for an acknowledgement; false: nothing did.
  bool fill(BodyWriter& body, Load& load) noexcept;
  size_t write_probe(std::span<uint8_t> room, Nanos now) noexcept;
  size_t leave(std::span<uint8_t> packet, uint8_t flags, Cargo cargo, Nanos now) noexcept;
  // What became of a packet by which the path shows what sizes it takes.
  void measure(const Transmission& sent, bool delivered, Nanos now) noexcept;
  void turn_key() noexcept;
  void repeat_newest() noexcept;
  void say_again(const Load& load) noexcept;
  void review(Nanos now) noexcept;
  [[nodiscard]] Nanos idle() const noexcept;

  Established established_;
  const ConnectionOptions& options_;
  SealingKeys seals_;
  OpeningKeys opens_;
  Sender sender_;
  ReceiveLog log_;
  Outgoing outgoing_;
  Incoming incoming_;
  Carried carried_;
  PathMtu mtu_;
  std::optional<TokenBucket> rate_;  // none: as fast as the path allows
  Nanos heard_at_, linger_until_ = Nanos::never();
  Life life_ = Life::kOpen;
  bool ping_ = false;
  bool closing_ = false, close_sent_ = false, close_heard_ = false;  // ours
  bool peer_closed_ = false;
  std::array<uint64_t, static_cast<size_t>(Heard::kCount)> heard_{};
};

}  // namespace spanway::transport
