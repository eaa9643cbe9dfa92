// SPDX-License-Identifier: BSD-3-Clause
// Messages on their way out: each gets its place in its stream's ring at the peer when it begins,
// and is cut into frames in the order of their streams' turns, as far as the peer's windows reach;
// what was lost goes first, again. The bytes stay the caller's and are read where they lie until
// the message is done. The worker that owns the connection. Allocates when it is made and never
// again.
//
// Always: a unit is told delivered once; a message is done when all its units are; what is lost and
// was delivered by another transmission is not sent again. From the oldest message that is not
// done to the newest that has begun it is at most one ring.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/transport/message/handshake.h"
#include "dataplane/transport/message/stream_queue.h"
#include "dataplane/transport/message/unit_bits.h"
#include "dataplane/transport/message/wire.h"

namespace spanway::transport {

// What a packet carried of a stream: whole messages from `message` on, or units of that one.
struct Piece {
  uint16_t stream = 0;
  uint16_t whole = 0;  // messages; 0: `count` units from `first` on
  uint32_t message = 0;
  uint32_t first = 0, count = 0;
};
static_assert(sizeof(Piece) == 16);

enum class Taken : uint8_t {
  kYes,
  kNoStream,  // the peer takes fewer
  kEmpty,
  kTooLong,  // more than most_message_bytes(), or half of what may be on its way at once
  kFull,     // so many of the stream wait already, or so many that are done were not asked for
  kClosed,
};

class Outgoing {
 public:
  // `theirs`: what the peer takes. `most`: messages of a stream that may wait. `span`: bytes of a
  // stream from the oldest that is not done to the newest that has begun, at most; a power of two
  // from kLeastWindowBytes on.
  Outgoing(const Params& theirs, uint32_t most, uint32_t span = kMostWindowBytes);

  // `tag` is the caller's name for it; see take_done().
  Taken send(uint16_t stream, std::span<const uint8_t> bytes, uint64_t tag) noexcept;
  // The peer says how many messages and how far into its ring may have been sent. Can that be? Who
  // gives room away has consumed what was there, and so it must have been sent.
  [[nodiscard]] bool believes(uint16_t stream, uint32_t messages, uint32_t place) const noexcept;
  // Only what believes() does.
  void open_window(uint16_t stream, uint32_t messages, uint32_t place) noexcept;

  // There is something that may be sent.
  [[nodiscard]] bool ready() const noexcept { return lost_ != 0 || !turns_.empty(); }
  // Everything that was given is done.
  [[nodiscard]] bool idle() const noexcept { return open_ == 0; }
  // The next frame or frames that fit into `body`; nullopt: nothing is ready, or nothing fits.
  std::optional<Piece> write(BodyWriter& body) noexcept;

  void delivered(const Piece& piece) noexcept;
  // Send it again, lost or not.
  void again(const Piece& piece) noexcept;
  // A message that the peer has all of; in the order in which they became so.
  std::optional<uint64_t> take_done() noexcept {
    if (done_first_ == done_end_) return std::nullopt;
    return done_[done_first_++ & done_mask_];
  }

 private:
  struct Message {
    const uint8_t* bytes = nullptr;
    uint64_t tag = 0;
    uint32_t size = 0;
    uint32_t place = 0;    // once it has begun
    uint32_t missing = 0;  // units that were not delivered; 0: done
  };
  struct Stream {
    Stream(const Params& theirs, uint32_t most, uint32_t span);
    [[nodiscard]] Message& message(uint32_t number) const noexcept {
      return messages[number & message_mask];
    }
    // The oldest that was not consumed when so many may have been sent.
    [[nodiscard]] uint32_t consumed(uint32_t may) const noexcept { return may - window_messages; }
    // Of the oldest message that is not done, or of what comes next.
    [[nodiscard]] uint32_t base_place() const noexcept {
      return base == next ? place : message(base).place;
    }

    Zeroed<Message> messages;  // a ring, from number `base` on
    uint32_t message_mask, unit_mask, window_messages;
    uint32_t span_units;                   // no more than the ring has
    uint32_t base = 0, next = 0, end = 0;  // not done; to be begun; to be given
    uint32_t rest = 0;                     // units of the newest begun that were not sent yet
    uint32_t place = 0;                    // up to which the peer's ring is taken
    uint32_t may_messages, may_place;      // begun, at most
    uint32_t lost_units = 0, lost_from = 0;
    UnitBits had;   // delivered, of messages that are not done and were cut
    UnitBits lost;  // to be sent again; none that is in `had` or of a message that is done
  };

  // Where a message would begin that needs so many units: none lies around the ring's end.
  [[nodiscard]] static uint32_t next_place(const Stream& stream, uint32_t units) noexcept {
    const uint32_t within = stream.place & stream.unit_mask;
    return within + units <= stream.unit_mask + 1 ? stream.place
                                                  : (stream.place | stream.unit_mask) + 1;
  }
  [[nodiscard]] static bool may_begin(const Stream& stream) noexcept {
    if (stream.next == stream.end || stream.next == stream.may_messages) return false;
    const uint32_t units = stream.message(stream.next).missing;
    const uint32_t end = next_place(stream, units) + units;
    if (stream.span_units <= stream.unit_mask &&
        !reaches(end, stream.base_place() + stream.span_units))
      return false;
    return reaches(end, stream.may_place);
  }
  [[nodiscard]] static bool may_go_on(const Stream& stream) noexcept {
    return stream.rest != 0 || may_begin(stream);
  }
  static void begin(Stream& stream) noexcept {
    Message& message = stream.message(stream.next++);
    message.place = next_place(stream, message.missing);
    stream.place = message.place + message.missing;
  }
  static uint32_t write_units(BodyWriter& body, uint16_t stream, uint32_t number,
                              const Message& message, uint32_t first, uint32_t most) noexcept;
  uint16_t write_whole(BodyWriter& body, uint16_t number) noexcept;
  std::optional<Piece> write_lost(BodyWriter& body) noexcept;
  std::optional<Piece> write_new(BodyWriter& body) noexcept;
  static uint32_t holder(const Stream& stream, uint32_t place) noexcept;
  void done(uint16_t number, Message& message) noexcept;
  // None of these has to be sent again.
  void found(uint16_t number, uint32_t place, uint32_t count) noexcept {
    Stream& stream = streams_[number];
    if (stream.lost_units == 0) [[likely]]
      return;
    stream.lost_units -= stream.lost.clear(place, count);
    if (stream.lost_units == 0) lost_ &= ~(uint64_t{1} << number);
  }
  void lose(uint16_t number, uint32_t place, uint32_t count) noexcept;
  void forget_done(uint16_t number) noexcept {
    Stream& stream = streams_[number];
    while (stream.base != stream.next && stream.message(stream.base).missing == 0) ++stream.base;
    if (stream.span_units <= stream.unit_mask && may_go_on(stream)) turns_.push(number);
  }

  uint32_t most_, most_bytes_;
  std::vector<Stream> streams_;
  StreamQueue turns_;  // of what is new
  uint64_t lost_ = 0;  // streams with something to be sent again, a bit each
  Zeroed<uint64_t> done_;
  uint32_t done_mask_, done_first_ = 0, done_end_ = 0;
  uint32_t open_ = 0;  // messages that are not done
};

}  // namespace spanway::transport
