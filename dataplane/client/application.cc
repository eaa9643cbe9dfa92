// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/client/application.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "dataplane/attach/bell.h"
#include "dataplane/base/cycles.h"

namespace spanway::client {
namespace {

using attach::Entry;
using attach::EntryKind;
using attach::Fd;
using attach::Packet;
using attach::Post;

constexpr const char* kDefaultSocket = "/run/spanway/attach.sock";
// The daemon answers at once or has trouble.
constexpr int kAnswerMs = 10'000;
// What is waited for before a sleep: about as long as an answer from the next machine takes.
constexpr Nanos kSpin = micros(20);
// Waits in a row without it, where it does not help.
constexpr unsigned kMostSleeps = 255;
// Looks into the rings between two looks at the clock.
constexpr unsigned kLooks = 16;
// A look at the socket is a system call, and what it says can wait so many cycles, some hundred
// microseconds; but not when the fd has said that there is something.
constexpr uint64_t kLookEvery = 1u << 18;
// When something waits for room that no bell announces.
constexpr int kRoomMs = 1;
constexpr unsigned kEntriesATurn = 1024;
constexpr uint32_t kMostWorkers = 256;

void relax() { __builtin_ia32_pause(); }

const char* text_of(const char (&text)[240]) { return text[239] == 0 ? text : ""; }

}  // namespace

int error_of(attach::Refused why) {
  switch (why) {
    case attach::Refused::kOtherVersion:
      return SPANWAY_EVERSION;
    case attach::Refused::kInvalid:
      return SPANWAY_EINVALID;
    case attach::Refused::kPermission:
      return SPANWAY_EPERMISSION;
    case attach::Refused::kLimit:
      return SPANWAY_ELIMIT;
    case attach::Refused::kMemory:
      return SPANWAY_EMEMORY;
    case attach::Refused::kInUse:
      return SPANWAY_EINUSE;
    case attach::Refused::kUnreachable:
      return SPANWAY_EUNREACHABLE;
    case attach::Refused::kTimeout:
      return SPANWAY_ETIMEOUT;
    case attach::Refused::kBroken:
      return SPANWAY_EBROKEN;
    case attach::Refused::kStopping:
      break;
  }
  return SPANWAY_EGONE;
}

// ---- attaching ----

int Application::attach(const char* socket_path) {
  const char* path = socket_path != nullptr ? socket_path : std::getenv("SPANWAY_SOCKET");
  if (path == nullptr || *path == 0) path = kDefaultSocket;
  if (const int error = shake_hands(path); error < 0) {
    if (dead_ == 0) die(error, std::string(path) + ": " + spanway_error_text(error));
    return dead_;
  }
  epoll_ = Fd(epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  for (const int fd : {socket_.get(), bell_.get()})
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
      die(SPANWAY_EMEMORY, std::string("epoll: ") + std::strerror(errno));
      return dead_;
    }
  return 0;
}

int Application::shake_hands(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (std::strlen(path) >= sizeof(address.sun_path)) return SPANWAY_EINVALID;
  std::memcpy(address.sun_path, path, std::strlen(path));
  socket_ = Fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket_.is_open()) return SPANWAY_EMEMORY;
  if (::connect(socket_.get(), static_cast<const sockaddr*>(static_cast<const void*>(&address)),
                sizeof(address)) != 0)
    return errno == EACCES || errno == EPERM ? SPANWAY_EPERMISSION : SPANWAY_ENODAEMON;
  post(attach::HelloMessage{});
  const Patience patience(kAnswerMs);
  uint32_t workers = 0;
  while (dead_ == 0 && (workers == 0 || workers_.size() < workers)) {
    pollfd waits{socket_.get(), POLLIN, 0};
    if (::poll(&waits, 1, patience.left_ms()) == 0) return SPANWAY_ETIMEOUT;
    Packet packet;
    const Post got = receive(socket_.get(), packet);
    if (got == Post::kLater) continue;
    if (got != Post::kDone) return SPANWAY_EGONE;
    const auto welcome = attach::read_message<attach::WelcomeMessage>(packet.data());
    if (welcome && packet.fd_count == 1) {
      if (welcome->version != attach::kVersion) return SPANWAY_EVERSION;
      if (welcome->workers == 0 || welcome->workers > kMostWorkers ||
          welcome->slots > attach::ConnectionKey::kMostSlots)
        return SPANWAY_EVERSION;
      workers = welcome->workers;
      slots_.resize(welcome->slots);
      bell_ = std::move(packet.fds[0]);
    } else if (workers != 0 && packet.kind() == attach::MessageKind::kChannel) {
      if (const int error = add_worker(packet); error < 0) return error;
    } else {
      read_packet(packet);
    }
  }
  return dead_;
}

