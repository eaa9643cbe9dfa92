// SPDX-License-Identifier: BSD-3-Clause
// Who is at the other end of a UNIX socket, and what he may do. Control thread.
#pragma once

#include <optional>
#include <string>

#include "control/api/server.h"

namespace spanway::api {

// The groups that give a role, resolved once.
struct Doors {
  std::optional<gid_t> full;
  std::optional<gid_t> read_only;
};

// kNotFound when a group does not exist. Empty names give nobody a role.
[[nodiscard]] Result<Doors> find_doors(const std::string& group, const std::string& readonly_group);

// By SO_PEERCRED and SO_PEERGROUPS: as of the moment of connect(). kPermission when he has no role.
[[nodiscard]] Result<Caller> who_is(int fd, const Doors& doors);

}  // namespace spanway::api
