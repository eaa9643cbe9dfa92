// SPDX-License-Identifier: BSD-3-Clause
// Result<T>: a value or an Error, for everything off the fast path. Shaped after std::expected.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace spanway {

enum class ErrorCode : uint8_t {
  kInvalid,      // the input is wrong
  kNotFound,     // no such thing
  kExists,       // it is there already
  kFull,         // a bounded table or pool has no room
  kPermission,   // the caller or the process may not
  kUnavailable,  // a device, file or peer is not there
  kInternal,     // ours
};

// What failed, where, and what to do about it. `message` is one sentence without a full stop;
// `fix`, when not empty, is the next thing to try.
struct Error {
  ErrorCode code = ErrorCode::kInvalid;
  std::string message;
  std::string fix{};
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}  // NOLINT
  [[nodiscard]] bool has_value() const noexcept { return held_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  T& value() & { return std::get<0>(held_); }
  const T& value() const& { return std::get<0>(held_); }
  T&& value() && { return std::get<0>(std::move(held_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  [[nodiscard]] const Error& error() const& { return std::get<1>(held_); }
  [[nodiscard]] Error&& error() && { return std::get<1>(std::move(held_)); }

 private:
  std::variant<T, Error> held_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : failed_(true), error_(std::move(error)) {}  // NOLINT
  [[nodiscard]] bool has_value() const noexcept { return !failed_; }
  explicit operator bool() const noexcept { return !failed_; }
  [[nodiscard]] const Error& error() const& { return error_; }
  [[nodiscard]] Error&& error() && { return std::move(error_); }

 private:
  bool failed_ = false;
  Error error_;
};

using Status = Result<void>;

}  // namespace spanway