int Application::add_worker(Packet& packet) {
  const auto message = attach::read_message<attach::ChannelMessage>(packet.data());
  if (!message || packet.fd_count != 2 || message->worker != workers_.size() ||
      !message->rings.is_valid())
    return SPANWAY_EVERSION;
  auto memory = attach::SharedMemory::open(std::move(packet.fds[0]), message->rings.bytes());
  if (!memory) return SPANWAY_EMEMORY;
  uint8_t* base = memory->bytes().data();
  attach::ChannelHead head;
  std::memcpy(static_cast<void*>(&head), base, sizeof(head));
  if (head.magic != attach::kChannelMagic || head.version != attach::kVersion)
    return SPANWAY_EVERSION;
  const auto submissions = attach::RingMemory::over(base + attach::ChannelPlan::submissions_at(),
                                                    message->rings.submissions);
  const auto completions =
      attach::RingMemory::over(base + message->rings.completions_at(), message->rings.completions);
  workers_.push_back({std::move(*memory),
                      std::move(packet.fds[1]),
                      attach::RingProducer(submissions),
                      attach::RingConsumer(completions),
                      {}});
  return 0;
}

void Application::die(int error, const std::string& why) {
  if (dead_ != 0) return;
  dead_ = error;
  reason_ = why;
  // Whoever waits for one of them hears of it.
  for (const auto& connection : slots_)
    if (connection) has_news(*connection, SPANWAY_OVER);
  for (const auto& [request, connection] : dialling_) has_news(*connection, SPANWAY_FAILED);
}

// ---- what comes ----

unsigned Application::turn() {
  flush();
  const unsigned met = read_rings();
  const uint64_t now = cycle_count();
  if (now - looked_at_ < kLookEvery) return met;
  looked_at_ = now;
  return met + read_socket();
}

unsigned Application::read_rings() {
  unsigned met = 0;
  for (Worker& worker : workers_) {
    Entry entry;
    while (met < kEntriesATurn && worker.completions.pop(entry)) {
      ++met;
      take(entry);
    }
    worker.completions.give_back();
    if (worker.completions.broken() || worker.submissions.broken())
      die(SPANWAY_EBROKEN, "the daemon's ring makes no sense");
  }
  return met;
}

unsigned Application::read_socket() {
  unsigned met = 0;
  while (dead_ == 0) {
    Packet packet;
    const Post got = receive(socket_.get(), packet);
    if (got == Post::kLater) break;
    ++met;
    if (got == Post::kDone)
      read_packet(packet);
    else
      die(SPANWAY_EGONE, "the daemon has gone: detach, and attach again when it is back");
  }
  return met;
}

void Application::read_packet(Packet& packet) {
  switch (packet.kind()) {
    case attach::MessageKind::kConnection:
      on_connection(packet);
      return;
    case attach::MessageKind::kListening:
      if (const auto message = attach::read_message<attach::ListeningMessage>(packet.data()))
        answers_[message->head.request] = static_cast<int>(message->port);
      return;
    case attach::MessageKind::kRefused:
      if (const auto message = attach::read_message<attach::RefusedMessage>(packet.data()))
        on_refused(*message);
      return;
    case attach::MessageKind::kGoodbye:
      if (const auto message = attach::read_message<attach::GoodbyeMessage>(packet.data()))
        die(error_of(message->why), text_of(message->text));
      return;
    default:
      return;
  }
}

