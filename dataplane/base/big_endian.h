// SPDX-License-Identifier: BSD-3-Clause
// Integers as they stand on the wire: big endian, alignment 1, explicit conversion only.
//
// A wire struct built of these can be laid over any byte of a frame without undefined behaviour.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace spanway {

template <std::unsigned_integral T>
constexpr T byte_swap(T value) noexcept {
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
  return value;
}

// A wire integer. `host()` reads it; construction from a host integer is explicit.
template <std::unsigned_integral T>
class BigEndian {
 public:
  BigEndian() = default;
  constexpr explicit BigEndian(T host) noexcept
      : bytes_(std::bit_cast<Bytes>(std::endian::native == std::endian::little ? byte_swap(host)
                                                                               : host)) {}

  [[nodiscard]] constexpr T host() const noexcept {
    const T raw = std::bit_cast<T>(bytes_);
    return std::endian::native == std::endian::little ? byte_swap(raw) : raw;
  }
  // The bytes as they lie in memory, for arithmetic that does not care for order (checksums).
  [[nodiscard]] constexpr T raw() const noexcept { return std::bit_cast<T>(bytes_); }
  static constexpr BigEndian from_raw(T raw) noexcept {
    BigEndian out;
    out.bytes_ = std::bit_cast<Bytes>(raw);
    return out;
  }

  constexpr bool operator==(const BigEndian& other) const noexcept { return raw() == other.raw(); }

 private:
  struct Bytes {
    uint8_t b[sizeof(T)];
  };
  Bytes bytes_{};
};

using Be16 = BigEndian<uint16_t>;
using Be32 = BigEndian<uint32_t>;
using Be64 = BigEndian<uint64_t>;

// Host value of the big-endian integer at `from`, of any alignment.
template <std::unsigned_integral T>
T load_big(const void* from) noexcept {
  BigEndian<T> wire;
  std::memcpy(&wire, from, sizeof wire);
  return wire.host();
}

static_assert(sizeof(Be32) == 4 && alignof(Be32) == 1);

}  // namespace spanway
