// SPDX-License-Identifier: BSD-3-Clause
#include "control/api/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace spanway::api {
namespace {

constexpr size_t kChunk = 64 << 10;
constexpr size_t kShare = 1 << 20;  // bytes of one client a step: others wait too

}  // namespace

Connection::~Connection() { close(fd_); }

Connection::Outcome Connection::receive(Nanos now) {
  compact();
  Outcome outcome = Outcome::kOpen;
  for (size_t taken = 0; taken < kShare;) {
    const size_t had = in_.size();
    in_.resize(had + kChunk);
    const ssize_t n = recv(fd_, in_.data() + had, kChunk, MSG_DONTWAIT);
    in_.resize(had + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n > 0) {
      taken += static_cast<size_t>(n);
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) outcome = Outcome::kClosed;
    break;
  }
  find_line();
  const size_t size = (has_line() ? line_end_ : in_.size()) - begin_;
  if (size > max_message_) return Outcome::kTooBig;
  mark_partial(now);
  return outcome;
}

void Connection::mark_partial(Nanos now) {
  if (has_line() || begin_ == in_.size())
    partial_since_.reset();
  else if (!partial_since_)
    partial_since_ = now;
}

void Connection::find_line() {
  if (line_end_ != kNone) return;
  scanned_ = std::max(scanned_, begin_);
  const size_t at = in_.find('\n', scanned_);
  line_end_ = at;
  scanned_ = at == std::string::npos ? in_.size() : at;
}

std::optional<std::string_view> Connection::next_line() {
  if (line_end_ == kNone) return std::nullopt;
  const std::string_view line(in_.data() + begin_, line_end_ - begin_);
  begin_ = line_end_ + 1;
  scanned_ = begin_;
  line_end_ = kNone;
  find_line();
  return line;
}

void Connection::compact() {
  if (begin_ == 0) return;
  in_.erase(0, begin_);
  scanned_ -= begin_;
  if (line_end_ != kNone) line_end_ -= begin_;
  begin_ = 0;
  // One huge request does not bind its memory for the life of the client.
  if (in_.capacity() > kShare && in_.size() < in_.capacity() / 4) in_.shrink_to_fit();
}

void Connection::queue(std::string line) {
  if (out_.empty())
    out_ = std::move(line);
  else
    out_ += line;
}

bool Connection::flush(Nanos now) {
  while (backlog() != 0) {
    const ssize_t n = send(fd_, out_.data() + sent_, backlog(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!stuck_since_) stuck_since_ = now;
      return true;
    }
    if (n <= 0) return false;
    sent_ += static_cast<size_t>(n);
    stuck_since_.reset();
  }
  out_.clear();
  if (out_.capacity() > kShare) out_.shrink_to_fit();
  sent_ = 0;
  stuck_since_.reset();
  return true;
}

}  // namespace spanway::api
