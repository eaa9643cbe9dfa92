// SPDX-License-Identifier: BSD-3-Clause
// Tells a sender why its packet went no further: RFC 792 with RFC 1812 section 4.3, and RFC 4443.
#pragma once

#include <cstdint>

#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"
#include "dataplane/stage/header_view.h"

namespace spanway::stage {

// What to tell; each family has its own type and code for it. Stored in Meta::icmp_error.
enum class IcmpError : uint8_t {
  kNone,
  kNoRoute,
  kHostUnreachable,
  kProtocolUnreachable,  // IPv6: parameter problem, unknown next header at meta.icmp_value
  kPortUnreachable,
  kTooBig,  // meta.icmp_value is the MTU
  kRejected,
  kBeyondScope,       // IPv6 only
  kTimeExceeded,      // hop limit
  kReassemblyTime,    // the other fragments did not come
  kParameterProblem,  // meta.icmp_value is the offset of the bad byte from the IP header
  kUnknownOption,     // IPv6 only, the same
  kCount
};

// Marks a packet as refused: it will be dropped under `reason`, and its sender told.
inline void refuse(Packet* p, DropReason reason, IcmpError what, Batch& errors) noexcept {
  meta(p).drop = reason;
  meta(p).icmp_error = static_cast<uint8_t>(what);
  errors.add(p);
}

// Drops every packet of `refused` under its reason. Where the RFCs and the rate limit allow, an
// error for the sender goes to `made`, to be routed like any packet of ours.
void icmp_error(Context& context, const Batch& refused, Batch& made) noexcept;

}  // namespace spanway::stage
