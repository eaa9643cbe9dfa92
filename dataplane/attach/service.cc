// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/attach/service.h"

#include <sys/epoll.h>

#include <bit>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/transport/endpoint/endpoint.h"

namespace spanway::attach {
namespace {

using transport::End;
using transport::Endpoint;
using transport::Session;

Attachment& attachment_of(const Session& session) noexcept {
  return *std::bit_cast<Attachment*>(session.context());
}

constexpr EndReason reason_of(End why) noexcept {
  switch (why) {
    case End::kClosed:
      return EndReason::kClosed;
    case End::kSilent:
      return EndReason::kSilent;
    case End::kSpent:
      return EndReason::kSpent;
    case End::kStopped:
      break;
  }
  return EndReason::kStopped;
}

void wake_all(Endpoint& endpoint, std::span<Attachment* const> touched) noexcept {
  for (Attachment* attachment : touched) endpoint.wake(*attachment->session);
}

}  // namespace

// A channel is added, removed, found broken and removed: each once.
Service::Service(uint16_t worker, size_t most)
    : worker_(worker),
      bell_(epoll_create1(EPOLL_CLOEXEC)),
      places_(most),
      commands_(std::bit_ceil(most * 2)),
      notices_(std::bit_ceil(most * 2)) {}

// By edges: nobody reads an eventfd, so what an application writes wakes the worker once.
void Service::add(Channel& channel, int eventfd) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  if (eventfd >= 0) epoll_ctl(bell_.get(), EPOLL_CTL_ADD, eventfd, &event);
  SPANWAY_CHECK(commands_.push(Command{&channel, true}));
}

void Service::remove(Channel& channel, int eventfd) {
  // The application may keep it open as long as it likes.
  if (eventfd >= 0) epoll_ctl(bell_.get(), EPOLL_CTL_DEL, eventfd, nullptr);
  SPANWAY_CHECK(commands_.push(Command{&channel, false}));
}

void Service::on_open(Endpoint& endpoint, Session& session, Nanos now) noexcept {
  Attachment& attachment = attachment_of(session);
  attachment.channels[worker_]->open(attachment, session.connection(), &session, now);
  // Its application has gone in the meantime, and nobody would look after it.
  if (attachment.discards) endpoint.give_up(session);
}

void Service::on_ready(Endpoint&, Session& session, Nanos) noexcept {
  Attachment& attachment = attachment_of(session);
  attachment.channel->ready(attachment);
}

void Service::on_end(Endpoint&, Session& session, End why, Nanos) noexcept {
  Attachment& attachment = attachment_of(session);
  attachment.channels[worker_]->end(attachment, reason_of(why));
}

void Service::obey() noexcept {
  Command command;
  while (commands_.pop(command)) {
    if (command.adds) {
      if (count_ < places_.size()) places_[count_++] = {command.channel};
      continue;
    }
    for (Place& place : std::span(places_).first(count_))
      if (place.channel == command.channel) place.removed = true;
  }
}

unsigned Service::serve(Endpoint& endpoint, Nanos now) noexcept {
  obey();
  unsigned met = 0;
  for (size_t i = 0; i < count_;) {
    Place& place = places_[i];
    met += serve(endpoint, place, now);
    if (!place.removed || place.channel->connections() != 0) {
      ++i;
      continue;
    }
    notices_.push(Notice{Notice::Kind::kRemoved, place.channel});
    place = places_[--count_];
  }
  return met;
}

unsigned Service::serve(Endpoint& endpoint, Place& place, Nanos now) noexcept {
  Channel& channel = *place.channel;
  const Channel::Served served = channel.serve(now);
  wake_all(endpoint, served.touched);
  if (channel.fault() != Fault::kNone && !place.told) {
    place.told = true;
    notices_.push(Notice{Notice::Kind::kBroken, &channel});
  }
  if ((place.removed || place.told) && !std::exchange(place.left, true))
    wake_all(endpoint, channel.leave(now).touched);
  while (Attachment* attachment = channel.overdue(now)) endpoint.give_up(*attachment->session);
  return served.entries;
}

void Service::settle(Nanos now) noexcept {
  for (const Place& place : std::span(places_).first(count_)) place.channel->publish(now);
}

bool Service::lie_down() noexcept {
  for (Place& place : std::span(places_).first(count_))
    if (!place.channel->lie_down()) {
      get_up();
      return false;
    }
  return true;
}

void Service::get_up() noexcept {
  for (Place& place : std::span(places_).first(count_)) place.channel->get_up();
}

}  // namespace spanway::attach
