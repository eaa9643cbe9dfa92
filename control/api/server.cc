// SPDX-License-Identifier: BSD-3-Clause
#include "control/api/server.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "control/api/connection.h"
#include "control/api/dispatch.h"
#include "control/api/listener.h"
#include "control/api/peer.h"

namespace spanway::api {
namespace {

constexpr int kRequestsAStep = 32;  // of one client: others wait too
constexpr Nanos kAcceptPause = seconds(1);

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}
  ~Impl() {
    // The answer to "stop" should still arrive.
    for (auto& [fd, client] : clients_) client->flush(clock_.now());
    if (epoll_ >= 0) close(epoll_);
    if (wake_ >= 0) close(wake_);
  }

  Status listen();
  void step(Nanos now);
  [[nodiscard]] int poll_fd() const { return epoll_; }
  [[nodiscard]] size_t clients() const { return clients_.size(); }
  [[nodiscard]] const ServerCounters& counters() const {
    counters_.requests = dispatcher.requests;
    counters_.errors = dispatcher.errors;
    return counters_;
  }

  Dispatcher dispatcher;

 private:
  void accept_all(Nanos now);
  void admit(int fd, Nanos now);
  void turn_away(int fd, Kind kind, const std::string& message, const std::string& fix);
  void read_from(Connection& client, Nanos now);
  void serve(Connection& client, Nanos now);
  void answer_lines(Connection& client);
  void too_big(Connection& client, const std::string& message);
  void enforce_deadlines(Nanos now);
  void watch(Connection& client);
  void watch_fd(int fd, uint32_t interest, int operation) const;
  void wake() const;
  [[nodiscard]] size_t held() const;
  [[nodiscard]] size_t limit_of(const Caller& caller) const;

  ServerOptions options_;
  const Clock& clock_;
  Listener listener_;
  Doors doors_;
  int epoll_ = -1;
  int wake_ = -1;  // readable while a client has requests that the last step left over
  std::unordered_map<int, std::unique_ptr<Connection>> clients_;
  Nanos accept_from_;  // out of descriptors until then
  bool accepting_ = true;
  mutable ServerCounters counters_;
};

Status Server::Impl::listen() {
  auto doors = find_doors(options_.group, options_.readonly_group);
  if (!doors) return std::move(doors).error();
  doors_ = *doors;
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (epoll_ < 0 || wake_ < 0)
    return Error{
        ErrorCode::kUnavailable, std::string("can not watch sockets: ") + std::strerror(errno), {}};
  const mode_t mode = doors_.read_only ? 0666 : 0660;
  if (Status status = listener_.open(options_.socket, mode, doors_.full); !status) return status;
  watch_fd(listener_.fd(), EPOLLIN, EPOLL_CTL_ADD);
  watch_fd(wake_, EPOLLIN, EPOLL_CTL_ADD);
  return {};
}

void Server::Impl::watch_fd(int fd, uint32_t interest, int operation) const {
  epoll_event event{};
  event.events = interest;
  event.data.fd = fd;
  epoll_ctl(epoll_, operation, fd, &event);
}

void Server::Impl::wake() const {
  const uint64_t one = 1;
  (void)!write(wake_, &one, sizeof(one));
}

void Server::Impl::step(Nanos now) {
  if (epoll_ < 0) return;
  std::array<epoll_event, 128> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
  bool newcomers = !accepting_ && now >= accept_from_;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    if (event.data.fd == listener_.fd()) {
      newcomers = true;
    } else if (event.data.fd == wake_) {
      uint64_t drained = 0;
      (void)!read(wake_, &drained, sizeof(drained));
    } else if (const auto at = clients_.find(event.data.fd); at != clients_.end()) {
      if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read_from(*at->second, now);
    }
  }
  for (auto at = clients_.begin(); at != clients_.end();) {
    Connection& client = *at->second;
    const auto next = std::next(at);
    serve(client, now);  // may erase it
    at = next;
  }
  enforce_deadlines(now);
  // Last: a new client may get the descriptor of one that an event above was about.
  if (newcomers) accept_all(now);
}

void Server::Impl::read_from(Connection& client, Nanos now) {
  if (client.finishing() || client.at_end() || client.has_line()) return;
  switch (client.receive(now)) {
    case Connection::Outcome::kOpen:
      break;
    case Connection::Outcome::kClosed:
      client.end_of_input();
      break;
    case Connection::Outcome::kTooBig:
      return too_big(client,
                     "the request is over " + std::to_string(limit_of(client.caller())) + " bytes");
  }
  if (client.held() > size_t{1} << 20 && held() > 4 * options_.max_message_bytes)
    too_big(client, "too many requests are on their way at once");
}

void Server::Impl::too_big(Connection& client, const std::string& message) {
  ++counters_.dropped_big;
  client.queue(error_line(Kind::kRequest, message, "send it in several requests"));
  client.finish();
}