void Application::on_refused(const attach::RefusedMessage& message) {
  const int error = error_of(message.why);
  reason_ = text_of(message.text);
  const auto dialling = dialling_.find(message.head.request);
  if (dialling == dialling_.end()) {
    answers_[message.head.request] = error;
    return;
  }
  std::unique_ptr<Connection> connection = std::move(dialling->second);
  dialling_.erase(dialling);
  connection->fail(error);
  if (!connection->closed) failed_.push_back(std::move(connection));
}

void Application::on_connection(Packet& packet) {
  const auto message = attach::read_message<attach::ConnectionMessage>(packet.data());
  const attach::ConnectionKey key{message ? message->connection : 0};
  if (!message || packet.fd_count != 1 || key.slot() >= slots_.size() || slots_[key.slot()] ||
      message->worker >= workers_.size() || !message->region.is_valid()) {
    die(SPANWAY_EBROKEN, "the daemon told of a connection that can not be");
    return;
  }
  auto region = attach::SharedMemory::open(std::move(packet.fds[0]), message->region.bytes());
  std::unique_ptr<Connection> connection;
  const auto dialling = dialling_.find(message->head.request);
  if (message->head.request == 0) {
    connection = std::make_unique<Connection>(*this, 0);
  } else if (dialling != dialling_.end()) {
    connection = std::move(dialling->second);
    dialling_.erase(dialling);
  }
  if (!connection || !region || !connection->adopt(*message, std::move(*region))) {
    die(SPANWAY_EBROKEN, "the daemon told of a connection that can not be");
    return;
  }
  Connection& there = *connection;
  slots_[key.slot()] = std::move(connection);
  if (there.closed)
    submit_surely(there.worker(), {.kind = EntryKind::kClose, .connection = key.value});
  const auto behind = std::stable_partition(early_.begin(), early_.end(), [&](const Entry& entry) {
    return entry.connection != key.value;
  });
  const std::vector<Entry> now(behind, early_.end());
  early_.erase(behind, early_.end());
  for (const Entry& entry : now) take(entry);
}

Connection* Application::find(uint32_t key) {
  const uint32_t slot = attach::ConnectionKey{key}.slot();
  if (slot >= slots_.size() || !slots_[slot] || slots_[slot]->key() != key) return nullptr;
  return slots_[slot].get();
}

void Application::take(const Entry& entry) {
  Connection* connection = find(entry.connection);
  if (connection == nullptr) {
    // Its word on the socket is on its way.
    early_.push_back(entry);
    return;
  }
  if (!connection->take(entry)) {
    die(SPANWAY_EBROKEN, "the daemon's ring makes no sense");
    return;
  }
  if (entry.kind == EntryKind::kOpened && connection->request() == 0) {
    const auto port = listening_.find(connection->port());
    if (port == listening_.end()) {
      close(*connection);
      return;
    }
    port->second.push_back(connection);
    incoming_.insert(connection->port());
  }
  if (entry.kind == EntryKind::kEnded) after_entry(*connection);
}

// It is over: nobody needs it when the caller has closed it, or never had it.
void Application::after_entry(Connection& connection) {
  const bool never_seen = connection.request() == 0 && !connection.opened();
  if (connection.closed || never_seen) forget(connection);
}

void Application::forget(Connection& connection) {
  attach::ForgetMessage message;
  message.connection = connection.key();
  post(message);
  std::erase(news_, &connection);
  std::erase(dirty_, &connection);
  for (auto& [port, waiting] : listening_) std::erase(waiting, &connection);
  slots_[attach::ConnectionKey{connection.key()}.slot()].reset();
}

// ---- what goes ----

