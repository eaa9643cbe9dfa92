// SPDX-License-Identifier: BSD-3-Clause
// Between which addresses and UDP ports a connection's packets travel. Any thread.
#pragma once

#include "dataplane/transport/message/cookie.h"

namespace spanway::transport {

struct Path {
  Peer own, peer;
  bool operator==(const Path&) const = default;
};

}  // namespace spanway::transport
