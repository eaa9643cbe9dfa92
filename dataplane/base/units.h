// SPDX-License-Identifier: BSD-3-Clause
// Time as a type. Every engine has one time line; in the lab it may be virtual.
#pragma once

#include <compare>
#include <cstdint>

namespace spanway {

// A span of time, or a point counted from the engine's own origin, in nanoseconds.
class Nanos {
 public:
  constexpr Nanos() = default;
  constexpr explicit Nanos(int64_t ns) noexcept : ns_(ns) {}
  [[nodiscard]] constexpr int64_t ns() const noexcept { return ns_; }
  [[nodiscard]] constexpr double seconds() const noexcept {
    return static_cast<double>(ns_) * 1e-9;
  }

  constexpr auto operator<=>(const Nanos&) const noexcept = default;
  constexpr Nanos operator+(Nanos o) const noexcept { return Nanos(ns_ + o.ns_); }
  constexpr Nanos operator-(Nanos o) const noexcept { return Nanos(ns_ - o.ns_); }
  constexpr Nanos operator*(int64_t k) const noexcept { return Nanos(ns_ * k); }
  constexpr Nanos& operator+=(Nanos o) noexcept {
    ns_ += o.ns_;
    return *this;
  }
  static constexpr Nanos never() noexcept { return Nanos(INT64_MAX); }

 private:
  int64_t ns_ = 0;
};

constexpr Nanos micros(int64_t n) noexcept { return Nanos(n * 1'000); }
constexpr Nanos millis(int64_t n) noexcept { return Nanos(n * 1'000'000); }
constexpr Nanos seconds(int64_t n) noexcept { return Nanos(n * 1'000'000'000); }

}  // namespace spanway
