// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/client/application.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "dataplane/attach/bell.h"
#include "dataplane/base/cycles.h"

namespace spanway::client {
namespace {

using attach::Entry;
using attach::EntryKind;

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

void relax() { __builtin_ia32_pause(); }

}  // namespace

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

void Application::flush() {
  for (Connection* connection : std::exchange(dirty_, {})) {
    connection->dirty = false;
    connection->tell_consumed();
  }
  for (Worker& worker : workers_)
    if (!worker.deferred.empty()) flush_deferred(worker);
  flush_outbox();
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
