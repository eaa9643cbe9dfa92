// SPDX-License-Identifier: BSD-3-Clause
// A large array of zeros that costs memory only where it was written.
#pragma once

#include <cstddef>
#include <type_traits>

namespace spanway::table {

// Zeroed address space of `bytes`, page aligned, reserved but not touched. Ends the process when
// the address space is used up: a table can not be half there.
void* map_lazy(size_t bytes);
void unmap_lazy(void* at, size_t bytes) noexcept;

template <class T>
class LazyArray {
  static_assert(std::is_trivially_destructible_v<T>, "elements are never destroyed");

 public:
  explicit LazyArray(size_t count)
      : data_(static_cast<T*>(map_lazy(count * sizeof(T)))), size_(count) {}
  ~LazyArray() { unmap_lazy(data_, size_ * sizeof(T)); }
  LazyArray(const LazyArray&) = delete;
  LazyArray& operator=(const LazyArray&) = delete;

  [[nodiscard]] T* data() const noexcept { return data_; }
  [[nodiscard]] size_t size() const noexcept { return size_; }
  T& operator[](size_t i) const noexcept { return data_[i]; }

 private:
  T* data_;
  size_t size_;
};

}  // namespace spanway::table
