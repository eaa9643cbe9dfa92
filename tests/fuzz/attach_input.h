// SPDX-License-Identifier: BSD-3-Clause
// Bytes of a fuzzer as what an application does to the memory that it shares with a worker: entries
// that are right, entries that are not, and words anywhere in rings and areas, while the worker
// serves it. What must hold: the worker only touches what it may (sanitizers see to that), takes no
// more than a turn's share, and once something is wrong it is wrong by name. Shared by the fuzz
// target and its bounded replay.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>

#include "dataplane/base/check.h"
#include "tests/support/attached_pair.h"

namespace spanway::attach::fuzz {

class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  [[nodiscard]] bool done() const { return bytes_.empty(); }
  template <class T>
  T take() {
    T value{};
    const size_t size = std::min(sizeof(T), bytes_.size());
    if (size != 0) std::memcpy(static_cast<void*>(&value), bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
    return value;
  }

 private:
  std::span<const uint8_t> bytes_;
};

// Any word of a ring: its indexes, its bell, its entries.
inline void scribble(const RingMemory& ring, uint32_t where, uint32_t value) {
  const uint32_t words = ring.entries * 2;
  switch (where % 8) {
    case 0:
      return store(ring.head->produced, value, std::memory_order_relaxed);
    case 1:
      return store(ring.head->consumed, value, std::memory_order_relaxed);
    case 2:
      return store(ring.head->wants_bell, value, std::memory_order_relaxed);
    default:
      const uint32_t word = where / 8 % words;
      std::atomic_ref<uint64_t>(ring.slots[word / 2].words[word % 2])
          .store(uint64_t{value} << 32 | where, std::memory_order_relaxed);
  }
}

inline Entry entry_of(Reader& reader, const test::AttachedPair&, uint32_t key) {
  Entry entry;
  entry.kind = static_cast<EntryKind>(reader.take<uint8_t>() % 6);
  entry.detail = 0;
  entry.stream = reader.take<uint8_t>() % 4;
  const auto exact = reader.take<uint8_t>();
  entry.connection = exact % 16 == 0 ? reader.take<uint32_t>() : key;
  // Mostly what is right, or nearly.
  entry.place = exact & 0x10 ? reader.take<uint32_t>() : reader.take<uint16_t>() % (1u << 15);
  entry.bytes = exact & 0x20 ? reader.take<uint32_t>() : reader.take<uint8_t>();
  if (entry.kind == EntryKind::kConsume && (exact & 0x40) != 0) entry.bytes %= 2;
  return entry;
}

inline void play(std::span<const uint8_t> input) {
  Reader reader(input);
  test::AttachedPair pair(64 << reader.take<uint8_t>() % 3);
  const uint32_t key = pair.attachment().key.value;
  static constexpr uint8_t kText[700] = {1, 2, 3};
  bool ended = false;
  for (unsigned steps = 0; !reader.done() && steps < 400; ++steps) {
    const Fault before = pair.channel().fault();
    switch (reader.take<uint8_t>() % 8) {
      case 0:
      case 1:
        pair.submit(entry_of(reader, pair, key));
        break;
      case 2:
        scribble(pair.submissions(), reader.take<uint32_t>(), reader.take<uint32_t>());
        break;
      case 3:
        scribble(pair.completions(), reader.take<uint32_t>(), reader.take<uint32_t>());
        break;
      case 4:
        pair.send_area()[reader.take<uint16_t>() % pair.send_area().size()] =
            reader.take<uint8_t>();
        pair.receive_area()[reader.take<uint16_t>() % pair.receive_area().size()] =
            reader.take<uint8_t>();
        break;
      case 5:
        pair.far().send(reader.take<uint8_t>() % 2,
                        std::span(kText).first(1 + reader.take<uint16_t>() % sizeof(kText)), 0);
        break;
      case 6:
        if (reader.take<uint8_t>() % 16 == 0 && !ended) {
          ended = true;
          pair.channel().end(pair.attachment(), EndReason::kSilent);
        } else {
          pair.told();
        }
        break;
      default:
        pair.turn();
    }
    while (pair.far().next()) pair.far().consume();
    while (pair.far().take_done()) {
    }
    SPANWAY_CHECK(before == Fault::kNone || pair.channel().fault() == before);
    SPANWAY_CHECK(pair.channel().connections() == (ended ? 0 : 1));
  }
  // However it went, leaving ends it: the peer hears the close.
  if (ended) return;
  pair.channel().leave(pair.now());
  for (unsigned i = 0; i < 2'000 && !pair.far().peer_closed(); ++i) {
    pair.turn();
    while (pair.far().next()) pair.far().consume();
  }
  SPANWAY_CHECK(pair.far().peer_closed());
}

}  // namespace spanway::attach::fuzz
