// SPDX-License-Identifier: BSD-3-Clause
// A server in a directory of its own, and raw clients that may misbehave.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "control/api/client.h"
#include "control/api/server.h"

namespace spanway::api::test {

using nlohmann::json;

// A socket that sends what it is told and reads what there is; no call waits.
class RawClient {
 public:
  explicit RawClient(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const void* generic = &address;
    connected_ = connect(fd_, static_cast<const sockaddr*>(generic), sizeof(address)) == 0;
  }
  ~RawClient() { hang_up(); }
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  RawClient& operator=(RawClient&&) = delete;

  void hang_up() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  void half_close() const { shutdown(fd_, SHUT_WR); }
  [[nodiscard]] bool connected() const { return connected_; }
  // How many bytes the socket took; -1 when the other end is closed.
  ssize_t say(std::string_view bytes) const {
    const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return n < 0 && errno == EAGAIN ? 0 : n;
  }
  // What has arrived; closed() when the other end is.
  std::string hear() {
    std::string out;
    char chunk[65536];
    for (;;) {
      const ssize_t n = recv(fd_, chunk, sizeof(chunk), MSG_DONTWAIT);
      if (n <= 0) {
        closed_ = n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
        return out;
      }
      out.append(chunk, static_cast<size_t>(n));
    }
  }
  bool closed() {
    (void)hear();
    return closed_;
  }

 private:
  int fd_ = -1;
  bool connected_ = false;
  bool closed_ = false;
};

class Served : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/spanway-api-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory_ = name;
    options_.socket = directory_ + "/api.sock";
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

  Status start() {
    server_ = std::make_unique<Server>(options_, clock_);
    server_->add("echo", Role::kReadOnly,
                 [](const json& params, const Caller&) -> Result<json> { return params; });
    server_->add("big", Role::kReadOnly, [](const json& params, const Caller&) -> Result<json> {
      return json(std::string(params.value("bytes", size_t{0}), 'x'));
    });
    server_->add("who", Role::kFull, [](const json&, const Caller& caller) -> Result<json> {
      return json{{"uid", caller.uid}, {"pid", caller.pid}};
    });
    server_->add("missing", Role::kReadOnly, [](const json&, const Caller&) -> Result<json> {
      return Error{ErrorCode::kNotFound, "no such thing", "show things"};
    });
    return server_->listen();
  }
  // Steps until there is nothing to do, at one moment of the clock.
  void settle() {
    for (int i = 0; i < 2000; ++i) {
      pollfd fd{server_->poll_fd(), POLLIN, 0};
      if (poll(&fd, 1, 0) == 0) break;
      server_->step(clock_.now());
    }
    server_->step(clock_.now());
  }
  static std::string request(const std::string& method, const json& params = json::object(),
                             int id = 1) {
    return json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump() +
           "\n";
  }

  std::string directory_;
  ServerOptions options_;
  VirtualClock clock_;
  std::unique_ptr<Server> server_;
};

// Steps the server on a thread of its own while clients block.
class Stepping {
 public:
  explicit Stepping(Server& server)
      : thread_([this, &server] {
          const MonotonicClock clock;
          while (!stop_) {
            pollfd fd{server.poll_fd(), POLLIN, 0};
            poll(&fd, 1, 20);
            server.step(clock.now());
          }
        }) {}
  ~Stepping() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace spanway::api::test
