// SPDX-License-Identifier: BSD-3-Clause
// Which worker has a connection, for packets that come to another: a card's hash may change, a port
// may get other queues; and which connections are being dialled, for answers. Control writes,
// workers read; a worker may learn of a change a turn late.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "dataplane/base/ids.h"
#include "dataplane/base/shared_word.h"
#include "dataplane/transport/message/wire.h"

namespace spanway::transport {

// Control chooses ids that differ in the lowest 16 bits, so that these are the place.
class Owners {
 public:
  static constexpr uint32_t kPlaces = 1u << 16;
  static constexpr uint32_t place_of(ConnectionId id) noexcept { return id.value % kPlaces; }

  // Of the connection that has this place; whether it is the one that is meant, its worker knows.
  [[nodiscard]] std::optional<WorkerId> find(ConnectionId id) const noexcept {
    const uint16_t mark = mark_of(id);
    if (mark == 0 || mark == kDialled) return std::nullopt;
    return WorkerId(static_cast<uint16_t>(mark - 1));
  }
  // Somebody waits for an answer to a connection that has this place.
  [[nodiscard]] bool is_dialled(ConnectionId id) const noexcept { return mark_of(id) == kDialled; }
  // Control.
  void set_dialled(ConnectionId id) noexcept { write(id, kDialled); }
  void set(ConnectionId id, WorkerId worker) noexcept {
    write(id, static_cast<uint16_t>(worker.value + 1));
  }
  void clear(ConnectionId id) noexcept { write(id, 0); }

 private:
  static constexpr uint32_t kAWord = 4;  // of 16 bits
  static constexpr uint16_t kDialled = 0xffff;
  static constexpr unsigned shift_of(ConnectionId id) noexcept {
    return place_of(id) % kAWord * 16;
  }
  [[nodiscard]] uint16_t mark_of(ConnectionId id) const noexcept {
    return static_cast<uint16_t>(words_[place_of(id) / kAWord].get() >> shift_of(id));
  }
  void write(ConnectionId id, uint16_t mark) noexcept {
    SharedWord& word = words_[place_of(id) / kAWord];
    word.set((word.get() & ~(uint64_t{0xffff} << shift_of(id))) | uint64_t{mark} << shift_of(id));
  }

  std::unique_ptr<SharedWord[]> words_ = std::make_unique<SharedWord[]>(kPlaces / kAWord);
};

}  // namespace spanway::transport
