// SPDX-License-Identifier: BSD-3-Clause
// One client: bytes in to lines, lines out to bytes, and the bounds on both. Control thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "control/api/server.h"

namespace spanway::api {

class Connection {
 public:
  enum class Outcome : uint8_t { kOpen, kClosed, kTooBig };

  Connection(int fd, Caller caller, size_t max_message) noexcept
      : fd_(fd), caller_(caller), max_message_(max_message) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const Caller& caller() const { return caller_; }

  // Takes what the socket has, up to a bounded share a call.
  Outcome receive(Nanos now);
  // The next complete line without its end; it stays good until the next receive().
  std::optional<std::string_view> next_line();
  [[nodiscard]] bool has_line() const { return line_end_ != kNone; }

  void queue(std::string line);
  // Hands the socket what it takes; false when the client is gone.
  bool flush(Nanos now);

  [[nodiscard]] size_t held() const { return in_.capacity(); }
  [[nodiscard]] size_t backlog() const { return out_.size() - sent_; }
  void end_of_input() { at_end_ = true; }
  [[nodiscard]] bool at_end() const { return at_end_; }
  // No more requests: close once the answers are out.
  void finish() { finishing_ = true; }
  [[nodiscard]] bool finishing() const { return finishing_; }

  // Starts or ends the wait for the rest of a line; after lines were taken.
  void mark_partial(Nanos now);
  // Since when a line is incomplete, or answers wait without one byte taken.
  [[nodiscard]] std::optional<Nanos> partial_since() const { return partial_since_; }
  [[nodiscard]] std::optional<Nanos> stuck_since() const { return stuck_since_; }

  uint32_t interest = 0;  // what epoll was last told

 private:
  static constexpr size_t kNone = ~size_t{0};
  void find_line();
  void compact();

  int fd_;
  Caller caller_;
  size_t max_message_;
  std::string in_;
  size_t begin_ = 0;    // of the first byte not handed out
  size_t scanned_ = 0;  // up to here there is no line end but line_end_
  size_t line_end_ = kNone;
  std::string out_;
  size_t sent_ = 0;
  bool finishing_ = false;
  bool at_end_ = false;
  std::optional<Nanos> partial_since_, stuck_since_;
};

}  // namespace spanway::api
