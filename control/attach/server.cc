// SPDX-License-Identifier: BSD-3-Clause
#include "control/attach/server.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "control/api/peer.h"

namespace spanway::attach {
namespace {

constexpr unsigned kAcceptsAStep = 16;
// Room for what one application is told and has not read, a word for each connection it may have.
constexpr int kSendBuffer = 1 << 20;

void goodbye(int socket, Refused why, const std::string& text) {
  GoodbyeMessage message;
  message.why = why;
  std::memcpy(message.text, text.data(), std::min(text.size(), sizeof(message.text) - 1));
  send_message(socket, message);
}

}  // namespace

struct Server::Doors {
  api::Doors doors;
};

Server::Server(ServerOptions options, Surroundings around)
    : options_(std::move(options)), around_(std::move(around)) {}

Server::~Server() = default;

Status Server::listen() {
  auto doors = api::find_doors(options_.group, {});
  if (!doors) return std::move(doors).error();
  epoll_ = Fd(epoll_create1(EPOLL_CLOEXEC));
  if (Status status = listener_.open(options_.socket, 0660, doors->full, SOCK_SEQPACKET); !status)
    return status;
  doors_ = std::make_unique<Doors>(Doors{*doors});
  epoll_event event{};
  event.events = EPOLLIN;
  if (!epoll_.is_open() || epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener_.fd(), &event) != 0)
    return Error{ErrorCode::kFull,
                 std::string("can not wait for applications: ") + std::strerror(errno)};
  return {};
}

void Server::accept() {
  for (unsigned i = 0; i < kAcceptsAStep; ++i) {
    Fd socket(accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.is_open()) return;
    const auto caller = api::who_is(socket.get(), doors_->doors);
    if (!caller || caller->role != api::Role::kFull) {
      ++counts_.refused;
      goodbye(socket.get(), Refused::kPermission,
              "you may not: become root or a member of the group");
      continue;
    }
    if (clients_.size() >= around_.limits.applications) {
      ++counts_.refused;
      goodbye(socket.get(), Refused::kLimit, "there are as many applications as there may be");
      continue;
    }
    setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof(kSendBuffer));
    epoll_event event{};
    event.events = EPOLLIN;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket.get(), &event) != 0) return;
    ++counts_.attached;
    clients_.push_back(std::make_unique<Client>(around_, std::move(socket)));
  }
}

void Server::hear() {
  for (Service* service : around_.services) {
    Service::Notice notice;
    while (service->hear(notice))
      for (const auto& client : clients_) {
        if (!client->owns(notice.channel)) continue;
        if (notice.kind == Service::Notice::Kind::kRemoved) {
          client->removed();
          continue;
        }
        ++counts_.broken;
        client->leave(Refused::kBroken, "your submissions broke the rules");
      }
  }
}

void Server::step(Nanos now) {
  if (doors_) accept();
  hear();
  for (const auto& client : clients_) client->step(now);
  std::erase_if(clients_, [](const auto& client) { return client->is_gone(); });
}

void Server::stop() {
  for (const auto& client : clients_) client->leave(Refused::kStopping, "the daemon ends");
}

size_t Server::connections() const {
  size_t sum = 0;
  for (const auto& client : clients_) sum += client->connections();
  return sum;
}

size_t Server::bytes() const {
  size_t sum = 0;
  for (const auto& client : clients_) sum += client->bytes();
  return sum;
}

}  // namespace spanway::attach
