// SPDX-License-Identifier: BSD-3-Clause
// What an application and its daemon say to each other over the socket.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "dataplane/client/application.h"

namespace spanway::client {
namespace {

using attach::Entry;
using attach::EntryKind;
using attach::Fd;
using attach::Packet;
using attach::Post;

constexpr const char* kDefaultSocket = "/run/spanway/attach.sock";
constexpr uint32_t kMostWorkers = 256;

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

// ---- what comes ----

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

// ---- what goes ----

void Application::post_bytes(std::span<const uint8_t> message) {
  if (dead_ != 0) return;
  if (outbox_.empty() && attach::send(socket_.get(), message, {}) != Post::kLater) return;
  outbox_.emplace_back(message.begin(), message.end());
}

void Application::flush_outbox() {
  while (!outbox_.empty() && attach::send(socket_.get(), outbox_.front(), {}) != Post::kLater)
    outbox_.pop_front();
}

}  // namespace spanway::client
