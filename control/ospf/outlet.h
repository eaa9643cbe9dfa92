// SPDX-License-Identifier: BSD-3-Clause
// What an instance of OSPF asks of the router around it. Control thread; called from within the
// instance's own functions, into which it must not call back.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "control/ospf/ids.h"
#include "control/ospf/route.h"
#include "control/ospf/states.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/base/units.h"

namespace spanway::ospf {

inline constexpr Ip4Addr kAllSpfRouters{224, 0, 0, 5}, kAllDRouters{224, 0, 0, 6};

class Outlet {
 public:
  virtual ~Outlet() = default;

  // An OSPF packet, to be put behind an IPv4 header (protocol 89, TTL 1, precedence internetwork
  // control, source the interface's first address; appendix A.1) and sent out of this interface, in
  // the order of these calls. destination: a neighbour on the link, or one of the two groups.
  virtual void send(IfIndex interface, Ip4Addr destination, std::span<const uint8_t> packet) = 0;
  // Differences since the last call, no prefix twice; the routes are good during the call.
  virtual void routes(std::span<const RouteChange> changes) = 0;
  // The host's filter: shall 224.0.0.6 be heard, beside 224.0.0.5, on this interface?
  virtual void listen_as_designated(IfIndex interface, bool on) = 0;

  // For operators. kind: dotted, "ospf.neighbour"; subject: whom it is about; message: a sentence.
  virtual void event(const char* severity, const char* kind, std::string subject,
                     std::string message) = 0;

  // How long work takes, for statistics only: decisions go by the `now` of each call.
  virtual Nanos stopwatch() { return {}; }
};

}  // namespace spanway::ospf
