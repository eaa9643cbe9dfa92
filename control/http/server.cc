// SPDX-License-Identifier: BSD-3-Clause
#include "control/http/server.h"

#include <httplib.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <semaphore>
#include <thread>
#include <utility>

#include "control/http/listen.h"

namespace spanway::http {
namespace {

using std::chrono::steady_clock;

// One connection, for as long as its deadline, its share of bytes and the server last.
class BoundedStream final : public httplib::Stream {
 public:
  BoundedStream(int fd, int stop_fd, Desk::Time deadline, size_t most_bytes)
      : fd_(fd), stop_fd_(stop_fd), deadline_(deadline), bytes_left_(most_bytes) {}

  bool is_readable() const override { return wait(POLLIN); }
  bool is_writable() const override { return wait(POLLOUT); }
  ssize_t read(char* to, size_t size) override {
    size = std::min(size, bytes_left_);
    if (size == 0 || !wait(POLLIN)) return -1;
    const ssize_t n = recv(fd_, to, size, MSG_DONTWAIT);
    if (n > 0) bytes_left_ -= static_cast<size_t>(n);
    return n;
  }
  ssize_t write(const char* from, size_t size) override {
    if (!wait(POLLOUT)) return -1;
    return send(fd_, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  // Nobody is told apart by his address.
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return fd_; }

 private:
  // False when the time is up or the server stops.
  [[nodiscard]] bool wait(short events) const {
    for (;;) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline_ - steady_clock::now());
      if (left.count() <= 0) return false;
      pollfd fds[2] = {{fd_, events, 0}, {stop_fd_, POLLIN, 0}};
      const int n = poll(fds, 2, static_cast<int>(left.count()));
      if (fds[1].revents != 0) return false;
      if (n > 0) return true;
      if (n < 0 && errno != EINTR) return false;
    }
  }

  int fd_, stop_fd_;
  Desk::Time deadline_;
  size_t bytes_left_;
};

// Connections that find no thread free wait with the kernel, which keeps only a few.
class BoundedPool final : public httplib::TaskQueue {
 public:
  explicit BoundedPool(unsigned threads) : free_(threads), pool_(threads) {}
  void enqueue(std::function<void()> task) override {
    free_.acquire();
    pool_.enqueue([this, task = std::move(task)] {
      task();
      free_.release();
    });
  }
  void shutdown() override { pool_.shutdown(); }

 private:
  std::counting_semaphore<> free_;
  httplib::ThreadPool pool_;
};

}  // namespace

class Server::Impl final : private httplib::Server {
 public:
  Impl(ServerOptions options, Desk& desk, int listening_fd)
      : options_(std::move(options)),
        desk_(desk),
        port_(port_of(listening_fd)),
        url_("http://" + endpoint_text(options_.address, port_)),
        stop_fd_(eventfd(0, EFD_CLOEXEC)) {
    svr_sock_ = listening_fd;
    new_task_queue = [this] { return new BoundedPool(options_.clients); };
    set_default_headers({{"Cache-Control", "no-store"},
                         {"Content-Security-Policy", "default-src 'none'"},
                         {"X-Content-Type-Options", "nosniff"}});
    // Before the body of a request is read: there is no page that takes one.
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      respond(request, response);
      return HandlerResponse::Handled;
    });
    listener_ = std::thread([this] { listen_after_bind(); });
    // stop() does nothing before the loop has begun.
    while (!is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ~Impl() override {
    const uint64_t one = 1;
    (void)!::write(stop_fd_, &one, sizeof(one));
    desk_.close();
    stop();
    listener_.join();
    close(stop_fd_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] const std::string& url() const noexcept { return url_; }
  [[nodiscard]] uint16_t port() const noexcept { return port_; }

 private:
  [[nodiscard]] Desk::Time deadline() const {
    return steady_clock::now() + std::chrono::nanoseconds(options_.deadline.ns());
  }

  // One request a connection, so that a place is held no longer than the deadline.
  bool process_and_close_socket(socket_t fd) override {
    BoundedStream stream(fd, stop_fd_, deadline(), options_.request_bytes);
    bool closed = false;
    const bool good = process_request(stream, true, closed, [](httplib::Request& request) {
      request.ranges.clear();  // the pages are short; a list of ranges could make an answer long
    });
    shutdown(fd, SHUT_RDWR);
    close(fd);
    return good;
  }

  void respond(const httplib::Request& request, httplib::Response& response) {
    const auto say = [&](int status, const std::string& text) {
      response.status = status;
      response.set_content(text, "text/plain; charset=utf-8");
    };
    if (request.method != "GET" && request.method != "HEAD") {
      response.set_header("Allow", "GET, HEAD");
      return say(405, "only GET and HEAD are answered here\n");
    }
    const auto page = options_.pages.find(request.path);
    if (page == options_.pages.end()) return say(404, "there is no such page; see " + url_ + "/\n");
    std::string text = page->second.text;
    if (page->second.asked) {
      // A little before the connection's own deadline, so that the refusal still arrives.
      auto answer = desk_.ask(request.path,
                              deadline() - std::chrono::nanoseconds(options_.deadline.ns() / 2));
      if (!answer) return say(503, "the router is busy; try again\n");
      text = std::move(*answer);
    }
    response.status = 200;
    response.set_content(std::move(text), page->second.type);
  }

  ServerOptions options_;
  Desk& desk_;
  uint16_t port_;
  std::string url_;
  int stop_fd_;  // readable once the server stops
  std::thread listener_;
};

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Desk& desk) {
  auto fd = listen_on(options.address, options.port);
  if (!fd) return std::move(fd).error();
  auto impl = std::make_unique<Impl>(std::move(options), desk, *fd);
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
const std::string& Server::url() const noexcept { return impl_->url(); }
uint16_t Server::port() const noexcept { return impl_->port(); }

}  // namespace spanway::http
