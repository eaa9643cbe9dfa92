// SPDX-License-Identifier: BSD-3-Clause
// Who takes UDP packets that are for the router itself. What listens lies above the stages; they
// know it by this face. The worker that owns it.
#pragma once

#include <cstdint>

#include "dataplane/packet/packet.h"
#include "dataplane/stage/batch.h"
#include "dataplane/stage/context.h"

namespace spanway::stage {

class Listener {
 public:
  virtual ~Listener() = default;
  [[nodiscard]] virtual bool listens(uint16_t port) const noexcept = 0;
  // A packet for one of those ports, whole and with a good checksum, or left open by its maker in
  // this very router. It is the listener's now, which counts its end. At most one answer goes to
  // `made`, to be routed.
  virtual void take(Context& context, Packet* p, Batch& made) noexcept = 0;
};

}  // namespace spanway::stage
