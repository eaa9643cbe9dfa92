// SPDX-License-Identifier: BSD-3-Clause
// Messages on their way out: cut into frames in the order of their streams' turns, as far as the
// peer's windows reach; what was lost goes first, again. The bytes stay the caller's and are read
// where they lie until the message is done. The worker that owns the connection.
//
// Always: a unit is told delivered once; a message is done when all its units are; what is lost and
// was delivered by another transmission is not sent again.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/transport/message/handshake.h"
#include "dataplane/transport/message/unit_map.h"
#include "dataplane/transport/message/wire.h"

namespace spanway::transport {

// What a packet carried of a message.
struct Piece {
  uint16_t stream = 0;
  uint32_t message = 0;
  uint32_t first = 0, count = 0;  // units
};

enum class Taken : uint8_t {
  kYes,
  kNoStream,  // the peer takes fewer
  kEmpty,
  kTooLong,  // more than half of the peer's window, or than any message may have
  kFull,     // so many of the stream wait already
  kClosed,
};

class Outgoing {
 public:
  // `theirs`: what the peer takes. `most`: messages of a stream that may wait.
  Outgoing(const Params& theirs, uint32_t most);

  // `tag` is the caller's name for it; see take_done().
  Taken send(uint16_t stream, std::span<const uint8_t> bytes, uint64_t tag);
  // The peer says how much of a stream may have been sent in all.
  void open_window(uint16_t stream, uint32_t messages, uint32_t bytes);

  // There is something that may be sent.
  [[nodiscard]] bool ready() const noexcept { return !lost_.empty() || !turns_.empty(); }
  // Everything that was given is done.
  [[nodiscard]] bool idle() const noexcept { return open_ == 0; }
  // The next frame that fits into `body`; nullopt: nothing is ready, or nothing fits.
  std::optional<Piece> write(BodyWriter& body);

  void delivered(const Piece& piece);
  // Send it again, lost or not.
  void again(const Piece& piece);
  // A message that the peer has all of; in the order in which they became so.
  std::optional<uint64_t> take_done();

 private:
  struct Message {
    std::span<const uint8_t> bytes;
    uint64_t tag = 0;
    uint32_t sent = 0;  // units, from the front
    UnitMap delivered;
  };
  struct Stream {
    std::deque<Message> messages;  // from number `base` on, done or not
    uint32_t base = 0;
    uint32_t next = 0;          // to be begun
    uint32_t may_messages = 0;  // begun in all, at most
    uint32_t may_bytes = 0, begun_bytes = 0;
    bool has_turn = false;
  };

  Message* find(uint16_t stream, uint32_t number) noexcept;
  [[nodiscard]] bool may_go_on(const Stream& stream) const noexcept;
  void give_turn(uint16_t stream);
  static uint32_t write_units(BodyWriter& body, uint16_t stream, uint32_t number,
                              const Message& message, uint32_t first, uint32_t most);
  std::optional<Piece> write_lost(BodyWriter& body);
  std::optional<Piece> write_new(BodyWriter& body);

  uint32_t most_;
  uint32_t window_bytes_;
  std::vector<Stream> streams_;
  std::deque<uint16_t> turns_;
  std::deque<Piece> lost_;
  std::deque<uint64_t> done_;
  uint64_t open_ = 0;  // messages
};

}  // namespace spanway::transport
