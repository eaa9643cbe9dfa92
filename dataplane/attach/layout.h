// SPDX-License-Identifier: BSD-3-Clause
// What lies in memory that an application and the daemon share. docs/applications.md draws it.
//
// A channel (one an application and worker) has two rings of entries: submissions go to the worker,
// completions come from it. A connection has a region of its own: the rings in which messages are
// put together as they arrive, one a stream, and the area from which they are sent.
//
// Always: the daemon writes heads before anybody else sees them and never reads them again; it
// believes nothing that an application can write. Numbers are of the machine's own byte order.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace spanway::attach {

inline constexpr uint32_t kVersion = 1;
inline constexpr uint64_t kChannelMagic = 0x3148435941575053;  // "SPWAYCH1"
inline constexpr uint64_t kRegionMagic = 0x3147525941575053;   // "SPWAYRG1"
inline constexpr uint32_t kPage = 4096;

// ---- entries ----

enum class EntryKind : uint8_t {
  kNone = 0,
  // application -> worker
  kSend = 1,     // the message at `place` of the send area, `bytes` long, on `stream`
  kConsume = 2,  // the `bytes` oldest messages of `stream` that came are read: their place is free
  kFinish = 3,   // nothing more will be sent
  kClose = 4,    // that, and what still comes is not wanted
  // worker -> application
  kOpened = 16,    // it may send. stream: how many it may use; place: the longest message in bytes
  kReceived = 17,  // the message at `place` of the receive area, `bytes` long, on `stream`
  kDone = 18,      // the peer has all of that kSend, whose fields these are
  kRefused = 19,   // that kSend was not taken; detail: a Refusal
  kFinished = 20,  // the peer will send nothing more
  kEnded = 21,     // the last entry of a connection; detail: an EndReason
};

// Of kRefused.
enum class Refusal : uint8_t { kNoStream = 1, kEmpty, kTooLong, kFull, kClosed };
// Of kEnded.
enum class EndReason : uint8_t {
  kClosed = 1,  // both sides said that they have nothing more
  kSilent,      // the peer was not heard any more
  kSpent,       // it carried as many packets as one connection may
  kStopped,     // by the daemon or its operator
};

// What travels in a ring.
struct Entry {
  EntryKind kind = EntryKind::kNone;
  uint8_t detail = 0;
  uint16_t stream = 0;
  uint32_t connection = 0;  // a ConnectionKey
  uint32_t place = 0;
  uint32_t bytes = 0;
  bool operator==(const Entry&) const = default;
};
static_assert(sizeof(Entry) == 16);

// Entries lie in memory as two words, so that one that is written over while it is read is some
// entry, and nothing worse.
struct EntryWords {
  uint64_t words[2];
};
static_assert(sizeof(EntryWords) == sizeof(Entry));

// Names a connection within a channel: a slot, and which of its connections that were, so that what
// an application says late of one that has ended means no other.
struct ConnectionKey {
  static constexpr unsigned kSlotBits = 12;
  static constexpr uint32_t kMostSlots = 1u << kSlotBits;
  uint32_t value = 0;
  [[nodiscard]] constexpr uint32_t slot() const noexcept { return value & (kMostSlots - 1); }
  static constexpr ConnectionKey of(uint32_t slot, uint32_t generation) noexcept {
    return {generation << kSlotBits | slot};
  }
  bool operator==(const ConnectionKey&) const = default;
};

// ---- a channel ----

inline constexpr size_t kLine = 64;  // of the cache: what two sides write lies in different ones

// In front of the entries of a ring. Indexes count entries for ever and wrap.
struct RingHead {
  alignas(kLine) uint32_t produced;  // written by the producer
  alignas(kLine) uint32_t consumed;  // written by the consumer
  // The consumer sets it before it sleeps, whoever rings clears it.
  alignas(kLine) uint32_t wants_bell;
};
static_assert(sizeof(RingHead) == 3 * kLine);

inline constexpr uint32_t kLeastRing = 64, kMostRing = 1u << 20;  // entries

