// SPDX-License-Identifier: BSD-3-Clause
// All connections of one worker: finds the one that a packet is for, keeps their timers, tells
// their applications, and lets them write when their turn comes. The worker; control hands sessions
// in and takes ended ones back through two rings.
//
// Nothing here allocates after the constructor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/base/shared_word.h"
#include "dataplane/base/spsc_ring.h"
#include "dataplane/transport/endpoint/app.h"
#include "dataplane/transport/endpoint/session.h"
#include "dataplane/transport/endpoint/session_table.h"
#include "dataplane/transport/recovery/timer_wheel.h"

namespace spanway::transport {

// Where packets are written and how they leave.
class PacketSink {
 public:
  virtual ~PacketSink() = default;
  // Room for the UDP payload of one packet of this session; empty: none now. The same room until it
  // is sent.
  virtual std::span<uint8_t> room(const Session& session) noexcept = 0;
  // The first `bytes` of the room that was given last are the packet.
  virtual void send(const Session& session, size_t bytes) noexcept = 0;
};

// Between control and one worker. A session is in one of the rings, or the worker's, or control's.
struct SessionRings {
  explicit SessionRings(size_t most) : made(most), ended(most * 2) {}
  SpscRing<Session*> made;   // control -> worker
  SpscRing<Session*> ended;  // worker -> control, never full: it has room for all there can be
  SharedWord leaving;        // control -> worker: not 0, every connection is to close
};

enum class Met : uint8_t {
  kTaken,
  kNobody,    // no such connection here
  kStranger,  // not from where its peer is
  kRefused,   // Connection said why: duplicate, damaged, malformed ...
};

class Endpoint {
 public:
  // Of one session in one turn: so many packets, that others wait little.
  static constexpr unsigned kPacketsATurn = 32;
  // Of one turn, in all.
  static constexpr unsigned kPackets = 128;
  static constexpr unsigned kTimersATurn = 64;

  // `most` sessions, a power of two, as `rings` was made for. The rings and the applications
  // outlive it.
  Endpoint(size_t most, SessionRings& rings, std::vector<App*> apps, Nanos now);

  // A UDP payload whose header says kData, opened in place.
  Met on_packet(const Path& path, std::span<uint8_t> payload, bool ce, Nanos now) noexcept;

  // Once a turn, when what arrived has been given: new sessions, timers, applications, packets.
  // How much there was to do.
  unsigned serve(Nanos now, PacketSink& sink) noexcept;

  // Before the worker sleeps: false, some application has something to do. And after.
  bool lie_down() noexcept;
  void get_up() noexcept;

  // Applications: after send(), consume() or close() on a connection outside of that session's
  // on_open() and on_ready().
  void wake(Session& session) noexcept { make_busy(session); }
  // Ends it in this turn or the next, from within its callbacks as well; the peer is not told and
  // finds out by silence.
  void give_up(Session& session) noexcept {
    session.stopped_ = true;
    make_busy(session);
  }

  [[nodiscard]] size_t sessions() const noexcept { return table_.size(); }

 private:
  struct Queue {
    Session* first = nullptr;
    Session* last = nullptr;
  };
  void make_busy(Session& session) noexcept;
  Session* take_busy() noexcept;
  void leave() noexcept;
  unsigned adopt(Nanos now) noexcept;
  unsigned serve_busy(Nanos now, PacketSink& sink) noexcept;
  // Lets it write; how many packets. `left`: it would have more.
  unsigned write(Session& session, Nanos now, PacketSink& sink, unsigned most, bool& left) noexcept;
  void end(Session& session, Nanos now) noexcept;

  SessionRings& rings_;
  std::vector<App*> apps_;
  SessionTable table_;
  TimerWheel wheel_;
  Queue busy_;
  bool leaving_ = false;
};

}  // namespace spanway::transport
