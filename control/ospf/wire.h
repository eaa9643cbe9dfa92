// SPDX-License-Identifier: BSD-3-Clause
// Wire structs out of and into bytes, by copy: nothing in a packet is aligned or trusted to be
// there. For the .cc files of this folder.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace spanway::ospf {

using Bytes = std::span<const uint8_t>;

// Moves a T from the front of `from` to `out`; false, and nothing moved, where it is too short.
template <class T>
requires std::is_trivially_copyable_v<T>
[[nodiscard]] bool take(Bytes& from, T& out) noexcept {
  if (from.size() < sizeof out) return false;
  std::memcpy(&out, from.data(), sizeof out);
  from = from.subspan(sizeof out);
  return true;
}

template <class T>
requires std::is_trivially_copyable_v<T>
void append(std::vector<uint8_t>& to, const T& value) {
  const size_t at = to.size();
  to.resize(at + sizeof value);
  std::memcpy(to.data() + at, &value, sizeof value);
}

// Writes `value` over the bytes at `at`, which are there.
template <class T>
requires std::is_trivially_copyable_v<T>
void overwrite(std::span<uint8_t> in, size_t at, const T& value) {
  std::memcpy(in.subspan(at, sizeof value).data(), &value, sizeof value);
}

}  // namespace spanway::ospf
