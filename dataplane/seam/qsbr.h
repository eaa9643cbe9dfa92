// SPDX-License-Identifier: BSD-3-Clause
// Quiescent-state reclamation: what control has unpublished lives until every worker has been
// quiet.
//
// Wraps rte_rcu_qsbr. A worker reports a quiet point when it holds nothing borrowed from the
// tables; control retires objects and frees them later, in batches, and never waits for a worker.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include "dataplane/base/ids.h"

struct rte_rcu_qsbr;

namespace spanway::seam {

class Qsbr {
 public:
  // Control thread. max_workers: the largest number of workers that will ever report.
  explicit Qsbr(uint16_t max_workers);
  ~Qsbr();
  Qsbr(const Qsbr&) = delete;
  Qsbr& operator=(const Qsbr&) = delete;

  // Worker. A worker counts only between online and offline; an idle sleeper goes offline first.
  void online(WorkerId worker) noexcept;
  void offline(WorkerId worker) noexcept;
  // Worker, between two turns: nothing borrowed is held any more.
  void quiet(WorkerId worker) noexcept;

  // Control thread: opens a grace period; passed(token) turns true once all online workers were
  // quiet.
  uint64_t start() noexcept;
  [[nodiscard]] bool passed(uint64_t token) noexcept;

 private:
  struct Free {
    void operator()(rte_rcu_qsbr* q) const noexcept;
  };
  std::unique_ptr<rte_rcu_qsbr, Free> qsbr_;
};

// The waiting room of retired objects. Control thread alone.
class Graveyard {
 public:
  explicit Graveyard(Qsbr& qsbr) noexcept : qsbr_(qsbr) {}
  // Every grace period must be over, or no worker may exist any more.
  ~Graveyard();

  // Takes something that no new reader can reach any more; `dispose` runs after the grace period.
  // Objects retired between two calls of seal() share one grace period.
  void retire(std::function<void()> dispose) { open_.push_back(std::move(dispose)); }
  template <class T>
  void retire(std::unique_ptr<T> object) {
    if (object)
      retire([raw = std::shared_ptr<const T>(std::move(object))]() mutable { raw.reset(); });
  }
  // Closes the current batch and opens its grace period.
  void seal();
  // Disposes of every batch whose grace period is over; returns how many objects that were.
  size_t reclaim();
  // Objects still waiting.
  [[nodiscard]] size_t waiting() const noexcept;

 private:
  struct Batch {
    uint64_t token = 0;
    std::deque<std::function<void()>> objects;
  };
  Qsbr& qsbr_;
  std::deque<std::function<void()>> open_;
  std::deque<Batch> sealed_;
};

}  // namespace spanway::seam
