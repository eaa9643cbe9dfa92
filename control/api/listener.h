// SPDX-License-Identifier: BSD-3-Clause
// The listening socket: made with its rights from the first moment, removed with its owner.
// Control thread.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <optional>
#include <string>

#include "dataplane/base/result.h"

namespace spanway::api {

class Listener {
 public:
  Listener() = default;
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Non-blocking. The directory is made when it is missing (one level). A socket that nobody
  // serves is replaced; one that somebody serves, or a file that is no socket, is an error.
  // `type`: SOCK_STREAM, or SOCK_SEQPACKET.
  Status open(const std::string& path, mode_t mode, std::optional<gid_t> group,
              int type = SOCK_STREAM);
  [[nodiscard]] int fd() const { return fd_; }

 private:
  Status bind_to(const std::string& path, mode_t mode, std::optional<gid_t> group, int type);

  int fd_ = -1;
  std::string path_;
  dev_t device_ = 0;  // of our own socket file: another daemon's is not ours to remove
  ino_t inode_ = 0;
};

}  // namespace spanway::api
