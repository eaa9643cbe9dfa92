// SPDX-License-Identifier: BSD-3-Clause
// Arrays that begin as zeros and take no memory before they are written: a peer that offers large
// windows on many streams makes us reserve, but not use, what keeps account of them.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace spanway::transport {

struct FreeZeroed {
  void operator()(void* memory) const noexcept { std::free(memory); }
};
template <class T>
using Zeroed = std::unique_ptr<T[], FreeZeroed>;

// T is what zeros make of it.
template <class T>
Zeroed<T> zeroed(size_t count) {
  static_assert(std::is_aggregate_v<T> || std::is_arithmetic_v<T>);
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
  void* memory = std::calloc(count == 0 ? 1 : count, sizeof(T));
  if (memory == nullptr) throw std::bad_alloc();
  return Zeroed<T>(static_cast<T*>(memory));
}

}  // namespace spanway::transport
