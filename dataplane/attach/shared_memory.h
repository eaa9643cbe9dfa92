// SPDX-License-Identifier: BSD-3-Clause
// Memory that two processes share: a file without a name whose size nobody can change any more, so
// that no access to it can ever fail. Control thread, and applications.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/result.h"

namespace spanway::attach {

// A file descriptor, closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  int release() noexcept {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_ = -1;
};

class SharedMemory {
 public:
  SharedMemory() = default;
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  // New memory, zeroed and really there, so that who touches it first waits for nothing. kFull
  // when the machine has none left.
  static Result<SharedMemory> create(const char* name, size_t bytes);
  // What somebody else created. kInvalid when it is smaller than `bytes` or could shrink.
  static Result<SharedMemory> open(Fd fd, size_t bytes);

  [[nodiscard]] std::span<uint8_t> bytes() const noexcept { return bytes_; }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

 private:
  Status map(size_t bytes, bool populate);

  Fd fd_;
  std::span<uint8_t> bytes_;
};

}  // namespace spanway::attach
