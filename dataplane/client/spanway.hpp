// SPDX-License-Identifier: BSD-3-Clause
// libspanway for C++: handles that close themselves, errors that are thrown. One thread at a time
// for an attachment and all that belongs to it; connections end before their attachment does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "spanway.h"

namespace spanway_api {

class Error : public std::runtime_error {
 public:
  Error(int code, const std::string& more)
      : std::runtime_error(spanway_error_text(code) + (more.empty() ? more : " (" + more + ")")),
        code_(code) {}
  [[nodiscard]] int code() const noexcept { return code_; }

 private:
  int code_;
};

inline constexpr int kForever = -1;

// A message where it lies; releases itself, which has to go by the order of its stream.
class Message {
 public:
  Message(spanway_connection* of, const spanway_message& message) : of_(of), message_(message) {}
  Message(Message&& other) noexcept
      : of_(std::exchange(other.of_, nullptr)), message_(other.message_) {}
  Message& operator=(Message&&) = delete;
  ~Message() {
    if (of_ != nullptr) spanway_release(of_, &message_);
  }
  [[nodiscard]] uint16_t stream() const noexcept { return message_.stream; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
    return {static_cast<const std::byte*>(message_.data), message_.bytes};
  }

 private:
  spanway_connection* of_;
  spanway_message message_;
};

class Connection {
 public:
  explicit Connection(spanway_connection* handle) : handle_(handle) {}
  Connection(Connection&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Connection& operator=(Connection&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Connection() { spanway_close(handle_); }

  void send(std::span<const std::byte> bytes, uint16_t stream = 0, int timeout_ms = kForever) {
    check(spanway_send(handle_, stream, bytes.data(), bytes.size(), timeout_ms));
  }
  // Room to write a message into; submit() sends what was written.
  std::span<std::byte> reserve(size_t bytes, uint16_t stream = 0, int timeout_ms = kForever) {
    void* room = nullptr;
    check(spanway_reserve(handle_, stream, bytes, timeout_ms, &room));
    return {static_cast<std::byte*>(room), bytes};
  }
  void submit(size_t bytes, uint16_t stream = 0) {
    int error = SPANWAY_EAGAIN;
    // The daemon makes room in its own time, whoever waits.
    while ((error = spanway_submit(handle_, stream, bytes)) == SPANWAY_EAGAIN) {
    }
    check(error);
  }
  // Throws SPANWAY_EEND when the peer has finished and all is read.
  Message receive(int timeout_ms = kForever) {
    spanway_message message;
    check(spanway_receive(handle_, &message, timeout_ms));
    return {handle_, message};
  }
  void drain(int timeout_ms = kForever) { check(spanway_drain(handle_, timeout_ms)); }
  void finish() { check(spanway_finish(handle_)); }
  [[nodiscard]] size_t longest() const { return spanway_longest(handle_); }
  [[nodiscard]] spanway_connection* get() const noexcept { return handle_; }

 private:
  static void check(int error) {
    if (error < 0) throw Error(error, {});
  }
  spanway_connection* handle_;
};

class Attachment {
 public:
  explicit Attachment(const char* socket = nullptr) {
    if (const int error = spanway_attach(socket, &handle_); error < 0) throw Error(error, {});
  }
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  ~Attachment() { spanway_detach(handle_); }

  Connection connect(const std::string& address, uint16_t port,
                     const spanway_options* options = nullptr, int timeout_ms = 10'000) {
    spanway_connection* made = nullptr;
    check(spanway_connect(handle_, address.c_str(), port, options, timeout_ms, &made));
    return Connection(made);
  }
  // The port.
  uint16_t listen(uint16_t port = 0, const spanway_options* options = nullptr) {
    return static_cast<uint16_t>(check(spanway_listen(handle_, port, options)));
  }
  Connection accept(uint16_t port, int timeout_ms = kForever) {
    spanway_connection* made = nullptr;
    check(spanway_accept(handle_, port, timeout_ms, &made));
    return Connection(made);
  }
  [[nodiscard]] spanway_attachment* get() const noexcept { return handle_; }

 private:
  int check(int result) const {
    if (result < 0) throw Error(result, spanway_reason(handle_));
    return result;
  }
  spanway_attachment* handle_ = nullptr;
};

}  // namespace spanway_api
