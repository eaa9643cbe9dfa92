// SPDX-License-Identifier: BSD-3-Clause
// One application's channel, as its worker serves it: takes what it submits, checks all of it, says
// it to its connections, and tells what became of it. The worker's thread; made and freed by
// control.
//
// Always: nothing that the application writes reaches further than its own connections. What no
// library of ours would write makes the channel broken, by name; from then on it only lets its
// connections end.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/attach/layout.h"
#include "dataplane/attach/ring.h"
#include "dataplane/base/units.h"
#include "dataplane/transport/message/connection.h"

namespace spanway::transport {
class Session;
}

namespace spanway::attach {

class Channel;

// A connection of an application. Control makes it before the connection is opened and frees it
// after its end.
struct Attachment {
  ConnectionKey key;
  std::span<Channel* const> channels;  // the application's, by worker
  std::span<uint8_t> receive, send;    // of its region

  // The worker's, from its opening to its end.
  Channel* channel = nullptr;
  transport::Connection* connection = nullptr;
  transport::Session* session = nullptr;
  bool discards = false;  // nobody reads what still comes
  bool finish_told = false;
  bool touched = false;  // in this turn
  // Of those that nobody reads any more, in the order in which they became so.
  Attachment* closing_before = nullptr;
  Attachment* closing_after = nullptr;
  Nanos closed_at{};
};

// What only a broken application does.
enum class Fault : uint8_t {
  kNone,
  kRing,   // an index outside its ring
  kKind,   // an entry that is none
  kPlace,  // bytes outside its area
  kCount,  // reads more than came
  kFull,   // lets more become of what it did than it has room for
};

class Channel {
 public:
  // Submissions of one turn, at most: others have theirs.
  static constexpr unsigned kEntriesATurn = 64;

  // How long a peer may keep a connection that nobody here reads any more.
  static constexpr Nanos kCloseGrace = seconds(10);

  // slots: connections at once, at most kMostSlots. `bell`: a pipe's end, or -1.
  Channel(const RingMemory& submissions, const RingMemory& completions, uint32_t slots, int bell);

  void open(Attachment& attachment, transport::Connection& connection, transport::Session* session,
            Nanos now) noexcept;
  // Messages came, or sends are done.
  void ready(Attachment& attachment) noexcept;
  // Its last call; the connection is read to its end.
  void end(Attachment& attachment, EndReason reason) noexcept;

  struct Served {
    unsigned entries = 0;
    std::span<Attachment* const> touched;  // they may have packets to write; until the next call
  };
  Served serve(Nanos now) noexcept;
  // One that nobody reads any more and that did not end by itself for kCloseGrace; once each.
  Attachment* overdue(Nanos now) noexcept;
  // Shows the application what was told, and wakes it if it sleeps; not more often than it can
  // read.
  void publish(Nanos now) noexcept;

  // Nobody is there any more: every connection says that it has nothing more, and nobody reads.
  Served leave(Nanos now) noexcept;

  // Before and after the worker sleeps; see RingConsumer.
  bool lie_down() noexcept {
    return !bell_due_ && (left_ || submissions_.broken() || submissions_.lie_down());
  }
  void get_up() noexcept { submissions_.get_up(); }

  [[nodiscard]] Fault fault() const noexcept { return fault_; }
  [[nodiscard]] unsigned connections() const noexcept { return connections_; }
  // Entries about connections that had ended.
  [[nodiscard]] uint64_t late() const noexcept { return late_; }

 private:
  Attachment* find(uint32_t key) noexcept;
  void apply(const Entry& entry, Nanos now) noexcept;
  void send(Attachment& attachment, const Entry& entry) noexcept;
  void consume(Attachment& attachment, const Entry& entry) noexcept;
  void discard(Attachment& attachment, Nanos now) noexcept;
  void unlink(Attachment& attachment) noexcept;
  void touch(Attachment& attachment) noexcept;
  [[nodiscard]] std::span<Attachment* const> touched() const noexcept {
    return std::span(touched_).first(touched_count_);
  }
  void tell(const Entry& entry) noexcept;
  void break_by(Fault fault) noexcept;

  RingConsumer submissions_;
  RingProducer completions_;
  int bell_;
  bool bell_due_ = false;
  Nanos rang_at_{INT64_MIN / 2};
  std::vector<Attachment*> slots_;
  unsigned connections_ = 0;
  std::vector<Attachment*> touched_;  // as large as slots_; the first touched_count_ count
  size_t touched_count_ = 0;
  Attachment* closing_first_ = nullptr;
  Attachment* closing_last_ = nullptr;
  Fault fault_ = Fault::kNone;
  bool left_ = false;
  uint64_t late_ = 0;
};

}  // namespace spanway::attach