void Application::publish(Worker& worker) {
  if (worker.submissions.publish()) attach::ring_eventfd(worker.eventfd.get());
}

bool Application::flush_deferred(Worker& worker) {
  while (!worker.deferred.empty() && worker.submissions.push(worker.deferred.front()))
    worker.deferred.pop_front();
  publish(worker);
  return worker.deferred.empty();
}

bool Application::submit(uint32_t worker, const Entry& entry) {
  Worker& to = workers_[worker];
  if (!to.deferred.empty() && !flush_deferred(to)) return false;
  if (!to.submissions.push(entry)) return false;
  publish(to);
  return true;
}

void Application::submit_surely(uint32_t worker, const Entry& entry) {
  if (!submit(worker, entry)) workers_[worker].deferred.push_back(entry);
}

template <class M>
void Application::post(const M& message) {
  if (dead_ != 0) return;
  if (outbox_.empty() && attach::send_message(socket_.get(), message) != Post::kLater) return;
  const auto* begin = static_cast<const uint8_t*>(static_cast<const void*>(&message));
  outbox_.emplace_back(begin, begin + sizeof(M));
}

void Application::flush() {
  for (Connection* connection : std::exchange(dirty_, {})) {
    connection->dirty = false;
    connection->tell_consumed();
  }
  for (Worker& worker : workers_)
    if (!worker.deferred.empty()) flush_deferred(worker);
  while (!outbox_.empty() && attach::send(socket_.get(), outbox_.front(), {}) != Post::kLater)
    outbox_.pop_front();
}

void Application::has_consumed(Connection& connection) {
  if (connection.dirty) return;
  connection.dirty = true;
  dirty_.push_back(&connection);
}

void Application::has_news(Connection& connection, uint32_t what) {
  // Nobody knows of one that was not accepted yet.
  if (connection.closed) return;
  connection.news |= what;
  if (connection.in_news) return;
  connection.in_news = true;
  news_.push_back(&connection);
}

// ---- waiting ----

int Application::arm() {
  looked_at_ = 0;
  if (dead_ != 0 || !news_.empty() || !incoming_.empty()) return 1;
  flush();
  attach::hush_bell(bell_.get());
  for (Worker& worker : workers_)
    if (!worker.completions.lie_down()) return 1;
  return 0;
}

// Where a worker shares the core with the application, a spin only keeps it from working; there
// spins find nothing, and most waits do without.
bool Application::spin() {
  if (sleeps_left_ != 0) {
    --sleeps_left_;
    return false;
  }
  const MonotonicClock clock;
  for (const Nanos until = clock.now() + kSpin; clock.now() < until;)
    for (unsigned i = 0; i < kLooks; ++i) {
      if (read_rings() != 0) {
        sleeps_ = 0;
        return true;
      }
      relax();
    }
  sleeps_left_ = sleeps_ = std::min(2 * sleeps_ + 1, kMostSleeps);
  return false;
}

int Application::wait(const Patience& patience) {
  if (turn() != 0) return 0;
  if (dead_ != 0) return dead_;
  if (patience.none()) return SPANWAY_EAGAIN;
  if (spin()) return 0;
  bool waits_for_room = !outbox_.empty();
  for (Worker& worker : workers_)
    waits_for_room = waits_for_room || !worker.deferred.empty() || worker.submissions.room() == 0;
  int left = patience.left_ms();
  if (left == 0) return SPANWAY_ETIMEOUT;
  if (waits_for_room) left = kRoomMs;
  bool sleeps = true;
  for (Worker& worker : workers_) sleeps = worker.completions.lie_down() && sleeps;
  if (sleeps) {
    epoll_event events[2];
    epoll_wait(epoll_.get(), events, 2, left);
    looked_at_ = 0;
  }
  for (Worker& worker : workers_) worker.completions.get_up();
  attach::hush_bell(bell_.get());
  turn();
  return dead_;
}

