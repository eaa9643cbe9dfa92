// SPDX-License-Identifier: BSD-3-Clause
// What an interface still has to send of floods (RFC 2328 sections 13.3, 13.5 and 13.6): LSAs for
// all, acknowledgments that were delayed, repetitions for some. As few packets as hold them.
// Control thread.
#pragma once

#include "control/ospf/core.h"

namespace spanway::ospf {

// Sends what is due; of many LSAs some, and the rest in a moment.
void send_floods(Core& core, Interface& interface);
[[nodiscard]] Nanos floods_due(const Interface& interface) noexcept;
// All LSAs for all, now: there is no later.
void send_last_floods(Core& core, Interface& interface);

}  // namespace spanway::ospf
