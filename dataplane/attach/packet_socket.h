// SPDX-License-Identifier: BSD-3-Clause
// Sends and receives whole messages with file descriptors over a UNIX socket. Never waits, never
// raises a signal. Control thread, and applications.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "dataplane/attach/protocol.h"
#include "dataplane/attach/shared_memory.h"

namespace spanway::attach {

struct Packet {
  std::array<uint8_t, kMostMessage> bytes;
  size_t size = 0;
  std::array<Fd, kMostFds> fds;
  unsigned fd_count = 0;

  [[nodiscard]] std::span<const uint8_t> data() const noexcept { return {bytes.data(), size}; }
  // kNone of the enumeration, 0, when it is too short for a head.
  [[nodiscard]] MessageKind kind() const noexcept;
};

enum class Post : uint8_t {
  kDone,
  kLater,  // nothing there, or no room
  kGone,   // nobody is at the other end
  kWrong,  // more than a message may have
};

Post receive(int socket, Packet& packet) noexcept;
Post send(int socket, std::span<const uint8_t> bytes, std::span<const int> fds) noexcept;

template <class M>
Post send_message(int socket, const M& message, std::span<const int> fds = {}) noexcept {
  return send(socket, {static_cast<const uint8_t*>(static_cast<const void*>(&message)), sizeof(M)},
              fds);
}

}  // namespace spanway::attach
