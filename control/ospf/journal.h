// SPDX-License-Identifier: BSD-3-Clause
// Everything that an instance of OSPF was told and everything that it did, as text, one line each:
// what replay() (replay.h) makes the same run of. Control thread.
//
// An input is a verb, a time in nanoseconds and what the call of instance.h takes; what it led to
// follows in lines that begin with ">". The keys of authentication are in it: keep it as secret as
// they are. docs/ospf.md lists the verbs.
#pragma once

#include <cstddef>
#include <ostream>
#include <span>
#include <string>

#include "control/ospf/outlet.h"
#include "control/ospf/settings.h"

namespace spanway::ospf {

// Between an instance and its outlet.
class Journal final : public Outlet {
 public:
  // Both outlive the journal. Beyond most_bytes it ends with a line that says so; what it has until
  // then is good.
  Journal(std::ostream& to, Outlet& behind, size_t most_bytes = size_t{1} << 28)
      : to_(to), behind_(behind), room_bytes_(most_bytes) {}

  // Inputs, by the instance, before it acts on them.
  void born(const RouterSettings& settings, Nanos now);
  void interface(Nanos now, IfIndex index, const InterfaceSettings& settings);
  void no_interface(Nanos now, IfIndex index);
  void link(Nanos now, IfIndex index, const Link& link);
  void announce(Nanos now, const Prefix4& prefix, const External& external);
  void withdraw(Nanos now, const Prefix4& prefix);
  void stub(Nanos now, const Prefix4& prefix, uint16_t cost);
  void no_stub(Nanos now, const Prefix4& prefix);
  void receive(Nanos now, IfIndex index, Ip4Addr source, Ip4Addr destination,
               std::span<const uint8_t> packet);
  void step(Nanos now);
  void leave(Nanos now);

  // Outlet
  void send(IfIndex interface, Ip4Addr destination, std::span<const uint8_t> packet) override;
  void routes(std::span<const RouteChange> changes) override;
  void listen_as_designated(IfIndex interface, bool on) override;
  void event(const char* severity, const char* kind, std::string subject,
             std::string message) override;
  Nanos stopwatch() override { return behind_.stopwatch(); }

 private:
  void line(const std::string& text);

  std::ostream& to_;
  Outlet& behind_;
  size_t room_bytes_;
  bool full_ = false;
};

}  // namespace spanway::ospf
