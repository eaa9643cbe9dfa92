// SPDX-License-Identifier: BSD-3-Clause
// Has relacy, a model checker of the C++ memory model, look at the product's own headers: whatever
// is included after this one gets its std::atomic from here.
//
// relacy runs the threads of a test one at a time, in thousands of orders, and lets a load see any
// value that the orders asked for allow, old ones too. Plain data is watched when it is Watched<T>.
// All that the product's headers include has to be included before, so that only their own text is
// read anew.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "dataplane/base/cache_line.h"
#include "dataplane/base/check.h"
#include "dataplane/base/ids.h"

// Last: it renames what the others need.
#include <relacy/relacy.hpp>

#undef memory_order_relaxed
#undef memory_order_consume
#undef memory_order_acquire
#undef memory_order_release
#undef memory_order_acq_rel
#undef memory_order_seq_cst
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wdollar-in-identifier-extension"  // relacy's word for "here"
#endif

#undef new
#undef delete
#undef assert
#undef malloc
#undef calloc
#undef realloc
#undef free

namespace spanway::test {

constexpr rl::memory_order modelled(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed:
      return rl::mo_relaxed;
    case std::memory_order_consume:
      return rl::mo_consume;
    case std::memory_order_acquire:
      return rl::mo_acquire;
    case std::memory_order_release:
      return rl::mo_release;
    case std::memory_order_acq_rel:
      return rl::mo_acq_rel;
    default:
      return rl::mo_seq_cst;
  }
}

template <class T>
class ModelledAtomic {
 public:
  ModelledAtomic() : ModelledAtomic(T()) {}
  ModelledAtomic(T value) { store(value, std::memory_order_relaxed); }  // NOLINT

  T load(std::memory_order order) const { return value_($).load(modelled(order)); }
  void store(T value, std::memory_order order) { value_($).store(held(value), modelled(order)); }
  T exchange(T value, std::memory_order order) {
    return value_($).exchange(held(value), modelled(order));
  }
  T fetch_add(T value, std::memory_order order) {
    return value_($).fetch_add(value, modelled(order));
  }

 private:
  // relacy knows no pointers to what is const.
  template <class Any>
  struct Bare {
    using Type = Any;
  };
  template <class Any>
  struct Bare<const Any*> {
    using Type = Any*;
  };
  using Held = typename Bare<T>::Type;
  static Held held(T value) {
    if constexpr (std::is_pointer_v<T>)
      return const_cast<Held>(value);
    else
      return value;
  }

  rl::atomic<Held> value_;
};

// Plain data: two threads at it without an order between them are a failure.
template <class T>
class Watched {
 public:
  Watched() : Watched(T()) {}
  Watched(T value) { value_($) = value; }  // NOLINT
  Watched(const Watched& other) : Watched(other.get()) {}
  Watched& operator=(const Watched& other) {
    value_($) = other.get();
    return *this;
  }
  [[nodiscard]] T get() const { return const_cast<rl::var<T>&>(value_)($); }

 private:
  rl::var<T> value_;
};

// Whether all orders that were tried are good; which one is not stands in the output.
template <class Test>
bool holds(rl::iteration_t orders) {
  rl::test_params params;
  params.search_type = rl::random_scheduler_type;
  params.iteration_count = orders;
  return rl::simulate<Test>(params);
}

}  // namespace spanway::test

namespace std {
template <class T>
using modelled_atomic = spanway::test::ModelledAtomic<T>;
}
#define atomic modelled_atomic
