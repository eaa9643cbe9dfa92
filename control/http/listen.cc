// SPDX-License-Identifier: BSD-3-Clause
#include "control/http/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace spanway::http {
namespace {

constexpr int kBacklog = 16;

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

socklen_t fill(Address& out, const IpAddr& address, uint16_t port) {
  std::memset(&out, 0, sizeof(out));
  if (address.is4()) {
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(port);
    out.v4.sin_addr.s_addr = htonl(address.v4().value());
    return sizeof(out.v4);
  }
  out.v6.sin6_family = AF_INET6;
  out.v6.sin6_port = htons(port);
  std::memcpy(&out.v6.sin6_addr, address.v6().bytes.data(), sizeof(out.v6.sin6_addr));
  return sizeof(out.v6);
}

Error refused(const IpAddr& address, uint16_t port, int error) {
  const std::string what =
      "can not serve HTTP on " + endpoint_text(address, port) + ": " + std::strerror(error);
  switch (error) {
    case EADDRINUSE:
      return {ErrorCode::kExists, what,
              "stop who listens there, or give [control] http another port"};
    case EADDRNOTAVAIL:
      return {ErrorCode::kUnavailable, what,
              "an address that this machine has, in [control] http: 127.0.0.1:9140"};
    case EACCES:
    case EPERM:
      return {ErrorCode::kPermission, what, "a port above 1023 in [control] http, or run as root"};
    default:
      return {ErrorCode::kUnavailable, what, "another address in [control] http, or none"};
  }
}

}  // namespace

std::string endpoint_text(const IpAddr& address, uint16_t port) {
  const std::string host = address.is4() ? address.to_string() : "[" + address.to_string() + "]";
  return host + ":" + std::to_string(port);
}

Result<int> listen_on(const IpAddr& address, uint16_t port) {
  Address name;
  const socklen_t size = fill(name, address, port);
  const int fd = socket(name.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return refused(address, port, errno);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.is6()) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  if (bind(fd, &name.any, size) != 0 || listen(fd, kBacklog) != 0) {
    const int error = errno;
    close(fd);
    return refused(address, port, error);
  }
  return fd;
}

uint16_t port_of(int listening_fd) {
  Address name;
  socklen_t size = sizeof(name);
  if (getsockname(listening_fd, &name.any, &size) != 0) return 0;
  return ntohs(name.any.sa_family == AF_INET ? name.v4.sin_port : name.v6.sin6_port);
}

}  // namespace spanway::http