size_t Server::Impl::held() const {
  size_t sum = 0;
  for (const auto& [fd, client] : clients_) sum += client->held();
  return sum;
}

size_t Server::Impl::limit_of(const Caller& caller) const {
  return caller.role == Role::kFull
             ? options_.max_message_bytes
             : std::min(options_.max_message_bytes, options_.max_readonly_bytes);
}

void Server::Impl::answer_lines(Connection& client) {
  for (int i = 0; i < kRequestsAStep; ++i) {
    if (client.finishing() || client.backlog() > options_.max_backlog_bytes) return;
    const auto line = client.next_line();
    if (!line) return;
    client.queue(dispatcher.answer(*line, client.caller()));
  }
}

void Server::Impl::serve(Connection& client, Nanos now) {
  answer_lines(client);
  client.mark_partial(now);
  const bool there = client.flush(now);
  const bool done = client.finishing() || (client.at_end() && !client.has_line());
  if (!there || (done && client.backlog() == 0)) {
    clients_.erase(client.fd());  // closing it ends the watch
    return;
  }
  if (client.has_line() && client.backlog() <= options_.max_backlog_bytes) wake();
  watch(client);
}

void Server::Impl::watch(Connection& client) {
  uint32_t interest = 0;
  const bool full = client.backlog() > options_.max_backlog_bytes;
  if (!client.at_end() && !client.finishing() && !client.has_line() && !full) interest |= EPOLLIN;
  if (client.backlog() != 0) interest |= EPOLLOUT;
  if (interest == client.interest) return;
  client.interest = interest;
  watch_fd(client.fd(), interest, EPOLL_CTL_MOD);
}

void Server::Impl::enforce_deadlines(Nanos now) {
  const auto late = [now](const std::optional<Nanos>& since, Nanos allowed) {
    return since && now - *since >= allowed;
  };
  for (auto at = clients_.begin(); at != clients_.end();) {
    const Connection& client = *at->second;
    if (late(client.partial_since(), options_.partial_deadline) ||
        late(client.stuck_since(), options_.write_deadline)) {
      ++counters_.dropped_slow;
      at = clients_.erase(at);
    } else {
      ++at;
    }
  }
}

void Server::Impl::accept_all(Nanos now) {
  if (!accepting_) watch_fd(listener_.fd(), EPOLLIN, EPOLL_CTL_MOD);
  accepting_ = true;
  for (int i = 0; i < 64; ++i) {
    const int fd = accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      admit(fd, now);
      continue;
    }
    if (errno == ECONNABORTED || errno == EINTR) continue;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // The listener stays readable; looking at it again at once would not help.
      accepting_ = false;
      accept_from_ = now + kAcceptPause;
      watch_fd(listener_.fd(), 0, EPOLL_CTL_MOD);
    }
    return;
  }
}

void Server::Impl::admit(int fd, Nanos now) {
  auto caller = who_is(fd, doors_);
  if (!caller) return turn_away(fd, Kind::kPermission, caller.error().message, caller.error().fix);
  const size_t kept = caller->role == Role::kFull ? 0 : options_.max_clients / 4;
  if (clients_.size() + kept >= options_.max_clients)
    return turn_away(fd, Kind::kFull,
                     "all " + std::to_string(options_.max_clients) + " places are taken",
                     "try again later, or raise [control] max_clients");
  ++counters_.accepted;
  auto client = std::make_unique<Connection>(fd, *caller, limit_of(*caller));
  client->interest = EPOLLIN;
  watch_fd(fd, EPOLLIN, EPOLL_CTL_ADD);
  read_from(*client, now);
  Connection& placed = *client;
  clients_.emplace(fd, std::move(client));
  serve(placed, now);
}

void Server::Impl::turn_away(int fd, Kind kind, const std::string& message,
                             const std::string& fix) {
  ++counters_.refused;
  const std::string line = error_line(kind, message, fix);
  (void)!send(fd, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  close(fd);
}

Server::Server(ServerOptions options, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), clock)) {}
Server::~Server() = default;

void Server::add(std::string method, Role least, Handler handler) {
  impl_->dispatcher.add(std::move(method), least, std::move(handler));
}
std::vector<MethodInfo> Server::methods() const { return impl_->dispatcher.methods(); }
std::string Server::answer(std::string_view line, const Caller& caller) {
  return impl_->dispatcher.answer(line, caller);
}
Status Server::listen() { return impl_->listen(); }
int Server::poll_fd() const { return impl_->poll_fd(); }
void Server::step(Nanos now) { impl_->step(now); }
size_t Server::clients() const { return impl_->clients(); }
const ServerCounters& Server::counters() const { return impl_->counters(); }

}  // namespace spanway::api
