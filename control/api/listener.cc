// SPDX-License-Identifier: BSD-3-Clause
#include "control/api/listener.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace spanway::api {
namespace {

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Error failed(const std::string& what, std::string fix = {}) {
  const int error = errno;
  const bool rights = error == EACCES || error == EPERM || error == EROFS;
  if (rights && fix.empty()) fix = "run as root, or name another socket with [control] socket";
  return Error{rights ? ErrorCode::kPermission : ErrorCode::kUnavailable,
               what + ": " + std::strerror(error), std::move(fix)};
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path))
    return Error{ErrorCode::kInvalid, "the socket path must have 1 to 107 bytes",
                 "name a shorter one with [control] socket"};
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

// Serialises daemons that start at the same time on the same directory, and leaves nothing behind.
class DirectoryLock {
 public:
  explicit DirectoryLock(const std::string& directory)
      : fd_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (fd_ >= 0) flock(fd_, LOCK_EX);
  }
  ~DirectoryLock() {
    if (fd_ >= 0) close(fd_);
  }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  int fd_;
};

// Removes a socket that nobody serves any more.
Status clear_way(const std::string& path, const sockaddr_un& address, int type) {
  struct stat old {};
  if (lstat(path.c_str(), &old) != 0) {
    if (errno == ENOENT) return {};
    return failed("can not look at " + path);
  }
  if (!S_ISSOCK(old.st_mode))
    return Error{ErrorCode::kExists, path + " is there and is no socket",
                 "remove it, or name another socket with [control] socket"};
  const int probe = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return failed("can not make a socket");
  const int answer = connect(probe, generic(address), sizeof(address));
  const int error = errno;
  close(probe);
  // EAGAIN: its backlog is full, so somebody listens.
  if (answer == 0 || error == EAGAIN)
    return Error{ErrorCode::kExists, "a daemon is already running on " + path,
                 "stop it, or name another socket with [control] socket"};
  errno = error;
  if (error != ECONNREFUSED) return failed("can not tell who serves " + path);
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return failed("can not replace " + path);
  return {};
}

}  // namespace

Listener::~Listener() {
  if (fd_ < 0) return;
  close(fd_);
  struct stat now {};
  if (!path_.empty() && lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ &&
      now.st_ino == inode_)
    unlink(path_.c_str());
}

Status Listener::open(const std::string& path, mode_t mode, std::optional<gid_t> group, int type) {
  const std::string directory = directory_of(path);
  if (mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
    return failed("can not make " + directory);
  const DirectoryLock lock(directory);
  return bind_to(path, mode, group, type);
}

Status Listener::bind_to(const std::string& path, mode_t mode, std::optional<gid_t> group,
                         int type) {
  auto address = address_of(path);
  if (!address) return std::move(address).error();
  if (Status status = clear_way(path, *address, type); !status) return status;
  fd_ = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return failed("can not make a socket");
  // Linux takes the mode of the file from the socket; nobody else gets in before it is right.
  if (fchmod(fd_, 0600) != 0) return failed("can not set the mode of the socket");
  if (bind(fd_, generic(*address), sizeof(*address)) != 0) return failed("can not bind to " + path);
  struct stat mine {};
  if (lstat(path.c_str(), &mine) != 0) return failed("can not look at " + path);
  path_ = path;
  device_ = mine.st_dev;
  inode_ = mine.st_ino;
  if (group && chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0)
    return failed("can not give " + path + " to its group",
                  "run as root or as a member of that group");
  if (chmod(path.c_str(), mode) != 0) return failed("can not set the mode of " + path);
  if (listen(fd_, 128) != 0) return failed("can not listen on " + path);
  return {};
}

}  // namespace spanway::api
