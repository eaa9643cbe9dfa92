// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/save_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace spanway::config {
namespace {

// One name, not a fresh one each time: a crash leaves at most one, and the next save replaces it.
constexpr const char* kSuffix = ".spanway-new";

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::string target_of(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real ? std::string(real.get()) : path;
}

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Error failed(const std::string& what, const std::string& path) {
  const int error = errno;
  const auto code = error == EACCES || error == EPERM || error == EROFS ? ErrorCode::kPermission
                                                                        : ErrorCode::kUnavailable;
  std::string fix;
  if (error == ENOENT) fix = "mkdir -p " + directory_of(path);
  if (error == ENOSPC) fix = "free some room on that disk";
  if (code == ErrorCode::kPermission) fix = "let the daemon's user write in " + directory_of(path);
  return Error{code, "can not " + what + " " + path + ": " + std::strerror(error), fix};
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

Status write_synced(const std::string& path, std::string_view text, mode_t mode) {
  // O_EXCL: never through a link that somebody put there.
  const Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (fd.get() < 0) return failed("create", path);
  if (fchmod(fd.get(), mode) != 0) return failed("set the mode of", path);
  if (!write_all(fd.get(), text)) return failed("write", path);
  if (fsync(fd.get()) != 0) return failed("sync", path);
  return {};
}

}  // namespace

Status save_file(const std::string& path, std::string_view text) {
  const std::string target = target_of(path);
  const std::string fresh = target + kSuffix;
  struct stat old {};
  const bool exists = stat(target.c_str(), &old) == 0;
  if (exists && !S_ISREG(old.st_mode))
    return Error{ErrorCode::kInvalid, target + " is not a regular file", "name another file"};
  const mode_t mode = exists ? old.st_mode & 0777 : 0640;
  unlink(fresh.c_str());
  Status status = write_synced(fresh, text, mode);
  if (status && rename(fresh.c_str(), target.c_str()) != 0) status = failed("replace", target);
  if (!status) {
    unlink(fresh.c_str());
    return status;
  }
  // The rename is done; without this a power loss may bring the old file back, whole.
  const Fd directory(open(directory_of(target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || fsync(directory.get()) != 0)
    return failed("sync", directory_of(target));
  return {};
}

void sweep_stale(const std::string& path) { unlink((target_of(path) + kSuffix).c_str()); }

}  // namespace spanway::config
