// SPDX-License-Identifier: BSD-3-Clause
// One immutable object that control replaces and workers read, without a lock.
//
// publish() makes the new object visible by one store; the old one goes to the graveyard and is
// freed after every worker was quiet. load() is good until the reader's next quiet point.
#pragma once

#include <atomic>
#include <memory>

#include "dataplane/seam/qsbr.h"

namespace spanway::seam {

template <class T>
class Published {
 public:
  Published() = default;
  explicit Published(std::unique_ptr<const T> first) noexcept : current_(first.release()) {}
  ~Published() { delete current_.load(std::memory_order_relaxed); }
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;

  // Any worker; nullptr before the first publish.
  [[nodiscard]] const T* load() const noexcept { return current_.load(std::memory_order_acquire); }

  // Control thread.
  void publish(std::unique_ptr<const T> next, Graveyard& graveyard) {
    graveyard.retire(
        std::unique_ptr<const T>(current_.exchange(next.release(), std::memory_order_release)));
  }

 private:
  std::atomic<const T*> current_{nullptr};  // written by control, read by workers
};

}  // namespace spanway::seam