int Application::poll(spanway_event* events, int most, const Patience& patience) {
  if (most <= 0) return SPANWAY_EINVALID;
  turn();
  for (;;) {
    int count = 0;
    for (; count < most && !incoming_.empty(); ++count) {
      events[count] = {SPANWAY_INCOMING, *incoming_.begin(), nullptr};
      incoming_.erase(incoming_.begin());
    }
    size_t taken = 0;
    for (; count < most && taken < news_.size(); ++taken) {
      Connection& connection = *news_[taken];
      connection.in_news = false;
      const uint32_t what = std::exchange(connection.news, 0);
      events[count++] = {what, 0,
                         static_cast<spanway_connection*>(static_cast<void*>(&connection))};
    }
    news_.erase(news_.begin(), news_.begin() + static_cast<std::ptrdiff_t>(taken));
    if (count != 0) return count;
    const int error = wait(patience);
    // Whoever asks because the fd is readable has now been told all there was.
    if (error == SPANWAY_EAGAIN) attach::hush_bell(bell_.get());
    if (error < 0) return error;
  }
}

int Application::answer(uint32_t request, const Patience& patience) {
  for (;;) {
    if (const auto found = answers_.find(request); found != answers_.end()) {
      const int result = found->second;
      answers_.erase(found);
      return result;
    }
    if (const int error = wait(patience); error < 0) return error;
  }
}

// ---- connections ----

int Application::connect(const attach::Where& peer, const attach::RegionPlan& plan, int timeout_ms,
                         Connection** out) {
  if (dead_ != 0) return dead_;
  attach::ConnectMessage message;
  message.head.request = next_request_++;
  message.peer = peer;
  message.region = plan;
  if (timeout_ms > 0) message.timeout_ms = static_cast<uint32_t>(timeout_ms);
  auto connection = std::make_unique<Connection>(*this, message.head.request);
  *out = connection.get();
  dialling_[message.head.request] = std::move(connection);
  post(message);
  return 0;
}

int Application::listen(uint16_t port, const attach::RegionPlan& plan) {
  if (dead_ != 0) return dead_;
  attach::ListenMessage message;
  message.head.request = next_request_++;
  message.port = port;
  message.region = plan;
  post(message);
  const int got = answer(message.head.request, Patience(kAnswerMs));
  if (got > 0) listening_[static_cast<uint16_t>(got)];
  return got;
}

int Application::unlisten(uint16_t port) {
  const auto found = listening_.find(port);
  if (found == listening_.end()) return SPANWAY_EINVALID;
  const std::deque<Connection*> waiting = std::move(found->second);
  listening_.erase(found);
  incoming_.erase(port);
  for (Connection* connection : waiting) close(*connection);
  attach::UnlistenMessage message;
  message.port = port;
  post(message);
  return 0;
}

int Application::accept(uint16_t port, Connection** out) {
  const auto found = listening_.find(port);
  if (found == listening_.end()) return dead_ != 0 ? dead_ : SPANWAY_EINVALID;
  if (found->second.empty()) return dead_ != 0 ? dead_ : SPANWAY_EAGAIN;
  *out = found->second.front();
  found->second.pop_front();
  return 0;
}

void Application::close(Connection& connection) {
  connection.closed = true;
  std::erase(news_, &connection);
  if (const auto dialling = dialling_.find(connection.request());
      dialling != dialling_.end() && dialling->second.get() == &connection) {
    attach::HangUpMessage message;
    message.head.request = connection.request();
    post(message);
    return;
  }
  const auto failed = std::find_if(failed_.begin(), failed_.end(),
                                   [&](const auto& one) { return one.get() == &connection; });
  if (failed != failed_.end()) {
    failed_.erase(failed);
    return;
  }
  if (connection.is_over()) {
    forget(connection);
    return;
  }
  submit_surely(connection.worker(), {.kind = EntryKind::kClose, .connection = connection.key()});
}

}  // namespace spanway::client
