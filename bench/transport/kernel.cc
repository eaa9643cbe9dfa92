// SPDX-License-Identifier: BSD-3-Clause
#include "bench/transport/kernel.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "dataplane/base/check.h"

namespace spanway::bench {
namespace {

constexpr int kBuffer = 4 << 20;

sockaddr_in loopback() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void name(int socket, sockaddr_in& address) {
  socklen_t size = sizeof address;
  SPANWAY_CHECK(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
}

int bound(int type) {
  const int fd = socket(AF_INET, type, 0);
  SPANWAY_CHECK(fd >= 0);
  sockaddr_in any = loopback();
  SPANWAY_CHECK(bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0);
  return fd;
}

void join(int fd, const sockaddr_in& to) {
  SPANWAY_CHECK(connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
}

void tune(int fd, bool tcp) {
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kBuffer, sizeof kBuffer);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kBuffer, sizeof kBuffer);
  const int one = 1;
  if (tcp) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  SPANWAY_CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
}

}  // namespace

Sockets::Sockets(Kind kind) : kind_(kind), room_(1 << 20) {
  sockaddr_in at{};
  if (kind == Kind::kUdp) {
    client_ = bound(SOCK_DGRAM);
    server_ = bound(SOCK_DGRAM);
    name(client_, at);
    join(server_, at);
    name(server_, at);
    join(client_, at);
  } else {
    const int listener = bound(SOCK_STREAM);
    SPANWAY_CHECK(listen(listener, 1) == 0);
    name(listener, at);
    client_ = socket(AF_INET, SOCK_STREAM, 0);
    join(client_, at);
    server_ = accept(listener, nullptr, nullptr);
    SPANWAY_CHECK(server_ >= 0);
    close(listener);
  }
  tune(client_, kind == Kind::kTcp);
  tune(server_, kind == Kind::kTcp);
}

Sockets::~Sockets() {
  close(client_);
  close(server_);
}

uint64_t Sockets::echo(std::span<const uint8_t> bytes, uint32_t window) {
  return pass(server_, client_, bytes, pass(client_, server_, bytes, window));
}

uint32_t Sockets::pass(int from, int to, std::span<const uint8_t> bytes, uint32_t count) {
  return kind_ == Kind::kUdp ? pass_datagrams(from, to, bytes, count)
                             : pass_stream(from, to, bytes, count);
}

uint32_t Sockets::pass_datagrams(int from, int to, std::span<const uint8_t> bytes, uint32_t count) {
  std::vector<iovec> out(count, {const_cast<uint8_t*>(bytes.data()), bytes.size()}), in(count);
  std::vector<mmsghdr> headers(count);
  for (uint32_t i = 0; i < count; ++i) {
    in[i] = {room_.data() + i * bytes.size(), bytes.size()};
    headers[i].msg_hdr.msg_iov = &out[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  const int sent = sendmmsg(from, headers.data(), count, 0);
  SPANWAY_CHECK(sent == static_cast<int>(count));
  for (uint32_t i = 0; i < count; ++i) headers[i].msg_hdr.msg_iov = &in[i];
  const int got = recvmmsg(to, headers.data(), count, 0, nullptr);
  SPANWAY_CHECK(got == static_cast<int>(count));
  return count;
}

uint32_t Sockets::pass_stream(int from, int to, std::span<const uint8_t> bytes, uint32_t count) {
  const size_t all = bytes.size() * count;
  SPANWAY_CHECK(all <= room_.size());
  for (uint32_t i = 0; i < count; ++i)
    std::ranges::copy(bytes, room_.begin() + static_cast<std::ptrdiff_t>(i * bytes.size()));
  SPANWAY_CHECK(send(from, room_.data(), all, 0) == static_cast<ssize_t>(all));
  for (size_t got = 0; got < all;) {
    const ssize_t more = recv(to, room_.data() + got, all - got, 0);
    if (more > 0) got += static_cast<size_t>(more);
  }
  return count;
}

uint64_t Sockets::stream(std::span<const uint8_t> bytes) {
  const ssize_t went = send(client_, bytes.data() + sent_, bytes.size() - sent_, 0);
  if (went > 0) sent_ = (sent_ + static_cast<uint64_t>(went)) % bytes.size();
  uint64_t received = 0;
  for (;;) {
    const ssize_t got = recv(server_, room_.data(), room_.size(), 0);
    if (got <= 0) return received;
    received += static_cast<uint64_t>(got);
  }
}

}  // namespace spanway::bench
