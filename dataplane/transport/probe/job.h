// SPDX-License-Identifier: BSD-3-Clause
// One measurement over one connection, and what control may see of it while it goes on. Control
// makes it and buries it; in between the worker's ProbeClient alone touches what is not shared.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "dataplane/base/big_endian.h"
#include "dataplane/base/shared_word.h"
#include "dataplane/base/spsc_ring.h"
#include "dataplane/base/units.h"

namespace spanway::transport {

class Session;

// What the first byte of a message to a probe's port asks for.
enum class ProbeAsk : uint8_t {
  kEcho = 1,  // send it back, up to kMostEchoBytes of it
  kTake = 2,  // nothing
  kGive = 3,  // messages, one after the other until the client closes: see GiveAsk
};
// How long they are and how many may be on their way at once, each in network byte order.
struct GiveAsk {
  ProbeAsk ask = ProbeAsk::kGive;
  std::array<uint8_t, 3> zero{};
  Be32 bytes, outstanding;
};
static_assert(sizeof(GiveAsk) == 12);
inline constexpr uint32_t kMostEchoBytes = 1024;
// The byte above, then a number that the client knows its echo by.
inline constexpr uint32_t kEchoHeadBytes = 1 + sizeof(uint64_t);

enum class ProbeKind : uint8_t {
  kPing,    // an echo at an interval, each reported
  kStream,  // as much one way as the connection takes
  kEcho,    // so many echoes outstanding all the time
  kFetch,   // a stream the other way
};

struct ProbeOptions {
  ProbeKind kind = ProbeKind::kPing;
  uint32_t bytes = 64;           // of a message; echoes: kEchoHeadBytes to kMostEchoBytes
  uint32_t outstanding = 1;      // messages, up to kMostOutstanding
  uint64_t count = 0;            // kPing: echoes; 0: until it is stopped
  Nanos interval = seconds(1);   // kPing
  Nanos duration = seconds(10);  // the others
};
inline constexpr uint32_t kMostOutstanding = 256;
inline constexpr uint32_t kMostGivenBytes = 1u << 20;

// How often which time was met: each bucket is at most an eighth wide. Written by one thread, read
// by any.
class TimeCounts {
 public:
  static constexpr unsigned kSteps = 8, kBuckets = kSteps * 42;

  void add(Nanos time) noexcept { counts_[bucket_of(time)].add(1); }
  [[nodiscard]] uint64_t count(unsigned bucket) const noexcept { return counts_[bucket].get(); }
  // The longest time of a bucket.
  static constexpr Nanos upper(unsigned bucket) noexcept {
    if (bucket < kSteps) return Nanos(bucket);
    const unsigned shift = bucket / kSteps - 1;
    return Nanos((static_cast<int64_t>(kSteps + bucket % kSteps + 1) << shift) - 1);
  }
  static constexpr unsigned bucket_of(Nanos time) noexcept {
    const auto ns = static_cast<uint64_t>(std::max<int64_t>(time.ns(), 0));
    if (ns < kSteps) return static_cast<unsigned>(ns);
    const unsigned shift = static_cast<unsigned>(std::bit_width(ns)) - 4;
    return std::min(kBuckets - 1,
                    (shift + 1) * kSteps + static_cast<unsigned>(ns >> shift) % kSteps);
  }

 private:
  std::array<SharedWord, kBuckets> counts_;
};

struct ProbeJob {
  struct Reply {
    uint64_t sequence = 0;  // from 1
    Nanos rtt;
  };
  enum class State : uint8_t { kWaiting, kRunning, kOver };

  explicit ProbeJob(const ProbeOptions& asked)
      : options(asked),
        slots(is_echoed() ? asked.outstanding : 1),
        sent_at(slots),
        data(asked.kind == ProbeKind::kFetch ? sizeof(GiveAsk) : size_t{slots} * asked.bytes) {
    const ProbeAsk ask = is_echoed() ? ProbeAsk::kEcho : ProbeAsk::kTake;
    for (size_t at = 0; at < data.size(); at += asked.bytes) data[at] = static_cast<uint8_t>(ask);
    if (asked.kind != ProbeKind::kFetch) return;
    const GiveAsk give{.bytes = Be32(asked.bytes), .outstanding = Be32(asked.outstanding)};
    std::memcpy(data.data(), &give, sizeof(give));
  }
  [[nodiscard]] bool is_echoed() const noexcept {
    return options.kind == ProbeKind::kPing || options.kind == ProbeKind::kEcho;
  }

  const ProbeOptions options;
  // Echoes have a place each; a stream sends the same bytes ever again.
  const uint32_t slots;

  // For everybody.
  SharedWord state;               // State
  SharedWord end;                 // End, when it is over
  SharedWord began_ns, ended_ns;  // engine time; of the sending
  SharedWord stop;                // written by control: no more
  SharedWord sent, done;          // messages; done: acknowledged as a whole, echoed, or fetched
  TimeCounts rtt;
  SpscRing<Reply> replies{1024};  // kPing

  // The worker's.
  std::vector<Nanos> sent_at;  // of each slot's echo
  std::vector<uint8_t> data;
  Session* session = nullptr;
  ProbeJob* next = nullptr;
  Nanos send_at;
  Nanos until;
  uint32_t waiting = 0;  // messages outstanding
  bool closing = false;
};

}  // namespace spanway::transport
