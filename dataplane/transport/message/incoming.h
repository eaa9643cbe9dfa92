// SPDX-License-Identifier: BSD-3-Clause
// Messages on their way in: put together piece by piece where the sender says in their stream's
// ring, handed out in the order of their stream, and counted against the windows that were granted.
// The worker that owns the connection. Allocates when it is made and never again.
//
// Always: nothing is written outside of the ring; a unit that came is not written again before the
// message it came for is released. Messages that a peer lays one over the other so never become
// whole: it spoils its own and no others.
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

enum class Fits : uint8_t {
  kNew,
  kKnown,    // all of it has come before
  kOverrun,  // no such stream, past its window, over another one, or not as was said before
};

struct Received {
  uint16_t stream = 0;
  std::span<const uint8_t> bytes;  // until it is released
};

class Incoming {
 public:
  // `ours`: what we said that we take. `memory`: as Connection's.
  Incoming(const Params& ours, std::span<uint8_t> memory);

  // Of a kMessage or kFragment, whether take() would take it; several of one packet are asked
  // about before the first is taken, so each has to fit by itself.
  [[nodiscard]] Fits look(const Frame& frame) const noexcept;
  Fits take(const Frame& frame) noexcept;

  // The next message that is whole and whose turn it is; the same until it is taken.
  [[nodiscard]] std::optional<Received> next() const noexcept {
    if (ready_.empty()) return std::nullopt;
    const uint16_t number = ready_.front();
    const Stream& stream = streams_[number];
    const Message& message = stream.message(stream.head + stream.taken);
    return Received{number, {stream.at(message.place), message.bytes}};
  }
  // That one, for whoever reads several side by side: its bytes stay until it is released.
  std::optional<Received> take_next() noexcept {
    const auto message = next();
    if (message) pass();
    return message;
  }
  // The oldest of `stream` that was taken: its bytes are free, and the window moves on. False: none
  // is taken, or there is no such stream.
  bool release(uint16_t stream) noexcept;
  // take_next() and release() in one, for whoever reads one after another. Not when next() has
  // none.
  void consume() noexcept {
    const uint16_t stream = ready_.front();
    pass();
    release(stream);
  }

  [[nodiscard]] bool window_due() const noexcept { return !tell_.empty(); }
  // Writes one window that has to be told; the stream. nullopt: none, or no room.
  std::optional<uint16_t> write_window(BodyWriter& body) noexcept;
  // What was told last was lost.
  void tell_again(uint16_t stream) noexcept { tell_.push(stream); }

 private:
  struct Message {
    uint32_t place = 0;
    uint32_t bytes = 0;    // 0: nothing of it has come
    uint32_t missing = 0;  // units
  };
  struct Stream {
    Stream(std::span<uint8_t> memory, uint32_t messages);
    [[nodiscard]] Message& message(uint32_t number) const noexcept {
      return messages[number & message_mask];
    }
    [[nodiscard]] uint8_t* at(uint32_t place) const noexcept {
      return memory + size_t{place & unit_mask} * kUnitBytes;
    }

    uint8_t* memory;
    uint32_t unit_mask, message_mask;
    Zeroed<Message> messages;  // a ring, from number `head` on
    UnitBits had;              // units of the messages that were not released
    uint32_t head = 0;         // the next to be released
    uint32_t taken = 0;        // from there on
    uint32_t released = 0;     // the place up to which all is free
    uint32_t told_messages, told_place;
  };
  void pass() noexcept;
  // Copies what has not come before; how many units that is.
  static uint32_t fill(Stream& stream, uint32_t place, std::span<const uint8_t> bytes) noexcept;

  uint32_t window_messages_, window_units_, most_bytes_;
  std::vector<Stream> streams_;
  StreamQueue ready_;  // streams whose first message that is not taken is whole
  StreamQueue tell_;
};

}  // namespace spanway::transport
