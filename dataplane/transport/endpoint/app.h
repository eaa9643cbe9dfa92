// SPDX-License-Identifier: BSD-3-Clause
// An application that lives on a worker's thread. What it is told comes from within the Endpoint's
// calls on that thread; it neither allocates nor waits. Sessions that it is given are its own to
// use until on_end().
#pragma once

#include <cstdint>

#include "dataplane/base/units.h"

namespace spanway::transport {

class Endpoint;
class Session;

enum class End : uint8_t {
  kClosed,   // both sides have said all and know it
  kSilent,   // nothing was heard for the idle time
  kSpent,    // more packets than one key may protect
  kStopped,  // given up on this side
};

class App {
 public:
  virtual ~App() = default;

  // Connected: it may send.
  virtual void on_open(Endpoint& endpoint, Session& session, Nanos now) noexcept = 0;
  // Something came: messages to take, sends that are done, the peer's close. At most once a turn
  // for a session.
  virtual void on_ready(Endpoint& endpoint, Session& session, Nanos now) noexcept = 0;
  // The last call for this session. Bytes that it was sending are the application's again.
  virtual void on_end(Endpoint& endpoint, Session& session, End why, Nanos now) noexcept = 0;
  // Once a turn: rings and clocks of its own. How much there was to do; 0: nothing.
  virtual unsigned serve(Endpoint&, Nanos) noexcept { return 0; }
  // Once a turn, behind all of the others: what it was told in this turn may be shown.
  virtual void settle(Nanos) noexcept {}

  // Around a sleep of the worker. False: there is something to do, so it must not sleep. Whatever
  // comes while it lies down rings the worker's bell.
  virtual bool lie_down() noexcept { return true; }
  virtual void get_up() noexcept {}
};

}  // namespace spanway::transport
