// SPDX-License-Identifier: BSD-3-Clause
// What each transmission carried, for as long as anybody may ask: a ring of pieces, and for each
// packet number where its own begin. The worker that owns the connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "dataplane/transport/message/outgoing.h"
#include "dataplane/transport/recovery/packet_number.h"

namespace spanway::transport {

struct Load {
  uint64_t begin = 0;  // of its pieces, counted from the first ever
  uint16_t pieces = 0;
  bool close = false;
  std::optional<uint16_t> window;  // of this stream
};

class Carried {
 public:
  static constexpr uint32_t kPiecesAPacket = 8;

  // `packets`: as many as the scoreboard holds, a power of two.
  explicit Carried(uint32_t packets)
      : loads_(std::make_unique<Load[]>(packets)),
        pieces_(std::make_unique<Piece[]>(packets * kPiecesAPacket)),
        mask_(packets - 1),
        piece_mask_(uint64_t{packets} * kPiecesAPacket - 1) {}

  // The load of packet `n`, which is sent next; what lay in its place is forgotten.
  Load& begin(PacketNumber n) noexcept { return loads_[n.value() & mask_] = Load{.begin = next_}; }
  void add(Load& load, const Piece& piece) noexcept {
    pieces_[next_++ & piece_mask_] = piece;
    ++load.pieces;
  }
  [[nodiscard]] const Load& of(PacketNumber n) const noexcept { return loads_[n.value() & mask_]; }
  // i below pieces. Eight for each packet of the ring are kept, so none is overwritten before its
  // packet's place is.
  [[nodiscard]] const Piece& piece(const Load& load, uint32_t i) const noexcept {
    return pieces_[(load.begin + i) & piece_mask_];
  }

 private:
  std::unique_ptr<Load[]> loads_;
  std::unique_ptr<Piece[]> pieces_;
  uint32_t mask_;
  uint64_t piece_mask_;
  uint64_t next_ = 0;
};

}  // namespace spanway::transport
