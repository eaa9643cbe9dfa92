// SPDX-License-Identifier: BSD-3-Clause
// Puts the datagrams together that came to us in fragments (RFC 791 section 3.2, RFC 1122 section
// 3.3.2, RFC 8200 section 4.5).
//
// Control thread; time is passed in and never goes back. Every bound is in Limits. When there is no
// room the oldest unfinished datagram makes way: the fragments of an honest one come together, so
// that it is the youngest that a flood should not harm. What is heard twice, byte by byte, is
// ignored; what overlaps ends the datagram, in both families, and so does what comes of it later
// (RFC 5722).
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "control/local/fragment.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/units.h"

namespace spanway::local {

struct Limits {
  // RFC 1122 section 3.3.2 wants 60 to 120 s, RFC 8200 section 4.5 wants 60 s.
  Nanos timeout = seconds(60);
  // Unfinished datagrams, and bytes kept of them (what remembering costs included).
  size_t datagrams = 256, datagrams_per_source = 64;
  size_t bytes = 4 << 20, bytes_per_source = 1 << 20;
  // Enough for 64 KiB over the smallest MTU that IPv4 hosts must take (576).
  size_t fragments_per_datagram = 256;
};

// How fragments are lost here.
enum class Loss : uint8_t {
  kMalformed,  // headers that do not fit, or a length that no fragment has
  kTooLong,    // reaches beyond what a datagram can hold
  kDuplicate,  // heard already
  kOverlap,    // overlaps another one, or contradicts its length; and all others of that datagram
  kTimeout,    // the others did not come
  kNoRoom,     // a bound of Limits
  kCount
};
inline constexpr size_t kLosses = static_cast<size_t>(Loss::kCount);
inline constexpr std::array<std::string_view, kLosses> kLossNames = {
    "malformed", "too_long", "duplicate", "overlap", "timeout", "no_room",
};

// In fragments, but for `datagrams`: received = joined + waiting + sum of lost.
struct ReassemblyCounts {
  uint64_t received = 0, joined = 0, waiting = 0;
  std::array<uint64_t, kLosses> lost{};  // by Loss
  uint64_t datagrams = 0;                // made whole
};

// A frame as it came: untagged, Ethernet header in front.
struct Arrival {
  IfIndex interface = kNoInterface;
  std::vector<uint8_t> frame{};
  size_t l3 = 0;  // where its IP packet begins
  [[nodiscard]] Bytes packet() const { return Bytes(frame).subspan(l3); }
};

struct Datagram {
  Arrival first{};                // the frame that brought the beginning
  std::vector<uint8_t> packet{};  // as if it had never been cut; at most 65535 bytes
};

class Reassembly {
 public:
  explicit Reassembly(const Limits& limits = {}) : limits_(limits) {}

  struct Result {
    std::optional<Datagram> whole{};
    std::optional<Loss> lost{};  // of the fragment just given
  };
  // frame: untagged; its IP packet begins at `l3`.
  Result add(IfIndex interface, Bytes frame, size_t l3, Nanos now);

  // Ends what is too old. The beginnings of such datagrams, where they had come: their senders are
  // to be told (RFC 792, RFC 4443 section 3.3).
  std::vector<Arrival> expire(Nanos now);
  [[nodiscard]] Nanos next_deadline() const;

  [[nodiscard]] const ReassemblyCounts& counts() const { return counts_; }
  // What it costs at the moment.
  [[nodiscard]] size_t bytes() const { return bytes_; }
  [[nodiscard]] size_t datagrams() const { return entries_.size(); }

 private:
  struct Key {
    IpAddr source, destination;
    uint32_t id = 0;
    uint8_t protocol = 0;              // RFC 791 tells datagrams apart by it, RFC 8200 does not
    IfIndex interface = kNoInterface;  // of a link-local source, which is one on each link
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    std::map<unsigned, std::vector<uint8_t>> pieces;  // by offset; none overlap
    size_t have = 0;                                  // bytes of all pieces
    std::optional<size_t> end;                        // of the payload, once the last piece came
    Arrival first;                                    // empty frame: offset 0 is still missing
    bool poisoned = false;                            // overlapped: swallows what is still to come
    Nanos born{};
    size_t cost = 0;
    std::list<Key>::iterator age;
  };
  using Entries = std::map<Key, Entry>;
  struct Usage {
    size_t datagrams = 0, bytes = 0;
  };

  static Key key_of(const Fragment& fragment, IfIndex interface);
  static std::optional<Loss> judge(const Fragment& fragment);
  static std::optional<Loss> fit(Entry& entry, const Fragment& fragment);
  static bool is_whole(const Entry& entry) { return entry.end == entry.have; }

  Entries::iterator find_or_make(const Key& key, Nanos now);
  // False when nothing older than `keep` is left to make way for so much more.
  bool make_room(Entries::iterator keep, size_t more);
  Entries::iterator oldest_but(Entries::iterator keep, const IpAddr* source);
  void charge(Entries::iterator at, size_t bytes);
  // The pieces are gone, under `why`; the entry stays.
  void lose(Entries::iterator at, Loss why);
  void erase(Entries::iterator at);
  Result finish(Entries::iterator at);
  Result loss(Loss why);

  Limits limits_;
  Entries entries_;
  std::list<Key> ages_;  // oldest first
  std::map<IpAddr, Usage> usage_;
  size_t bytes_ = 0;
  ReassemblyCounts counts_;
};

}  // namespace spanway::local
