// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/attach/packet_socket.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

namespace spanway::attach {
namespace {

// Control data of as many file descriptors as a message may carry, and one more, so that too many
// show.
union ControlRoom {
  alignas(cmsghdr) uint8_t bytes[CMSG_SPACE((kMostFds + 1) * sizeof(int))];
};

Post outcome_of_error() noexcept {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOBUFS
             ? Post::kLater
             : Post::kGone;
}

}  // namespace

MessageKind Packet::kind() const noexcept {
  if (size < sizeof(MessageHead)) return MessageKind{};
  MessageHead head;
  std::memcpy(static_cast<void*>(&head), bytes.data(), sizeof(head));
  return head.kind;
}

Post receive(int socket, Packet& packet) noexcept {
  ControlRoom control{};
  iovec part{packet.bytes.data(), packet.bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof(control.bytes);
  const ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0) return outcome_of_error();
  packet.size = static_cast<size_t>(got);
  packet.fd_count = 0;
  bool wrong = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof(int));
      Fd owned(fd);
      if (packet.fd_count == kMostFds)
        wrong = true;
      else
        packet.fds[packet.fd_count++] = std::move(owned);
    }
  }
  if (got == 0) return Post::kGone;
  return wrong ? Post::kWrong : Post::kDone;
}

Post send(int socket, std::span<const uint8_t> bytes, std::span<const int> fds) noexcept {
  ControlRoom control{};
  iovec part{const_cast<uint8_t*>(bytes.data()), bytes.size()};  // NOLINT: sendmsg only reads
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(head), fds.data(), fds.size_bytes());
  }
  const ssize_t sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? outcome_of_error() : Post::kDone;
}

}  // namespace spanway::attach
