// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/attach/bell.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace spanway::attach {

Result<Pipe> Pipe::create() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    return Error{ErrorCode::kFull, std::string("can not make a pipe: ") + std::strerror(errno)};
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<Fd> make_eventfd() {
  Fd fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd.is_open())
    return Error{ErrorCode::kFull, std::string("can not make an eventfd: ") + std::strerror(errno)};
  return fd;
}

void ring_bell(int pipe) noexcept {
  if (pipe < 0) return;
  const char word = 1;
  [[maybe_unused]] const ssize_t written = write(pipe, &word, 1);
}

void ring_eventfd(int eventfd) noexcept {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(eventfd, &one, sizeof(one));
}

void hush_bell(int pipe) noexcept {
  std::array<char, 256> words;
  while (read(pipe, words.data(), words.size()) == static_cast<ssize_t>(words.size())) {
  }
}

}  // namespace spanway::attach