constexpr bool is_ring_size(uint32_t entries) noexcept {
  return std::has_single_bit(entries) && entries >= kLeastRing && entries <= kMostRing;
}
constexpr size_t ring_bytes(uint32_t entries) noexcept {
  return sizeof(RingHead) + size_t{entries} * sizeof(EntryWords);
}
constexpr size_t whole_pages(size_t bytes) noexcept { return (bytes + kPage - 1) / kPage * kPage; }

struct ChannelHead {
  uint64_t magic;
  uint32_t version;
  uint32_t worker;
  uint32_t submissions, completions;  // entries
};

// Where the parts of a channel lie.
struct ChannelPlan {
  uint32_t submissions = 0, completions = 0;

  [[nodiscard]] constexpr bool is_valid() const noexcept {
    return is_ring_size(submissions) && is_ring_size(completions);
  }
  [[nodiscard]] static constexpr size_t submissions_at() noexcept { return kPage; }
  [[nodiscard]] constexpr size_t completions_at() const noexcept {
    return submissions_at() + whole_pages(ring_bytes(submissions));
  }
  [[nodiscard]] constexpr size_t bytes() const noexcept {
    return completions_at() + whole_pages(ring_bytes(completions));
  }
};

// ---- a connection's region ----

inline constexpr uint16_t kMostStreams = 64;
inline constexpr uint32_t kLeastArea = 1u << 12, kMostArea = 1u << 30;  // bytes a stream
inline constexpr uint32_t kMostMessages = 1u << 16;                     // a stream and direction

struct RegionHead {
  uint64_t magic;
  uint32_t version;
  uint32_t streams;  // that we receive on
  uint32_t window_bytes, window_messages;
  uint32_t send_streams;
  uint32_t send_bytes, send_messages;
};

// Where the parts of a region lie, and what may be outstanding.
struct RegionPlan {
  uint32_t streams = 1;              // that we receive on
  uint32_t window_bytes = 1u << 20;  // of each, a power of two
  uint32_t window_messages = 256;    // of each
  uint32_t send_streams = 1;         // that we send on
  uint32_t send_bytes = 1u << 20;    // of each
  uint32_t send_messages = 256;      // of each

  [[nodiscard]] constexpr bool is_valid() const noexcept {
    const auto area = [](uint32_t bytes, uint32_t messages, uint32_t of) {
      return of != 0 && of <= kMostStreams && std::has_single_bit(bytes) && bytes >= kLeastArea &&
             bytes <= kMostArea && messages != 0 && messages <= kMostMessages;
    };
    return area(window_bytes, window_messages, streams) &&
           area(send_bytes, send_messages, send_streams) && receive_bytes() <= kMostArea &&
           sent_bytes() <= kMostArea;
  }
  [[nodiscard]] static constexpr size_t receive_at() noexcept { return kPage; }
  [[nodiscard]] constexpr size_t receive_bytes() const noexcept {
    return size_t{streams} * window_bytes;
  }
  [[nodiscard]] constexpr size_t send_at() const noexcept {
    return receive_at() + whole_pages(receive_bytes());
  }
  [[nodiscard]] constexpr size_t sent_bytes() const noexcept {
    return size_t{send_streams} * send_bytes;
  }
  [[nodiscard]] constexpr size_t bytes() const noexcept {
    return send_at() + whole_pages(sent_bytes());
  }
  // Completions that can be on their way at once when the application keeps to what it may: each
  // message that came and is not consumed, each that was sent and not told done, kOpened, kFinished
  // and kEnded. A ring that has room for these of all its connections is never full.
  [[nodiscard]] constexpr uint32_t completions() const noexcept {
    return streams * window_messages + send_streams * send_messages + 3;
  }
  bool operator==(const RegionPlan&) const = default;
};

// Whether `bytes` at `place` lie inside an area.
constexpr bool lies_within(uint32_t place, uint32_t bytes, size_t area) noexcept {
  return uint64_t{place} + bytes <= area;
}

}  // namespace spanway::attach
