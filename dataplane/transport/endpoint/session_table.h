// SPDX-License-Identifier: BSD-3-Clause
// Which session a packet's connection id means: open addressing, linear probing, no tombstones
// (Knuth, The Art of Computer Programming 6.4, algorithm R). Allocates once. The worker.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "dataplane/transport/message/wire.h"

namespace spanway::transport {

class Session;

class SessionTable {
 public:
  // Room for `most`; at most half of the places are ever taken.
  explicit SessionTable(size_t most)
      : most_(most),
        mask_(std::bit_ceil(most * 2) - 1),
        places_(std::make_unique<Place[]>(mask_ + 1)) {}

  [[nodiscard]] size_t size() const noexcept { return size_; }
  [[nodiscard]] Session* find(ConnectionId id) const noexcept {
    return places_[place_of(id)].session;
  }
  // False: it is full, or the id is taken.
  bool insert(ConnectionId id, Session& session) noexcept {
    const size_t at = place_of(id);
    if (size_ == most_ || places_[at].session != nullptr) return false;
    places_[at] = {id, &session};
    ++size_;
    return true;
  }
  // `visit` changes nothing here.
  template <class Visit>
  void for_each(Visit&& visit) const noexcept {
    for (size_t at = 0; at <= mask_; ++at)
      if (places_[at].session != nullptr) visit(*places_[at].session);
  }
  void erase(ConnectionId id) noexcept {
    size_t hole = place_of(id);
    if (places_[hole].session == nullptr) return;
    --size_;
    // Whoever was pushed past the hole moves into it, and leaves the next.
    for (size_t at = (hole + 1) & mask_; places_[at].session != nullptr; at = (at + 1) & mask_) {
      const size_t wanted = home(places_[at].id);
      if (((at - wanted) & mask_) < ((at - hole) & mask_)) continue;
      places_[hole] = places_[at];
      hole = at;
    }
    places_[hole] = {};
  }

 private:
  struct Place {
    ConnectionId id;
    Session* session = nullptr;
  };
  // Ids are chosen by us, but the low bits alone need not be spread.
  [[nodiscard]] size_t home(ConnectionId id) const noexcept {
    return (uint64_t{id.value} * 0x9e3779b97f4a7c15u >> 32) & mask_;
  }
  // Where it is, or where it would be.
  [[nodiscard]] size_t place_of(ConnectionId id) const noexcept {
    size_t at = home(id);
    while (places_[at].session != nullptr && places_[at].id != id) at = (at + 1) & mask_;
    return at;
  }

  size_t most_;
  size_t mask_;
  size_t size_ = 0;
  std::unique_ptr<Place[]> places_;
};

}  // namespace spanway::transport
