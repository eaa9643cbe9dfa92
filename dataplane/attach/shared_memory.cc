// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/attach/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace spanway::attach {
namespace {

Error failed(ErrorCode code, const std::string& what) {
  return {code, what + ": " + std::strerror(errno)};
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = other.release();
  }
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::move(other.fd_)), bytes_(std::exchange(other.bytes_, {})) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  if (this != &other) {
    if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
    fd_ = std::move(other.fd_);
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

SharedMemory::~SharedMemory() {
  if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

Status SharedMemory::map(size_t bytes, bool populate) {
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                  MAP_SHARED | (populate ? MAP_POPULATE : 0), fd_.get(), 0);
  if (at == MAP_FAILED) return failed(ErrorCode::kFull, "can not map shared memory");
  bytes_ = {static_cast<uint8_t*>(at), bytes};
  return {};
}

Result<SharedMemory> SharedMemory::create(const char* name, size_t bytes) {
  SharedMemory memory;
  memory.fd_ = Fd(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory.fd_.is_open()) return failed(ErrorCode::kFull, "can not make shared memory");
  const int fd = memory.fd_.get();
  const auto size = static_cast<off_t>(bytes);
  // Whoever is handed it may use it; nobody opens it by way of /proc.
  if (fchmod(fd, 0600) != 0 || ftruncate(fd, size) != 0 || fallocate(fd, 0, 0, size) != 0 ||
      fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return failed(ErrorCode::kFull,
                  "can not make shared memory of " + std::to_string(bytes) + " bytes");
  if (Status status = memory.map(bytes, true); !status) return std::move(status).error();
  return memory;
}

Result<SharedMemory> SharedMemory::open(Fd fd, size_t bytes) {
  struct stat found {};
  if (fstat(fd.get(), &found) != 0) return failed(ErrorCode::kInvalid, "no shared memory");
  const int seals = fcntl(fd.get(), F_GET_SEALS);
  if (found.st_size < 0 || static_cast<uint64_t>(found.st_size) < bytes || bytes == 0 ||
      seals < 0 || (seals & F_SEAL_SHRINK) == 0)
    return Error{ErrorCode::kInvalid, "this is not memory of a Spanway daemon"};
  SharedMemory memory;
  memory.fd_ = std::move(fd);
  if (Status status = memory.map(bytes, false); !status) return std::move(status).error();
  return memory;
}

}  // namespace spanway::attach
