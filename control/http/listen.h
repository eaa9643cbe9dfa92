// SPDX-License-Identifier: BSD-3-Clause
// A TCP socket that listens, and one error when it can not. Any thread; no state.
#pragma once

#include <cstdint>
#include <string>

#include "dataplane/base/ip_addr.h"
#include "dataplane/base/result.h"

namespace spanway::http {

// "127.0.0.1:9140", "[::1]:9140"
std::string endpoint_text(const IpAddr& address, uint16_t port);

// The descriptor; the caller closes it.
Result<int> listen_on(const IpAddr& address, uint16_t port);

// The port that the kernel gave it.
uint16_t port_of(int listening_fd);

}  // namespace spanway::http
