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
#include <type_traits>

#include "dataplane/base/cache_line.h"
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

// The waiting room of retired objects. Control thread alone; on lines of its own, because its books
// change with every object and its neighbours are often what workers read with every burst.
class alignas(kCacheLine) Graveyard {
 public:
  using Dispose = void (*)(void* object, uint64_t argument);

  explicit Graveyard(Qsbr& qsbr) noexcept : qsbr_(qsbr) {}
  // Disposes of what is left, oldest first: no worker may exist any more.
  ~Graveyard();
  Graveyard(const Graveyard&) = delete;
  Graveyard& operator=(const Graveyard&) = delete;

  // Takes something that no new reader can reach any more; dispose(object, argument) runs after the
  // grace period, in the order of retirement. Objects retired between two calls of seal() share one
  // grace period. Costs a few nanoseconds: 100,000 in a batch are fine.
  void retire(Dispose dispose, void* object, uint64_t argument = 0) {
    waiting_.push_back({dispose, object, argument});
  }
  template <class T>
  void retire(std::unique_ptr<T> object) {
    using Object = std::remove_const_t<T>;
    if (object == nullptr) return;
    retire([](void* raw, uint64_t) { delete static_cast<Object*>(raw); },
           const_cast<Object*>(object.release()));
  }
  // For what is retired rarely.
  void retire(std::function<void()> dispose);
  // Closes the current batch and opens its grace period.
  void seal();
  // Disposes of every batch whose grace period is over; returns how many objects that were.
  size_t reclaim();
  // Objects still waiting.
  [[nodiscard]] size_t waiting() const noexcept { return waiting_.size(); }

 private:
  struct Retired {
    Dispose dispose;
    void* object;
    uint64_t argument;
  };
  struct Batch {
    uint64_t token;
    size_t objects;
  };
  void dispose_oldest();

  Qsbr& qsbr_;
  std::deque<Retired> waiting_;
  std::deque<Batch> sealed_;
  size_t in_sealed_ = 0;
};

}  // namespace spanway::seam
