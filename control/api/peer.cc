// SPDX-License-Identifier: BSD-3-Clause
#include "control/api/peer.h"

#include <grp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace spanway::api {
namespace {

Result<std::optional<gid_t>> find_group(const std::string& name) {
  if (name.empty()) return std::optional<gid_t>();
  std::vector<char> room(16384);
  group entry{};
  group* found = nullptr;
  int error = 0;
  while ((error = getgrnam_r(name.c_str(), &entry, room.data(), room.size(), &found)) == ERANGE &&
         room.size() < size_t{1} << 24)
    room.resize(room.size() * 2);
  if (found == nullptr)
    return Error{ErrorCode::kNotFound, "there is no group '" + name + "'",
                 "groupadd --system " + name};
  return std::optional<gid_t>(found->gr_gid);
}

std::vector<gid_t> groups_of(int fd, gid_t primary) {
  std::vector<gid_t> groups(64);
  for (;;) {
    auto bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes) == 0) {
      groups.resize(bytes / sizeof(gid_t));
      break;
    }
    if (errno != ERANGE) {
      groups.clear();
      break;
    }
    groups.resize(bytes / sizeof(gid_t));
  }
  groups.push_back(primary);
  return groups;
}

}  // namespace

Result<Doors> find_doors(const std::string& group, const std::string& readonly_group) {
  auto full = find_group(group);
  if (!full) return std::move(full).error();
  auto read_only = find_group(readonly_group);
  if (!read_only) return std::move(read_only).error();
  return Doors{*full, *read_only};
}

Result<Caller> who_is(int fd, const Doors& doors) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return Error{ErrorCode::kPermission,
                 std::string("can not tell who is asking: ") + std::strerror(errno),
                 {}};
  Caller caller{Role::kReadOnly, peer.uid, peer.gid, peer.pid};
  const auto groups = groups_of(fd, peer.gid);
  const auto member = [&](const std::optional<gid_t>& group) {
    return group && std::find(groups.begin(), groups.end(), *group) != groups.end();
  };
  if (peer.uid == 0 || peer.uid == geteuid() || member(doors.full)) {
    caller.role = Role::kFull;
    return caller;
  }
  if (member(doors.read_only)) return caller;
  return Error{ErrorCode::kPermission,
               "user " + std::to_string(peer.uid) + " may not ask this daemon",
               "become root or a member of the socket's group"};
}

}  // namespace spanway::api
