// SPDX-License-Identifier: BSD-3-Clause
// What each transmission carried, for as long as anybody may ask: the first piece beside the packet
// number, further ones in a ring. The worker that owns the connection.
#pragma once

#include <cstdint>
#include <memory>

#include "dataplane/transport/message/outgoing.h"
#include "dataplane/transport/recovery/packet_number.h"

namespace spanway::transport {

struct Load {
  static constexpr uint8_t kNoWindow = 0xff;
  static_assert(kMostStreams <= kNoWindow);

  Piece first;
  uint32_t more = 0;  // begin of its further pieces in their ring
  uint8_t pieces = 0;
  uint8_t window = kNoWindow;  // of this stream
  bool close = false;
};
static_assert(sizeof(Load) == 24);

class Carried {
 public:
  static constexpr uint32_t kPiecesAPacket = 8;

  // `packets`: as many as the scoreboard holds, a power of two.
  explicit Carried(uint32_t packets)
      : loads_(std::make_unique<Load[]>(packets)),
        pieces_(std::make_unique<Piece[]>(size_t{packets} * kPiecesAPacket)),
        mask_(packets - 1),
        piece_mask_(packets * kPiecesAPacket - 1) {}

  // The load of packet `n`, which is sent next; what lay in its place is forgotten.
  Load& begin(PacketNumber n) noexcept {
    return loads_[n.value() & mask_] = {.first = {}, .more = next_};
  }
  void add(Load& load, const Piece& piece) noexcept {
    if (load.pieces++ == 0)
      load.first = piece;
    else
      pieces_[next_++ & piece_mask_] = piece;
  }
  [[nodiscard]] const Load& of(PacketNumber n) const noexcept { return loads_[n.value() & mask_]; }
  // Eight for each packet of the ring are kept, so none is overwritten before its packet's place
  // is.
  template <class F>
  void each(const Load& load, F with) const noexcept {
    if (load.pieces == 0) return;
    with(load.first);
    for (uint32_t i = 1; i < load.pieces; ++i) with(pieces_[(load.more + i - 1) & piece_mask_]);
  }

 private:
  std::unique_ptr<Load[]> loads_;
  std::unique_ptr<Piece[]> pieces_;
  uint32_t mask_, piece_mask_;
  uint32_t next_ = 0;
};

}  // namespace spanway::transport
