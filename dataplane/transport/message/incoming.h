// SPDX-License-Identifier: BSD-3-Clause
// Messages on their way in: put together piece by piece, handed out in the order of their stream,
// and counted against the windows that were granted. The worker that owns the connection.
//
// Always: of a stream, at most window_messages messages and window_bytes bytes are held, handed out
// ones that were not consumed included; what a peer sends beyond that is refused.
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

enum class Fits : uint8_t {
  kNew,
  kKnown,    // all of it has come before
  kOverrun,  // no such stream, or past its window, or not the size that was said before
};

struct Received {
  uint16_t stream = 0;
  std::span<const uint8_t> bytes;  // until it is released
};

class Incoming {
 public:
  // `ours`: what we said that we take.
  explicit Incoming(const Params& ours);

  // Of a kMessage or kFragment, whether take() would take it; several of one packet are asked
  // about before the first is taken, so each has to fit by itself.
  [[nodiscard]] Fits look(const Frame& frame) const noexcept;
  Fits take(const Frame& frame);

  // The next message that is whole and whose turn it is; the same until it is taken.
  [[nodiscard]] std::optional<Received> next() const noexcept;
  // That one, for whoever reads several side by side: its bytes stay until it is released.
  std::optional<Received> take_next();
  // The oldest of `stream` that was taken: its bytes are free, and the window moves on. False: none
  // is taken, or there is no such stream.
  bool release(uint16_t stream);
  // take_next() and release() in one, for whoever reads one after another. Not when next() has
  // none.
  void consume();

  [[nodiscard]] bool window_due() const noexcept { return !tell_.empty(); }
  // Writes one window that has to be told; the stream. nullopt: none, or no room.
  std::optional<uint16_t> write_window(BodyWriter& body);
  // What was told last was lost.
  void tell_again(uint16_t stream);

 private:
  struct Message {
    std::vector<uint8_t> bytes;
    UnitMap have;
    bool begun = false;
    bool ready = false;  // in ready_, or taken
  };
  struct Stream {
    std::deque<Message> held;  // from number `head` on
    uint32_t head = 0;         // the next to be released
    uint32_t taken = 0;        // of `held`, from the front
    uint32_t held_bytes = 0;
    uint32_t consumed_bytes = 0;
    uint32_t told_messages = 0, told_bytes = 0;
    bool telling = false;
  };
  void offer(uint16_t number);
  void tell(uint16_t number);

  uint32_t window_messages_, window_bytes_;
  std::vector<Stream> streams_;
  std::deque<uint16_t> ready_;  // streams whose first untaken message is whole, in that order
  std::deque<uint16_t> tell_;
};

}  // namespace spanway::transport
